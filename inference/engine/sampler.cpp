#include "inference/engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kinglet::engine {

Status Sampler::check(const SamplingParams& p) {
    const auto bad = [](const char* what) {
        return fail(ErrorCode::invalid_argument, what, "Correct the sampling settings.");
    };
    if (!(p.temperature >= 0) || p.temperature > 100) return bad("The temperature must be between 0 and 100");
    if (p.top_k < 0) return bad("top-k must be 0 (off) or more");
    if (!(p.top_p > 0 && p.top_p <= 1)) return bad("top-p must be more than 0 and at most 1");
    if (!(p.min_p >= 0 && p.min_p <= 1)) return bad("min-p must be between 0 and 1");
    if (!(p.repeat_penalty > 0) || p.repeat_penalty > 100) {
        return bad("The repeat penalty must be more than 0 and at most 100");
    }
    return {};
}

Result<Token> Sampler::sample(std::span<float> logits, std::span<const Token> context) {
    penalise(logits, context);
    return choose(logits);
}

Result<Token> Sampler::choose(std::span<const float> logits) {
    const std::size_t best = table_.argmax(logits.data(), logits.size());
    const float largest = logits[best];
    if (!std::isfinite(largest)) {
        return fail(ErrorCode::bad_format, "The model computed something that is not a number",
                    "The model file is probably damaged; download it again.");
    }
    if (params_.temperature == 0 || params_.top_k == 1) return static_cast<Token>(best);
    collect(logits, largest);
    if (params_.top_p < 1) keep_top_p(logits, largest);
    return draw(largest);
}

void Sampler::penalise(std::span<float> logits, std::span<const Token> context) {
    if (params_.repeat_penalty == 1 || params_.repeat_last_n == 0) return;
    const std::size_t wanted =
        params_.repeat_last_n < 0 ? context.size() : static_cast<std::size_t>(params_.repeat_last_n);
    const auto last = context.last(std::min(wanted, context.size()));
    recent_.assign(last.begin(), last.end());
    std::sort(recent_.begin(), recent_.end());
    recent_.erase(std::unique(recent_.begin(), recent_.end()), recent_.end());
    for (const Token token : recent_) {
        float& logit = logits[static_cast<std::size_t>(token)];
        logit = logit > 0 ? logit / params_.repeat_penalty : logit * params_.repeat_penalty;
    }
}

// What top-k and min-p leave. min-p compares with the most probable token, so it is a bound on the logits.
void Sampler::collect(std::span<const float> logits, float largest) {
    float least = std::numeric_limits<float>::lowest();  // what a grammar refuses lies below
    if (params_.min_p > 0) least = largest + std::log(params_.min_p);
    candidates_.clear();
    const auto by_logit = [](const Candidate& a, const Candidate& b) {
        return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
    };
    const auto k = static_cast<std::size_t>(params_.top_k);
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (!(logits[i] >= least)) continue;
        candidates_.push_back({logits[i], static_cast<Token>(i)});
        // Twice k, then the worse half goes: every token is looked at a bounded number of times.
        if (k > 0 && candidates_.size() >= 2 * k) {
            std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(k) - 1,
                             candidates_.end(), by_logit);
            candidates_.resize(k);
            least = std::max(least, candidates_.back().logit);
        }
    }
    if (k > 0 && candidates_.size() > k) {
        std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(k) - 1,
                         candidates_.end(), by_logit);
        candidates_.resize(k);
    }
}

// The fewest most probable tokens that have top_p together. The whole is what top-k left, whether or not
// min-p has taken its tail away already.
void Sampler::keep_top_p(std::span<const float> logits, float largest) {
    double all = 0;
    if (params_.top_k > 0) {
        for (const Candidate& c : candidates_) all += std::exp(static_cast<double>(c.logit - largest));
    } else {
        for (const float logit : logits) all += std::exp(static_cast<double>(logit - largest));
    }
    const auto worse = [](const Candidate& a, const Candidate& b) {
        return a.logit != b.logit ? a.logit < b.logit : a.token > b.token;
    };
    std::make_heap(candidates_.begin(), candidates_.end(), worse);
    double sum = 0;
    auto end = candidates_.end();
    while (end != candidates_.begin() && sum < params_.top_p * all) {
        std::pop_heap(candidates_.begin(), end, worse);
        --end;
        sum += std::exp(static_cast<double>(end->logit - largest));
    }
    candidates_.erase(candidates_.begin(), end);
}

Token Sampler::draw(float largest) {
    // An order that does not depend on how the candidates were found keeps a seed's choice the same
    // everywhere.
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Candidate& a, const Candidate& b) { return a.token < b.token; });
    weights_.clear();
    double all = 0;
    for (const Candidate& c : candidates_) {
        all += std::exp(static_cast<double>(c.logit - largest) / params_.temperature);
        weights_.push_back(all);
    }
    const double at = random_.uniform() * all;
    const auto chosen = std::upper_bound(weights_.begin(), weights_.end(), at) - weights_.begin();
    return candidates_[std::min(static_cast<std::size_t>(chosen), candidates_.size() - 1)].token;
}

}  // namespace kinglet::engine
