#include "inference/engine/generation.h"

#include <algorithm>

namespace kinglet::engine {
namespace {

std::vector<std::string> all_stops(const GenerateParams& params, const ModelInfo& info) {
    std::vector<std::string> stops = params.stop;
    stops.insert(stops.end(), info.stop_texts.begin(), info.stop_texts.end());
    return stops;
}

GenerateStats with_seed(const GenerateParams& params) {
    GenerateStats stats;
    stats.seed = params.sampling.seed ? *params.sampling.seed : fresh_seed();
    return stats;
}

}  // namespace

Generation::Generation(LoadedSession& session, const GenerateParams& params,
                       const GenerateCallbacks& callbacks, const std::stop_token& stop)
    : session_(session),
      params_(params),
      callbacks_(callbacks),
      stop_(stop),
      stats_(with_seed(params)),
      sampler_(params.sampling, stats_.seed, session.model_->table()),
      detokenizer_(session.model_->tokenizer()),
      matcher_(all_stops(params, session.model_->info())),
      begun_(Clock::now()) {
    if (params.grammar) {
        guide_.emplace(params.grammar, session.model_->token_trie(), session.model_->tokenizer());
    }
}

Result<GenerateStats> Generation::run(std::span<const Token> prompt) {
    stats_.prompt_tokens = static_cast<int>(prompt.size());
    stats_.context_length = session_.context_length();
    const Result<bool> processed = process(prompt);
    if (!processed) return tl::unexpected(processed.error());
    stats_.prompt_time = Clock::now() - begun_;
    if (*processed) {
        if (auto status = answer(); !status) return tl::unexpected(status.error());
        // A character that was begun when the answer was cut off is nothing to show; one that the model left
        // unfinished itself is.
        if (stats_.reason == FinishReason::end_of_turn) say(matcher_.push(detokenizer_.flush()));
        say(matcher_.flush());
    } else {
        stats_.reason = FinishReason::cancelled;
    }
    stats_.context_used = session_.memory_.length();
    if (guide_) stats_.grammar_complete = guide_->complete();
    return stats_;
}

Result<bool> Generation::process(std::span<const Token> prompt) {
    std::vector<Token>& held = session_.tokens_;
    session_.uncomputed_ = no_token;
    const auto common =
        std::mismatch(prompt.begin(), prompt.end(), held.begin(), held.end()).first - prompt.begin();
    // The last token is always computed: its logits choose the first of the answer.
    const int keep = std::min(static_cast<int>(common), static_cast<int>(prompt.size()) - 1);
    auto done = static_cast<std::size_t>(session_.memory_.truncate(keep));
    held.resize(done);
    stats_.reused_tokens = static_cast<int>(done);
    const auto batch = static_cast<std::size_t>(session_.options_.batch_size);
    while (done < prompt.size()) {
        std::size_t count = std::min(batch, prompt.size() - done);
        // What cannot be run backwards is kept as it is before the last token, where another answer to the
        // same prompt begins.
        const std::size_t before_last = prompt.size() - 1 - done;
        if (session_.memory_.needs_snapshots() && count > before_last && before_last > 0) count = before_last;
        const bool last = done + count == prompt.size();
        if (last) session_.memory_.snapshot();
        const auto status = session_.compute(prompt.subspan(done, count), last ? Rows::last : Rows::none,
                                             session_.logits_.data(), stop_);
        if (!status && status.error().code == ErrorCode::cancelled) return false;
        if (!status) return tl::unexpected(status.error());
        done += count;
        if (callbacks_.on_prompt_progress) {
            callbacks_.on_prompt_progress(static_cast<int>(done), static_cast<int>(prompt.size()));
        }
    }
    return true;
}

Result<Token> Generation::choose() {
    const std::span<float> logits{session_.logits_.data(),
                                  static_cast<std::size_t>(session_.model_->description().vocabulary_size)};
    auto token = sampler_.sample(logits, session_.tokens_);
    if (!guide_ || !token || guide_->allows(*token)) return token;
    // Only now is it worth asking of every token whether the grammar allows it.
    if (auto status = guide_->refuse_others(logits); !status) return tl::unexpected(status.error());
    return sampler_.choose(logits);
}

Status Generation::answer() {
    Clock::time_point first{};
    const auto finish = [&](FinishReason reason) {
        stats_.reason = reason;
        if (stats_.answer_tokens > 0) stats_.generate_time = Clock::now() - first;
        return Status{};
    };
    if (guide_ && guide_->must_end()) return finish(FinishReason::end_of_turn);
    for (;;) {
        if (stop_.stop_requested()) return finish(FinishReason::cancelled);
        const auto token = choose();
        if (!token) return tl::unexpected(token.error());
        if (session_.model_->tokenizer().is_end_of_generation(*token))
            return finish(FinishReason::end_of_turn);
        if (++stats_.answer_tokens == 1) {
            first = Clock::now();
            stats_.first_token_time = first - begun_;
        }
        if (guide_) guide_->accept(*token);
        session_.uncomputed_ = *token;
        const bool ended = emit(*token);
        const int used = session_.memory_.length();
        if (callbacks_.on_token) callbacks_.on_token(stats_.answer_tokens, used);
        if (ended) return finish(FinishReason::stop_text);
        if (guide_ && guide_->must_end()) return finish(FinishReason::end_of_turn);
        if (params_.max_tokens > 0 && stats_.answer_tokens >= params_.max_tokens) {
            return finish(FinishReason::max_tokens);
        }
        if (used >= session_.context_length()) return finish(FinishReason::context_full);
        const auto status = session_.compute({&*token, 1}, Rows::last, session_.logits_.data(), stop_);
        if (!status && status.error().code == ErrorCode::cancelled) return finish(FinishReason::cancelled);
        if (!status) return status;
        session_.uncomputed_ = no_token;
    }
}

bool Generation::emit(Token token) {
    say(matcher_.push(detokenizer_.push(token)));
    return matcher_.matched();
}

void Generation::say(std::string_view text) {
    if (!text.empty() && callbacks_.on_text) callbacks_.on_text(text);
}

}  // namespace kinglet::engine
