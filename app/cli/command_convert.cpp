// kinglet-cli convert: a Hugging Face checkpoint, or a LoRA adapter, as a GGUF file.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/base/path_text.h"
#include "inference/convert/convert.h"
#include "inference/gguf/model_file.h"
#include "inference/quantize/quantize.h"

namespace kinglet::cli {
namespace {

struct ConvertOptions {
    std::string folder;
    std::string out;
    std::string type = "keep";
    std::string pre;
    std::string base;
    bool json = false;
};

void print_report(const convert::Report& report, const std::string& out) {
    fmt::print(
        "{}: {}, {} tensors, {}\n", without_controls(out),
        report.adapter ? fmt::format("a LoRA adapter for {}", report.architecture) : report.architecture,
        report.tensors, size_text(report.bytes));
    for (const std::string& note : report.notes) fmt::print("  {}\n", without_controls(note));
    if (!report.left_out.empty()) {
        fmt::print("  {} tensors have no place in the model and are left out, such as {}.\n",
                   report.left_out.size(), without_controls(report.left_out.front()));
    }
}

/// A file between two steps, beside the one it is for; removed when it is done with.
class Scratch {
  public:
    explicit Scratch(const std::string& destination) : path_(path_of(destination + ".full.gguf")) {}
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Converts as the checkpoint is, then quantizes that.
Result<convert::Report> convert_quantized(const ConvertOptions& options, const convert::Options& settings,
                                          const quantize::Scheme& scheme) {
    const Scratch full(options.out);
    auto report = convert::convert(path_of(options.folder), full.path(), settings);
    if (!report) return report;
    if (report->adapter) {
        return fail(ErrorCode::invalid_argument, "Adapters are not quantized",
                    "Leave --type out, or use f16.");
    }
    const auto source = gguf::ModelFile::open(full.path());
    if (!source) return tl::unexpected(source.error());
    ProgressBar bar(fmt::format("Writing {}", scheme.name));
    quantize::Options to;
    to.stop = settings.stop;
    to.on_progress = [&bar](float share) { bar.update(share); };
    const auto done = quantize::quantize(*source, path_of(options.out), scheme, to);
    if (!done) return tl::unexpected(done.error());
    report->bytes = done->bytes_after;
    return report;
}

Result<int> run_conversion(const ConvertOptions& options) {
    convert::Options settings;
    const DTypeInfo* plain = options.type == "keep" ? nullptr : find_dtype(options.type);
    const bool is_plain = plain != nullptr && (plain->type == DType::f32 || plain->type == DType::f16 ||
                                               plain->type == DType::bf16);
    if (is_plain) settings.type = plain->type;
    const quantize::Scheme* scheme =
        options.type == "keep" || is_plain ? nullptr : quantize::find_scheme(options.type);
    settings.pre = options.pre;
    settings.base = path_of(options.base);
    StopOnInterrupt interrupt;
    settings.stop = interrupt.token();
    const auto report = [&] {
        ProgressBar bar("Converting");
        settings.on_progress = [&bar](float fraction) { bar.update(fraction); };
        if (scheme != nullptr) return convert_quantized(options, settings, *scheme);
        return convert::convert(path_of(options.folder), path_of(options.out), settings);
    }();
    if (!report) return tl::unexpected(report.error());
    if (!options.json) {
        print_report(*report, options.out);
        return exit_ok;
    }
    const nlohmann::ordered_json json = {
        {"path", options.out},          {"kind", report->adapter ? "adapter" : "model"},
        {"name", report->name},         {"architecture", report->architecture},
        {"tensors", report->tensors},   {"bytes", report->bytes},
        {"left_out", report->left_out}, {"notes", report->notes}};
    std::puts(json_text(json, 2).c_str());
    return exit_ok;
}

}  // namespace

void add_convert_command(CLI::App& app, int& status) {
    auto options = std::make_shared<ConvertOptions>();
    CLI::App* command =
        app.add_subcommand("convert", "Turn a Hugging Face checkpoint or LoRA adapter into a GGUF file");
    command
        ->add_option("DIR", options->folder,
                     "Folder with config.json, *.safetensors and the tokenizer's files")
        ->required()
        ->type_name("");
    command->add_option("OUT", options->out, "The GGUF file to write")->required()->type_name("");
    std::vector<std::string> types = {"keep"};
    for (const quantize::Scheme& scheme : quantize::schemes()) types.emplace_back(scheme.name);
    command
        ->add_option("--type", options->type,
                     "Of the matrices: a type of the command quantize, or keep them as they are")
        ->check(CLI::IsMember(types, CLI::ignore_case))
        ->capture_default_str();
    command
        ->add_option("--pre", options->pre,
                     "Pre-tokenizer to write where the checkpoint's own is not recognised")
        ->type_name("NAME");
    command->add_option("--base", options->base, "For an adapter: folder of its base model")
        ->type_name("DIR");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "Examples:\n"
        "  kinglet-cli convert ~/Downloads/SmolLM2-135M-Instruct smollm2.gguf\n"
        "  kinglet-cli convert ~/Downloads/gpt2 gpt2.gguf --type f16\n"
        "  kinglet-cli convert ~/Downloads/Qwen3-0.6B qwen3-q4_k_m.gguf --type Q4_K_M\n"
        "  kinglet-cli convert ~/my-adapter adapter.gguf --base ~/Downloads/SmolLM2-135M-Instruct");
    command->callback([options, &status] {
        const auto result = run_conversion(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
