#include "app/cli/answer.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/cli/terminal.h"

namespace kinglet::cli {

void report_warnings(const engine::ModelInfo& info) {
    for (const std::string& warning : info.warnings) fmt::print(stderr, "{}\n", without_controls(warning));
}

void report_lost_device(const engine::DeviceState& before, const engine::Model& model) {
    const engine::DeviceState now = model.device();
    if (before.number >= 0 && now.number < 0) fmt::print(stderr, "{}\n", without_controls(now.remark));
}

std::string_view reason_name(engine::FinishReason reason) {
    switch (reason) {
        case engine::FinishReason::end_of_turn:
            return "end_of_turn";
        case engine::FinishReason::stop_text:
            return "stop_text";
        case engine::FinishReason::max_tokens:
            return "max_tokens";
        case engine::FinishReason::context_full:
            return "context_full";
        case engine::FinishReason::cancelled:
            return "cancelled";
    }
    return "unknown";
}

double prompt_speed(const engine::GenerateStats& stats) {
    const double seconds = stats.prompt_time.count();
    return seconds > 0 ? (stats.prompt_tokens - stats.reused_tokens) / seconds : 0;
}

double answer_speed(const engine::GenerateStats& stats) {
    const double seconds = stats.generate_time.count();
    // generate_time begins when the first token is there: the others were made in it.
    return seconds > 0 && stats.answer_tokens > 1 ? (stats.answer_tokens - 1) / seconds : 0;
}

nlohmann::ordered_json stats_json(const engine::GenerateStats& stats) {
    nlohmann::ordered_json json = {
        {"finish_reason", reason_name(stats.reason)},
        {"prompt_tokens", stats.prompt_tokens},
        {"reused_tokens", stats.reused_tokens},
        {"answer_tokens", stats.answer_tokens},
        {"seed", stats.seed},
        {"prompt_tokens_per_s", prompt_speed(stats)},
        {"generate_tokens_per_s", answer_speed(stats)},
        {"first_token_ms", stats.first_token_time.count() * 1e3},
        {"context_used", stats.context_used},
        {"context_length", stats.context_length},
    };
    if (stats.grammar_complete) json["grammar_complete"] = *stats.grammar_complete;
    return json;
}

std::string stats_line(const engine::GenerateStats& stats) {
    return fmt::format("{:.1f} tokens a second, {} of {} tokens of context used", answer_speed(stats),
                       stats.context_used, stats.context_length);
}

}  // namespace kinglet::cli
