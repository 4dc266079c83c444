// kinglet-cli fill: what could stand in the place of a mask, by models that were trained to fill in words.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/tokenizer/tokenizer.h"

namespace kinglet::cli {
namespace {

struct FillOptions {
    std::string model;
    std::string text;
    int top = 5;
    bool json = false;
    EngineFlags engine;
    SessionFlags session;
};

struct Candidate {
    Token token = no_token;
    double probability = 0;
};

/// The likeliest tokens of a row of logits.
std::vector<Candidate> likeliest(std::span<const float> logits, int count) {
    const double top = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - top);
    std::vector<Token> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    const auto score = [&](Token token) { return logits[static_cast<std::size_t>(token)]; };
    const auto end = order.begin() + std::min<std::ptrdiff_t>(count, std::ssize(order));
    std::partial_sort(order.begin(), end, order.end(),
                      [&](Token a, Token b) { return score(a) != score(b) ? score(a) > score(b) : a < b; });
    std::vector<Candidate> out;
    for (auto it = order.begin(); it != end; ++it)
        out.push_back({*it, std::exp(static_cast<double>(score(*it)) - top) / sum});
    return out;
}

nlohmann::ordered_json as_json(const tokenizer::Tokenizer& tokenizer,
                               const std::vector<Candidate>& candidates) {
    auto list = nlohmann::ordered_json::array();
    for (const Candidate& c : candidates) {
        list.push_back({{"token", c.token},
                        {"text", std::string(tokenizer.text(c.token))},
                        {"probability", c.probability}});
    }
    return list;
}

Result<int> fill(const FillOptions& options) {
    const auto model = load_model(options.model, options.engine, options.session);
    if (!model) return tl::unexpected(model.error());
    const tokenizer::Tokenizer& tokenizer = (*model)->tokenizer();
    if (!(*model)->info().fills_masks || tokenizer.mask() == no_token) {
        return fail(
            ErrorCode::unsupported,
            fmt::format("{} cannot fill in words: its file has no head for that", (*model)->info().name),
            "Convert a checkpoint for masked language modelling (BertForMaskedLM, for example).");
    }
    std::vector<Token> tokens = (*model)->tokenize_prompt(options.text);
    const std::string mask(tokenizer.text(tokenizer.mask()));
    if (std::find(tokens.begin(), tokens.end(), tokenizer.mask()) == tokens.end()) {
        return fail(ErrorCode::invalid_argument, fmt::format("There is no {} in the text.", mask),
                    fmt::format("Write {} where a word is missing.", mask));
    }
    const auto session = open_session(*model, options.session);
    if (!session) return tl::unexpected(session.error());
    const auto logits = (*session)->logits(tokens);
    if (!logits) return tl::unexpected(logits.error());

    const std::size_t width = logits->size() / tokens.size();
    auto masks = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i] != tokenizer.mask()) continue;
        const auto candidates = likeliest(std::span(*logits).subspan(i * width, width), options.top);
        masks.push_back({{"position", i}, {"candidates", as_json(tokenizer, candidates)}});
        tokens[i] = candidates.front().token;
        if (options.json) continue;
        for (const Candidate& c : candidates) {
            fmt::print("{:6.2f} %  {}\n", 100 * c.probability,
                       without_controls(std::string(tokenizer.text(c.token))));
        }
        std::putchar('\n');
    }
    const std::string filled = tokenizer.decode(tokens);
    if (options.json) {
        std::puts(json_text({{"text", filled}, {"masks", masks}}, 2).c_str());
    } else {
        fmt::print("{}\n", without_controls(filled));
    }
    return exit_ok;
}

}  // namespace

void add_fill_command(CLI::App& app, int& status) {
    auto options = std::make_shared<FillOptions>();
    options->session.kv = "f32";
    CLI::App* command = app.add_subcommand("fill", "Fill in the masked words of a text");
    add_model_argument(*command, options->model);
    command->add_option("TEXT", options->text, "The text, with the model's mask where words are missing")
        ->required()
        ->type_name("");
    command->add_option("--top", options->top, "Candidates to show for each word")
        ->transform(integer_from(1, 1000))
        ->type_name("N")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print JSON");
    add_session_flags(*command, options->session);
    add_engine_flags(*command, options->engine);
    command->footer(
        "Works with BERT and DistilBERT files that hold the head for it.\n"
        "Example:\n"
        "  kinglet-cli fill distilbert.gguf \"Paris is the [MASK] of France.\"");
    command->callback([options, &status] {
        const auto result = fill(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
