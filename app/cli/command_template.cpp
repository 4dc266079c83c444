// kinglet-cli template: the prompt that a chat template makes of a conversation.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "app/cli/cli.h"
#include "app/cli/model_file.h"
#include "app/cli/options.h"
#include "inference/base/path_text.h"

namespace kinglet::cli {
namespace {

struct TemplateOptions {
    std::string model;
    std::string template_file;
    std::string messages_file;
    std::string tools_file;
    std::string extra_file;
    std::string now;
    std::optional<std::string> bos;
    std::optional<std::string> eos;
    bool no_generation_prompt = false;
};

Result<chat::Json> read_json(const std::string& path, chat::Json::value_t wanted) {
    auto text = read_text(path);
    if (!text) return tl::unexpected(text.error());
    chat::Json json = chat::Json::parse(*text, nullptr, false);
    if (json.is_discarded())
        return fail(ErrorCode::bad_format, fmt::format("The file \"{}\" is not JSON.", path));
    if (json.type() != wanted) {
        const char* name = wanted == chat::Json::value_t::array ? "a list" : "an object";
        return fail(ErrorCode::bad_format, fmt::format("The file \"{}\" does not hold {}.", path, name));
    }
    return json;
}

/// "2026-01-15" or "2026-01-15T13:45:00".
std::optional<std::chrono::local_seconds> parse_time(const std::string& text) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
    const int count = std::sscanf(text.c_str(), "%4d-%2d-%2d%nT%2d:%2d:%2d%n", &year, &month, &day, &used,
                                  &hour, &minute, &second, &used);
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    const bool complete = (count == 3 || count == 6) && static_cast<std::size_t>(used) == text.size();
    if (!complete || month < 0 || day < 0 || !date.ok() || hour > 23 || minute > 59 || second > 60 ||
        hour < 0 || minute < 0 || second < 0) {
        return std::nullopt;
    }
    return std::chrono::local_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
}

/// The template's text; from a model file also the texts of its BOS and EOS, unless they were given.
Result<std::string> template_text(const TemplateOptions& options, chat::RenderInput& input) {
    input.bos_token = options.bos.value_or("");
    input.eos_token = options.eos.value_or("");
    if (!options.template_file.empty()) return read_text(options.template_file);
    const auto model = ModelFile::open(path_of(options.model));
    if (!model) return tl::unexpected(model.error());
    const auto tokenizer = open_tokenizer(*model);
    if (!tokenizer) return tl::unexpected(tokenizer.error());
    if (!options.bos) input.bos_token = (*tokenizer)->text((*tokenizer)->bos());
    if (!options.eos) input.eos_token = (*tokenizer)->text((*tokenizer)->eos());
    auto chosen = choose_template(*model, **tokenizer);
    if (!chosen) return tl::unexpected(chosen.error());
    if (!chosen->warning.empty()) fmt::print(stderr, "{}\n", chosen->warning);
    if (chosen->text.empty()) {
        return fail(ErrorCode::unsupported,
                    fmt::format("The model \"{}\" has no chat template.", options.model),
                    "It continues text and does not chat: use kinglet-cli run --raw.");
    }
    return std::move(chosen->text);
}

Result<int> render(const TemplateOptions& options) {
    chat::RenderInput input;
    input.add_generation_prompt = !options.no_generation_prompt;
    auto messages = read_json(options.messages_file, chat::Json::value_t::array);
    if (!messages) return tl::unexpected(messages.error());
    input.messages = std::move(*messages);
    if (!options.tools_file.empty()) {
        auto tools = read_json(options.tools_file, chat::Json::value_t::array);
        if (!tools) return tl::unexpected(tools.error());
        input.tools = std::move(*tools);
    }
    if (!options.extra_file.empty()) {
        auto extra = read_json(options.extra_file, chat::Json::value_t::object);
        if (!extra) return tl::unexpected(extra.error());
        input.extra = std::move(*extra);
    }
    if (!options.now.empty()) {
        input.now = parse_time(options.now);
        if (!input.now) {
            return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not a date.", options.now),
                        "Write it like 2026-01-15 or 2026-01-15T13:45:00.");
        }
    }
    const auto text = template_text(options, input);
    if (!text) return tl::unexpected(text.error());
    const auto prompt = chat::render(*text, input);
    if (!prompt) return tl::unexpected(prompt.error());
    std::fwrite(prompt->data(), 1, prompt->size(), stdout);
    return exit_ok;
}

}  // namespace

void add_template_command(CLI::App& app, int& status) {
    auto options = std::make_shared<TemplateOptions>();
    CLI::App* command = app.add_subcommand("template", "Print the prompt that a chat template makes");
    CLI::Option* model =
        command->add_option("MODEL", options->model, "A model file (.gguf) whose template to use")
            ->type_name("");
    CLI::Option* file =
        command->add_option("--template", options->template_file, "A template file to use instead")
            ->type_name("FILE")
            ->excludes(model);
    command->add_option("--messages", options->messages_file, "JSON list of messages; - is standard input")
        ->required()
        ->type_name("FILE");
    command->add_option("--tools", options->tools_file, "JSON list of tool definitions")->type_name("FILE");
    command->add_option("--extra", options->extra_file, "JSON object of further variables")
        ->type_name("FILE");
    command->add_flag("--no-generation-prompt", options->no_generation_prompt,
                      "Leave out what invites the model to answer");
    command->add_option("--bos", options->bos, "Text of the token that begins a text")->type_name("TEXT");
    command->add_option("--eos", options->eos, "Text of the token that ends a text")->type_name("TEXT");
    command->add_option("--now", options->now, "The date that the template sees (default: the clock's)")
        ->type_name("DATE");
    command->footer(
        "Examples:\n"
        "  kinglet-cli template model.gguf --messages conversation.json\n"
        "  kinglet-cli template --template chatml.jinja --messages conversation.json --now 2026-01-15");
    command->callback([options, model, file, &status] {
        if (model->empty() && file->empty()) throw CLI::RequiredError("MODEL or --template");
        const auto result = render(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
