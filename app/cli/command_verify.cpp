// kinglet-cli verify: whether a model file will work here, or what is wrong with it.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <string>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/base/path_text.h"
#include "inference/engine/verify.h"

namespace kinglet::cli {
namespace {

struct VerifyCommand {
    std::string model;
    bool json = false;
    bool only_adapters = false;
    EngineFlags engine;
};

void print_json(const VerifyCommand& options, const engine::VerifyReport& found) {
    std::puts(json_text({{"path", options.model},
                         {"ok", true},
                         {"architecture", found.info.architecture},
                         {"quantization", found.info.quantization},
                         {"tensors", found.tensor_count},
                         {"bytes", found.info.file_bytes},
                         {"chat_template", found.info.chat_template},
                         {"generated_tokens", found.generated_tokens},
                         {"adapters", found.info.adapters},
                         {"warnings", found.warnings}},
                        2)
                  .c_str());
}

/// One line: it works, what it is, and what is worth knowing.
std::string sentence(const VerifyCommand& options, const engine::VerifyReport& found) {
    std::string line =
        fmt::format("\"{}\" will work: {}, {}, {} tensors, {}; {}", options.model, found.info.architecture,
                    found.info.quantization, found.tensor_count, size_text(found.info.file_bytes),
                    found.info.generates ? fmt::format("{} tokens generated", found.generated_tokens)
                                         : "a text embedded");
    if (!found.warnings.empty()) line += fmt::format(", but {}", fmt::join(found.warnings, "; "));
    return without_controls(line + ".");
}

Result<int> verify(const VerifyCommand& options) {
    if (options.only_adapters && options.engine.adapters.empty()) {
        return fail(ErrorCode::invalid_argument, "--only-lora checks adapters, and none is given.",
                    "Name one with --lora FILE.");
    }
    engine::VerifyOptions what{load_options(options.engine), options.only_adapters};
    const StopOnInterrupt interrupt;
    what.load.stop = interrupt.token();
    const auto found = [&] {
        ProgressBar bar("Reading the weights");
        return engine::verify(path_of(options.model), what, [&bar](float share) { bar.update(share); });
    }();
    if (!found) return tl::unexpected(found.error());
    if (options.json) {
        print_json(options, *found);
    } else {
        fmt::print("{}\n", sentence(options, *found));
    }
    return exit_ok;
}

}  // namespace

void add_verify_command(CLI::App& app, int& status) {
    auto options = std::make_shared<VerifyCommand>();
    CLI::App* command = app.add_subcommand("verify", "Check that a model file is whole and can be used");
    add_model_argument(*command, options->model);
    command->add_flag("--json", options->json, "Print JSON");
    command->add_flag("--only-lora", options->only_adapters,
                      "Check only the adapters of --lora on the model, which is taken to be whole");
    add_engine_flags(*command, options->engine);
    command->footer(
        "Reads every weight, tries the tokenizer and the chat template on fixed texts, and generates eight "
        "tokens.\n"
        "Examples:\n"
        "  kinglet-cli verify model.gguf\n"
        "  kinglet-cli verify model.gguf --lora adapter.gguf --only-lora");
    command->callback([options, &status] {
        const auto result = verify(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
