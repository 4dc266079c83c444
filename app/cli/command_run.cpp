// kinglet-cli run: one prompt, one answer.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/answer.h"
#include "app/cli/cli.h"
#include "app/cli/grammar_file.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/base/path_text.h"

namespace kinglet::cli {
namespace {

struct RunOptions {
    std::string model;
    std::string prompt;
    std::string system;
    std::string session_file;
    bool raw = false;
    bool json = false;
    EngineFlags engine;
    SessionFlags session;
    SamplingFlags sampling;
    GrammarFlags grammar;
};

/// The tokens to continue: the prompt as a chat's first turn, or as it is.
Result<std::vector<Token>> prompt_tokens(const engine::Model& model, const RunOptions& options,
                                         const std::string& prompt) {
    if (options.raw || model.info().chat_template == "none") return model.tokenize_prompt(prompt);
    std::vector<chat::Message> messages;
    if (!options.system.empty()) messages.push_back({"system", options.system});
    messages.push_back({"user", prompt});
    return model.render_chat(messages).map(
        [&](const std::string& text) { return model.tokenize_prompt(text); });
}

Result<int> answer(const RunOptions& options) {
    std::string prompt = options.prompt;
    if (prompt == "-") {
        auto text = read_text("-");
        if (!text) return tl::unexpected(text.error());
        prompt = std::move(*text);
    }
    auto grammar = load_grammar(options.grammar);
    if (!grammar) return tl::unexpected(grammar.error());
    const auto model = load_model(options.model, options.engine, options.session);
    if (!model) return tl::unexpected(model.error());
    engine::GenerateParams params = generate_params(options.sampling, (*model)->info().sampling);
    params.grammar = std::move(*grammar);
    if (!options.raw) report_warnings((*model)->info());
    const auto tokens = prompt_tokens(**model, options, prompt);
    if (!tokens) return tl::unexpected(tokens.error());
    const auto session = open_session(*model, options.session);
    if (!session) return tl::unexpected(session.error());

    std::string note;
    if (!options.session_file.empty() && is_there(options.session_file)) {
        auto loaded = (*session)->load(path_of(options.session_file));
        if (!loaded) return tl::unexpected(loaded.error());
        note = std::move(*loaded);
    }

    std::string text;
    StopOnInterrupt interrupt;
    engine::GenerateCallbacks callbacks;
    callbacks.on_text = [&](std::string_view piece) {
        if (options.json) {
            text += piece;
        } else {
            write_answer(piece);
        }
    };
    const engine::DeviceState device = (*model)->device();
    const auto stats = (*session)->generate(*tokens, params, callbacks, interrupt.token());
    if (!stats) {
        if (!options.json && !text.empty()) std::fputc('\n', stdout);
        return tl::unexpected(stats.error());
    }
    if (options.json) {
        nlohmann::ordered_json json = {{"model", (*model)->info().name}, {"text", text}};
        json.update(stats_json(*stats));
        std::puts(json_text(json, 2).c_str());
    } else {
        std::fputc('\n', stdout);
    }
    report_lost_device(device, **model);
    if (!options.session_file.empty()) {
        if (auto saved = (*session)->save(path_of(options.session_file), note); !saved)
            return tl::unexpected(saved.error());
    }
    const bool unfinished = report_unfinished(*stats);
    if (stats->reason == engine::FinishReason::cancelled) return exit_interrupted;
    return unfinished ? exit_failure : exit_ok;
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
    auto options = std::make_shared<RunOptions>();
    CLI::App* command = app.add_subcommand("run", "Answer one prompt");
    add_model_argument(*command, options->model);
    command->add_option("PROMPT", options->prompt, "What to answer; - reads it from standard input")
        ->required()
        ->type_name("");
    command->add_option("--system", options->system, "System prompt")->type_name("TEXT");
    command->add_flag("--raw", options->raw,
                      "Continue the prompt as it is, without the model's chat template");
    command->add_flag("--json", options->json, "Print the answer and its figures as JSON");
    add_sampling_flags(*command, options->sampling);
    add_grammar_flags(*command, options->grammar);
    add_session_flags(*command, options->session);
    add_session_file_flag(*command, options->session_file);
    add_engine_flags(*command, options->engine);
    command->footer(
        "Examples:\n"
        "  kinglet-cli run model.gguf \"Why is the sky blue?\"\n"
        "  kinglet-cli run model.gguf - <question.txt\n"
        "  kinglet-cli run model.gguf \"Once upon a time\" --raw --temp 0 --max-tokens 60\n"
        "  kinglet-cli run model.gguf \"Name a bird\" --json-schema bird.json\n"
        "  kinglet-cli run model.gguf \"Is ice cold?\" --grammar yes-or-no.gbnf");
    command->callback([options, &status] {
        const auto result = answer(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
