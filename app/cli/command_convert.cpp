// kinglet-cli convert: a Hugging Face checkpoint, or a LoRA adapter, as a GGUF file.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/convert/convert.h"

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

Result<int> run_conversion(const ConvertOptions& options) {
    convert::Options settings;
    if (options.type != "keep") settings.type = find_dtype(options.type)->type;
    settings.pre = options.pre;
    settings.base = options.base;
    StopOnInterrupt interrupt;
    settings.stop = interrupt.token();
    const auto report = [&] {
        ProgressBar bar("Converting");
        settings.on_progress = [&bar](float fraction) { bar.update(fraction); };
        return convert::convert(options.folder, options.out, settings);
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
    command
        ->add_option("--type", options->type,
                     "Of the matrices: f32, f16, bf16, or as the checkpoint has them")
        ->check(CLI::IsMember({"keep", "f32", "f16", "bf16"}))
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
        "  kinglet-cli convert ~/my-adapter adapter.gguf --base ~/Downloads/SmolLM2-135M-Instruct");
    command->callback([options, &status] {
        const auto result = run_conversion(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
