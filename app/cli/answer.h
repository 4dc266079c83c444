// The figures of an answer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "inference/engine/engine.h"

namespace kinglet::cli {

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
