// kinglet-cli quantize: a model file in another format.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "app/cli/model_file.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/base/path_text.h"
#include "inference/quantize/quantize.h"

namespace kinglet::cli {
namespace {

struct QuantizeCommand {
    std::string source;
    std::string destination;
    std::string type;
    unsigned threads = 0;
    bool pure = false;
    bool json = false;
};

double bits_a_weight(std::uint64_t bytes, std::uint64_t weights) {
    return weights > 0 ? 8.0 * static_cast<double>(bytes) / static_cast<double>(weights) : 0.0;
}

nlohmann::ordered_json report_json(const QuantizeCommand& options, const quantize::Scheme& scheme,
                                   const quantize::Report& done, double seconds) {
    nlohmann::ordered_json types = nlohmann::ordered_json::object();
    for (const auto& [type, count] : done.types) types[std::string(dtype_info(type).name)] = count;
    nlohmann::ordered_json fallbacks = nlohmann::ordered_json::array();
    for (const quantize::Fallback& fallback : done.fallbacks) {
        fallbacks.push_back({{"tensor", fallback.tensor},
                             {"wanted", std::string(dtype_info(fallback.wanted).name)},
                             {"used", std::string(dtype_info(fallback.used).name)}});
    }
    return {{"path", options.destination},
            {"type", std::string(scheme.name)},
            {"tensors", done.tensors},
            {"types", types},
            {"weights", done.weights},
            {"tensor_bytes_before", done.bytes_before},
            {"tensor_bytes", done.bytes_after},
            {"bits_per_weight", bits_a_weight(done.bytes_after, done.weights)},
            {"fallbacks", fallbacks},
            {"quantized_twice", done.quantized_twice},
            {"seconds", seconds}};
}

/// Tensors that did not get what the type promises, a line for each pair of types.
void print_fallbacks(const quantize::Report& done) {
    std::map<std::pair<DType, DType>, std::vector<std::string>> by_types;
    for (const quantize::Fallback& fallback : done.fallbacks) {
        by_types[{fallback.wanted, fallback.used}].push_back(fallback.tensor);
    }
    constexpr std::size_t shown = 3;
    for (const auto& [types, names] : by_types) {
        const DTypeInfo& wanted = dtype_info(types.first);
        std::vector<std::string> first(
            names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(shown, names.size())));
        if (names.size() > shown) first.push_back("...");
        fmt::print("{} tensors became {} instead of {}, because their rows are no multiple of {}: {}\n",
                   names.size(), dtype_info(types.second).name, wanted.name, wanted.block_length,
                   without_controls(fmt::format("{}", fmt::join(first, ", "))));
    }
}

void print_for_people(const QuantizeCommand& options, const quantize::Scheme& scheme,
                      const quantize::Report& done, double seconds) {
    fmt::print("\"{}\" is written: {}, {} tensors, {} instead of {}, {:.2f} bits a weight, in {:.1f} s.\n",
               without_controls(options.destination), scheme.name, done.tensors, size_text(done.bytes_after),
               size_text(done.bytes_before), bits_a_weight(done.bytes_after, done.weights), seconds);
    print_fallbacks(done);
    if (done.quantized_twice > 0) {
        fmt::print("{} tensors had been quantized before; the original file would give a better result.\n",
                   done.quantized_twice);
    }
}

Result<int> run_quantize(const QuantizeCommand& options) {
    const quantize::Scheme& scheme = *quantize::find_scheme(options.type);
    const auto source = ModelFile::open(path_of(options.source));
    if (!source) return tl::unexpected(source.error());
    const auto start = std::chrono::steady_clock::now();
    const StopOnInterrupt interrupt;
    const auto done = [&] {
        ProgressBar bar(fmt::format("Writing {}", scheme.name));
        quantize::Options settings;
        settings.threads = options.threads;
        settings.even = options.pure;
        settings.stop = interrupt.token();
        settings.on_progress = [&bar](float share) { bar.update(share); };
        return quantize::quantize(*source, path_of(options.destination), scheme, settings);
    }();
    if (!done) return tl::unexpected(done.error());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (options.json) {
        std::puts(json_text(report_json(options, scheme, *done, seconds), 2).c_str());
    } else {
        print_for_people(options, scheme, *done, seconds);
    }
    return exit_ok;
}

}  // namespace

void add_quantize_command(CLI::App& app, int& status) {
    auto options = std::make_shared<QuantizeCommand>();
    std::vector<std::string> names;
    for (const quantize::Scheme& scheme : quantize::schemes()) names.emplace_back(scheme.name);
    CLI::App* command = app.add_subcommand("quantize", "Write a model file in another, smaller format");
    command->add_option("IN", options->source, "The model file to read (.gguf; of several parts, any)")
        ->required()
        ->type_name("");
    command->add_option("OUT", options->destination, "The file to write; one of that name is replaced")
        ->required()
        ->type_name("");
    command->add_option("TYPE", options->type, fmt::format("One of {}", fmt::join(names, ", ")))
        ->required()
        ->type_name("")
        ->check(CLI::IsMember(names, CLI::ignore_case));
    command->add_flag("--pure", options->pure, "Give all matrices the same format, none more bits");
    command->add_option("--threads", options->threads, "Worker threads; 0 = one for each fast physical core")
        ->transform(integer_from(0, 1024))
        ->type_name("N")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "The file appears under its name only when it is complete. In models of 8 layers or more Q4_K_M and\n"
        "Q5_K_M store the output matrix and half of the value and down projections in Q6_K, and Q4_0 the\n"
        "output matrix. Best is to start from an F16, BF16 or F32 file.\n"
        "Examples:\n"
        "  kinglet-cli quantize model-bf16.gguf model-q4_k_m.gguf Q4_K_M\n"
        "  kinglet-cli quantize model-00001-of-00003.gguf model-q8_0.gguf Q8_0 --json");
    command->callback([options, &status] {
        const auto result = run_quantize(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
