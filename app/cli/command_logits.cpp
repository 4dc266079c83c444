// kinglet-cli logits: the raw scores of every token, for comparing engines.
#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "app/cli/cli.h"
#include "app/cli/options.h"

namespace kinglet::cli {
namespace {

struct LogitsOptions {
    std::string model;
    std::string tokens;
    std::string out;
    EngineFlags engine;
    SessionFlags session;
};

Result<int> logits(const LogitsOptions& options) {
    const auto tokens = parse_tokens(options.tokens);
    if (!tokens) return tl::unexpected(tokens.error());
    const auto model = load_model(options.model, options.engine, options.session);
    if (!model) return tl::unexpected(model.error());
    const auto session = open_session(*model, options.session);
    if (!session) return tl::unexpected(session.error());
    const auto values = (*session)->logits(*tokens);
    if (!values) return tl::unexpected(values.error());
    if (const Status written = write_floats(options.out, *values); !written)
        return tl::unexpected(written.error());
    return exit_ok;
}

}  // namespace

void add_logits_command(CLI::App& app, int& status) {
    auto options = std::make_shared<LogitsOptions>();
    options->session.kv = "f32";  // what references are computed with
    CLI::App* command = app.add_subcommand("logits", "Write the logits of every token of a sequence");
    add_model_argument(*command, options->model);
    command->add_option("--tokens", options->tokens, "Token ids, such as 1,2,3")
        ->required()
        ->type_name("IDS");
    command
        ->add_option("--out", options->out,
                     "File to write: float32, tokens x vocabulary, row by row; - is stdout")
        ->required()
        ->type_name("FILE");
    add_session_flags(*command, options->session);
    add_engine_flags(*command, options->engine);
    command->footer(
        "Example:\n"
        "  kinglet-cli logits model.gguf --tokens 1,15043,3186 --out logits.bin");
    command->callback([options, &status] {
        const auto result = logits(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
