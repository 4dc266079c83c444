// Chooses the next token from logits.
#pragma once

#include <span>
#include <vector>

#include "inference/base/result.h"
#include "inference/engine/engine.h"
#include "inference/engine/random.h"
#include "inference/kernels/kernel_table.h"
#include "inference/tokenizer/token.h"

namespace kinglet::engine {

/// Repeat penalty, then top-k, top-p and min-p on the model's own probabilities, then temperature and the
/// draw. Never sorts more of the vocabulary than these leave.
class Sampler {
  public:
    /// Errors: invalid_argument for parameters without a meaning (negative temperature, top_p of 0 ...).
    static Status check(const SamplingParams& params);

    Sampler(const SamplingParams& params, std::uint64_t seed, const kernels::KernelTable& table)
        : params_(params), random_(seed), table_(table) {}

    /// `logits` are changed; `context` is every token so far. Errors: bad_format where no logit is a number.
    Result<Token> sample(std::span<float> logits, std::span<const Token> context);
    /// The same for logits that the repeat penalty has been applied to; those of -infinity are never chosen.
    Result<Token> choose(std::span<const float> logits);

  private:
    struct Candidate {
        float logit;
        Token token;
    };
    void penalise(std::span<float> logits, std::span<const Token> context);
    void collect(std::span<const float> logits, float largest);
    void keep_top_p(std::span<const float> logits, float largest);
    Token draw(float largest);

    SamplingParams params_;
    Random random_;
    const kernels::KernelTable& table_;
    std::vector<Candidate> candidates_;
    std::vector<Token> recent_;
    std::vector<double> weights_;
};

}  // namespace kinglet::engine
