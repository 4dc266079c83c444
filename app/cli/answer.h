// What is told of an answer: why its prompt may not be as the model's file says, and its figures.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "inference/engine/engine.h"

namespace kinglet::cli {

/// Says on stderr what keeps the model from making prompts as its file says, e.g. a template that fails.
void report_warnings(const engine::ModelInfo& info);

/// Says on stderr where the graphics device that computed `before` does so no longer, and why.
void report_lost_device(const engine::DeviceState& before, const engine::Model& model);

/// "end_of_turn", "stop_text", "max_tokens", "context_full" or "cancelled".
std::string_view reason_name(engine::FinishReason reason);

/// Tokens of the prompt that were computed (not reused), a second; 0 where nothing was measured.
double prompt_speed(const engine::GenerateStats& stats);
/// Tokens of the answer after the first one, a second; 0 where nothing was measured.
double answer_speed(const engine::GenerateStats& stats);

/// For programs.
nlohmann::ordered_json stats_json(const engine::GenerateStats& stats);
/// For people: "24.1 tokens a second, 312 of 4096 tokens of context used".
std::string stats_line(const engine::GenerateStats& stats);

}  // namespace kinglet::cli
