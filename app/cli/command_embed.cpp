// kinglet-cli embed: a text as one vector.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "app/cli/options.h"

namespace kinglet::cli {
namespace {

struct EmbedOptions {
    std::string model;
    std::string text;
    std::string tokens;
    std::string out;
    bool json = false;
    EngineFlags engine;
    SessionFlags session;
};

Result<std::vector<Token>> tokens_of(const engine::Model& model, const EmbedOptions& options) {
    if (!options.tokens.empty()) return parse_tokens(options.tokens);
    if (options.text != "-") return model.tokenize_prompt(options.text);
    return read_text("-").map([&](const std::string& text) { return model.tokenize_prompt(text); });
}

Result<int> embed(const EmbedOptions& options) {
    const auto model = load_model(options.model, options.engine, options.session);
    if (!model) return tl::unexpected(model.error());
    const auto tokens = tokens_of(**model, options);
    if (!tokens) return tl::unexpected(tokens.error());
    const auto session = open_session(*model, options.session);
    if (!session) return tl::unexpected(session.error());
    const auto vector = (*session)->embed(*tokens);
    if (!vector) return tl::unexpected(vector.error());
    if (!options.out.empty()) {
        if (auto written = write_floats(options.out, *vector); !written)
            return tl::unexpected(written.error());
        return exit_ok;
    }
    nlohmann::ordered_json json = *vector;
    if (options.json) {
        json = {{"model", (*model)->info().name}, {"tokens", tokens->size()}, {"embedding", *vector}};
    }
    std::puts(json_text(json).c_str());
    return exit_ok;
}

}  // namespace

void add_embed_command(CLI::App& app, int& status) {
    auto options = std::make_shared<EmbedOptions>();
    options->session.kv = "f32";  // what references are computed with
    CLI::App* command = app.add_subcommand("embed", "Turn a text into one vector");
    add_model_argument(*command, options->model);
    auto* text =
        command->add_option("TEXT", options->text, "The text; - reads it from standard input")->type_name("");
    auto* tokens = command->add_option("--tokens", options->tokens, "Token ids instead, such as 1,2,3")
                       ->type_name("IDS");
    text->excludes(tokens);
    command->add_option("--out", options->out, "File to write the vector to, as float32; - is stdout")
        ->type_name("FILE");
    command->add_flag("--json", options->json, "Print an object with the vector in it");
    add_session_flags(*command, options->session);
    add_engine_flags(*command, options->engine);
    command->footer(
        "The vector is pooled as the model says and not normalised. Without --out it is printed as JSON.\n"
        "Examples:\n"
        "  kinglet-cli embed model.gguf \"A small bird\"\n"
        "  kinglet-cli embed model.gguf --tokens 101,1037,102 --out vector.bin");
    command->callback([options, &status] {
        if (options->text.empty() && options->tokens.empty()) {
            throw CLI::RequiredError("TEXT or --tokens");
        }
        const auto result = embed(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
