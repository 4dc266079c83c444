// The search for the scale (and minimum) by which a run of values loses least when it is rounded to few
// levels: weighted least squares over the real numbers, with the rounding redone for every candidate.
#pragma once

#include <cmath>

namespace kinglet::quantize {

/// Values as x ~ scale * q - min with a whole q.
struct Fit {
    float scale = 0.0F;
    float min = 0.0F;
};

/// How important the error of each value is: nearly the same for all, a little more for large ones. Without
/// knowing what a model computes with them, an even spread loses least, of the weights and of the logits
/// (docs/performance.md).
template <int N>
void importance(const float* x, float* weights) {
    float energy = 0.0F;
    for (int i = 0; i < N; ++i) energy += x[i] * x[i];
    const float typical = std::sqrt(energy / static_cast<float>(N));
    for (int i = 0; i < N; ++i) weights[i] = 4.0F * typical + std::fabs(x[i]);
}

/// To the nearest whole number, ties to even, for |x| < 2^22; a form that compilers vectorize.
inline float nearest(float x) {
    constexpr float whole = 12582912.0F;
    return (x + whole) - whole;
}

/// x within [low, high], which are whole, rounded.
inline float level(float x, float low, float high) {
    const float q = nearest(x);
    const float above = q < low ? low : q;
    return above > high ? high : above;
}

/// Sum of eight partial sums, which stand for the lanes of a vector.
inline float total(const float (&lanes)[8]) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// The weighted error of N values for a scale and minimum, each value at its nearest level of [low, high].
template <int N>
float error_of(const float* x, const float* weights, const Fit& fit, float low, float high) {
    const float inverse = fit.scale != 0.0F ? 1.0F / fit.scale : 0.0F;
    float lanes[8] = {};
    for (int i = 0; i < N; i += 8) {
        for (int j = 0; j < 8; ++j) {
            const float q = level((x[i + j] + fit.min) * inverse, low, high);
            const float off = x[i + j] + fit.min - fit.scale * q;
            lanes[j] += weights[i + j] * off * off;
        }
    }
    return total(lanes);
}

/// The best scale for levels low .. high around zero (min is 0). `low` is -high or one less.
template <int N>
Fit fit_symmetric(const float* x, const float* weights, float low, float high);

/// The best scale and minimum for levels 0 .. high; with `lower` the minimum is not negative, so that the
/// lowest level lies at zero or below.
template <int N>
Fit fit_affine(const float* x, const float* weights, float high, bool lower);

}  // namespace kinglet::quantize
