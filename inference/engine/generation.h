// One answer: the prompt's processing, then a token at a time until something ends it.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>

#include "inference/engine/engine.h"
#include "inference/engine/grammar_guide.h"
#include "inference/engine/sampler.h"
#include "inference/engine/session.h"
#include "inference/engine/stop_matcher.h"
#include "inference/tokenizer/tokenizer.h"

namespace kinglet::engine {

/// Lives for one call of Session::generate.
class Generation {
  public:
    Generation(LoadedSession& session, const GenerateParams& params, const GenerateCallbacks& callbacks,
               const std::stop_token& stop);

    Result<GenerateStats> run(std::span<const Token> prompt);

  private:
    using Clock = std::chrono::steady_clock;

    /// True when the prompt was computed, false when stopped.
    Result<bool> process(std::span<const Token> prompt);
    Status answer();
    Result<Token> choose();
    /// Shows the token's text; true where it ends the answer.
    bool emit(Token token);
    void say(std::string_view text);

    LoadedSession& session_;
    const GenerateParams& params_;
    const GenerateCallbacks& callbacks_;
    const std::stop_token& stop_;
    GenerateStats stats_;
    Sampler sampler_;
    tokenizer::StreamingDetokenizer detokenizer_;
    StopMatcher matcher_;
    std::optional<GrammarGuide> guide_;
    Clock::time_point begun_;
};

}  // namespace kinglet::engine
