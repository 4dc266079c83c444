#include "inference/engine/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace kinglet::engine {
namespace {

/// The pair (as a real number) whose wave turns `rotations` times within the original context.
double pair_of_rotations(const arch::Rope& rope, double rotations) {
    return rope.dimensions * std::log(rope.original_context / (rotations * 2 * std::numbers::pi)) /
           (2 * std::log(rope.base));
}

}  // namespace

std::vector<double> rope_frequencies(const arch::Rope& rope, int context_length) {
    const int pairs = rope.dimensions / 2;
    const bool is_long = rope.long_factors != nullptr && context_length > rope.original_context;
    const float* factors = is_long ? rope.long_factors : rope.factors;
    const bool yarn = rope.scaling == arch::RopeScaling::yarn;
    const double low = yarn ? std::max(0.0, std::floor(pair_of_rotations(rope, rope.beta_fast))) : 0;
    const double high =
        yarn ? std::min(rope.dimensions - 1.0, std::ceil(pair_of_rotations(rope, rope.beta_slow))) : 0;

    std::vector<double> out(static_cast<std::size_t>(pairs));
    for (int i = 0; i < pairs; ++i) {
        double frequency = std::pow(rope.base, -2.0 * i / rope.dimensions);
        if (factors != nullptr) frequency /= static_cast<double>(factors[i]);
        if (rope.scaling == arch::RopeScaling::linear) frequency /= rope.factor;
        if (yarn) {
            // Fast pairs keep their frequency, slow ones are stretched, a ramp lies between.
            const double stretched = std::clamp((i - low) / std::max(0.001, high - low), 0.0, 1.0);
            frequency = frequency * (1 - stretched) + frequency / rope.factor * stretched;
        }
        out[static_cast<std::size_t>(i)] = frequency;
    }
    return out;
}

bool RopeTable::prepare(int first, int count) {
    const std::size_t values = static_cast<std::size_t>(count) * frequencies_.size();
    if (!cos_.ensure(values) || !sin_.ensure(values)) return false;
    std::size_t at = 0;
    for (int i = 0; i < count; ++i) {
        for (const double frequency : frequencies_) {
            const double angle = (first + i) * frequency;
            cos_[at] = static_cast<float>(std::cos(angle) * magnitude_);
            sin_[at] = static_cast<float>(std::sin(angle) * magnitude_);
            ++at;
        }
    }
    return true;
}

}  // namespace kinglet::engine
