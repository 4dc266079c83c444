// kinglet-cli chat: a conversation in the terminal, or an answer to what is piped in.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "app/cli/answer.h"
#include "app/cli/chat_loop.h"
#include "app/cli/cli.h"
#include "app/cli/grammar_file.h"
#include "app/cli/models_folder.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "app/starter/starter_model.h"
#include "inference/base/path_text.h"

namespace kinglet::cli {
namespace {

struct ChatOptions {
    std::string model;
    std::string models_folder;
    std::string template_file;
    bool each_line = false;
    ChatSettings settings;
    EngineFlags engine;
    SessionFlags session;
    SamplingFlags sampling;
    GrammarFlags grammar;
};

struct Choice {
    std::string path;
    bool starter = false;
};

/// The model asked for, else the newest one of the models folder, else the starter model.
Result<Choice> choose_model(const ChatOptions& options) {
    if (!options.model.empty()) return Choice{options.model};
    const std::filesystem::path folder =
        options.models_folder.empty() ? default_models_folder() : path_of(options.models_folder);
    const auto models = find_models(folder);
    if (!models) return tl::unexpected(models.error());
    if (!models->empty()) return Choice{models->front().path.string()};
    const auto starter = starter::find_model();
    if (!starter) {
        return fail(ErrorCode::not_found, fmt::format("There is no model in \"{}\" yet.", folder.string()),
                    "Put a model file (.gguf) there, or name one: kinglet-cli chat FILE.gguf");
    }
    fmt::print(stderr, "There is no model in \"{}\" yet, so the starter model answers.\n", folder.string());
    return Choice{starter->string(), true};
}

bool only_spaces(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

Result<int> chat(ChatOptions& options) {
    const bool interactive = stdin_is_terminal();
    std::string piped;
    if (!interactive) {
        auto text = read_text("-");
        if (!text) return tl::unexpected(text.error());
        piped = std::move(*text);
        // Nothing was asked: no reason to load a model, or to complain that there is none.
        if (only_spaces(piped) && options.model.empty()) return exit_ok;
    }
    const auto choice = choose_model(options);
    if (!choice) return tl::unexpected(choice.error());
    if (!options.template_file.empty()) {
        auto text = read_text(options.template_file);
        if (!text) return tl::unexpected(text.error());
        options.settings.render.template_override = std::move(*text);
    }
    auto grammar = load_grammar(options.grammar);
    if (!grammar) return tl::unexpected(grammar.error());
    const auto model = load_model(choice->path, options.engine, options.session);
    if (!model) return tl::unexpected(model.error());
    auto session = open_session(*model, options.session);
    if (!session) return tl::unexpected(session.error());

    const engine::ModelInfo& info = (*model)->info();
    if (options.template_file.empty()) report_warnings(info);
    engine::SamplingDefaults suggested = info.sampling;
    if (choice->starter) {
        suggested.temperature = static_cast<float>(starter::temperature);
        suggested.repeat_penalty = static_cast<float>(starter::repeat_penalty);
    }
    options.settings.params = generate_params(options.sampling, suggested);
    options.settings.params.grammar = std::move(*grammar);
    ChatLoop loop(*model, std::move(*session), options.settings);
    if (auto resumed = loop.resume(); !resumed) return tl::unexpected(resumed.error());
    if (!interactive) {
        if (only_spaces(piped)) return exit_ok;
        if (!options.each_line) return loop.ask(piped.substr(0, piped.find_last_not_of(" \t\r\n") + 1));
        std::istringstream lines(piped);
        return loop.converse(lines, false);
    }
    fmt::print(stderr, "Chatting with {} {}. /help lists the commands.\n", without_controls(info.name),
               info.quantization);
    return loop.converse(std::cin, true);
}

}  // namespace

void add_chat_command(CLI::App& app, int& status) {
    auto options = std::make_shared<ChatOptions>();
    CLI::App* command = app.add_subcommand("chat", "Chat in the terminal, or answer what is piped in");
    command
        ->add_option(
            "MODEL", options->model,
            "A model file (.gguf); none = the newest one in the models folder, else the starter model at "
            "temperature 0")
        ->type_name("");
    command->add_option("--models-dir", options->models_folder, "The models folder")->type_name("FOLDER");
    command->add_option("--system", options->settings.system, "System prompt")->type_name("TEXT");
    command->add_option("--chat-template", options->template_file, "Use this template instead of the model's")
        ->type_name("FILE");
    command->add_flag("--each-line", options->each_line, "Answer each line piped in as a turn of its own");
    command->add_flag("--stats", options->settings.show_stats,
                      "Show speed and context use after each answer");
    add_sampling_flags(*command, options->sampling);
    add_grammar_flags(*command, options->grammar);
    add_session_flags(*command, options->session);
    add_session_file_flag(*command, options->settings.session_file);
    command
        ->add_flag("--drop-oldest", options->settings.drop_oldest,
                   "Where the context is full, leave out the oldest turns and say so, instead of stopping")
        ->group("Memory");
    add_engine_flags(*command, options->engine);
    command->footer(
        "Examples:\n"
        "  kinglet-cli chat\n"
        "  kinglet-cli chat model.gguf --system \"Answer in one sentence.\"\n"
        "  cat essay.txt | kinglet-cli chat model.gguf\n"
        "  printf 'Hello\\nAnd now in French\\n' | kinglet-cli chat model.gguf --each-line\n"
        "  kinglet-cli chat model.gguf --json-schema answer.json");
    command->callback([options, &status] {
        const auto result = chat(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
