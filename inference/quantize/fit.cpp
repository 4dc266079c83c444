#include "inference/quantize/fit.h"

#include <algorithm>
#include <cmath>

namespace kinglet::quantize {
namespace {

/// How often the rounding and the fit take turns after the search; they soon stop changing anything.
constexpr int refinements = 3;

/// Sums from which the best scale for given levels follows.
struct Products {
    float xq;
    float qq;
};

template <int N>
Products products(const float* x, const float* weights, float inverse, float low, float high) {
    float xq[8] = {};
    float qq[8] = {};
    for (int i = 0; i < N; i += 8) {
        for (int j = 0; j < 8; ++j) {
            const float q = level(x[i + j] * inverse, low, high);
            const float wq = weights[i + j] * q;
            xq[j] += wq * x[i + j];
            qq[j] += wq * q;
        }
    }
    return {total(xq), total(qq)};
}

/// The same with an unknown minimum.
struct AffineProducts {
    float q;
    float qq;
    float xq;
};

template <int N>
AffineProducts affine_products(const float* x, const float* weights, float inverse, float min, float high) {
    float sq[8] = {};
    float qq[8] = {};
    float xq[8] = {};
    for (int i = 0; i < N; i += 8) {
        for (int j = 0; j < 8; ++j) {
            const float q = level((x[i + j] + min) * inverse, 0.0F, high);
            const float wq = weights[i + j] * q;
            sq[j] += wq;
            qq[j] += wq * q;
            xq[j] += wq * x[i + j];
        }
    }
    return {total(sq), total(qq), total(xq)};
}

/// What does not depend on the levels.
struct Moments {
    float w = 0.0F;
    float x = 0.0F;
};

/// The best scale and minimum for given levels, and the energy that they explain: the error is the sum of
/// w x^2 less this.
struct AffineFit {
    Fit fit;
    float explained = 0.0F;
};

AffineFit solve(const Moments& m, const AffineProducts& p, bool lower) {
    AffineFit best;
    const double determinant = static_cast<double>(m.w) * p.qq - static_cast<double>(p.q) * p.q;
    if (determinant > 0.0) {
        const double scale = (static_cast<double>(m.w) * p.xq - static_cast<double>(p.q) * m.x) / determinant;
        const double min = (static_cast<double>(p.q) * p.xq - static_cast<double>(p.qq) * m.x) / determinant;
        best.fit = {static_cast<float>(scale), static_cast<float>(min)};
        best.explained = static_cast<float>(scale * p.xq - min * m.x);
        if (scale > 0.0 && (!lower || min >= 0.0)) return best;
    }
    best.fit = {p.qq > 0.0F ? p.xq / p.qq : 0.0F, 0.0F};
    best.explained = best.fit.scale * p.xq;
    return best;
}

}  // namespace

template <int N>
Fit fit_symmetric(const float* x, const float* weights, float low, float high) {
    float extreme = 0.0F;
    for (int i = 0; i < N; ++i) {
        if (std::fabs(x[i]) > std::fabs(extreme)) extreme = x[i];
    }
    if (extreme == 0.0F) return {};
    Fit best;
    float most = -1.0F;
    const auto consider = [&](float inverse) {
        const Products p = products<N>(x, weights, inverse, low, high);
        if (p.qq <= 0.0F || p.xq * p.xq <= most * p.qq) return false;
        most = p.xq * p.xq / p.qq;
        best.scale = p.xq / p.qq;
        return true;
    };
    // The largest value becomes the lowest or the highest level, or some tenths beyond either.
    for (const float end : {low, high}) {
        for (int step = -12; step <= 12; ++step) consider((end + 0.1F * static_cast<float>(step)) / extreme);
    }
    for (int i = 0; i < refinements && best.scale != 0.0F && consider(1.0F / best.scale); ++i) {
    }
    return best;
}

template <int N>
Fit fit_affine(const float* x, const float* weights, float high, bool lower) {
    const auto [low_at, high_at] = std::minmax_element(x, x + N);
    const float least = lower ? std::min(*low_at, 0.0F) : *low_at;
    const float range = *high_at - least;
    Moments m;
    for (int i = 0; i < N; ++i) {
        m.w += weights[i];
        m.x += weights[i] * x[i];
    }
    if (!(range > 0.0F)) return {0.0F, -least};
    AffineFit best;
    best.explained = -1.0F;
    const auto consider = [&](float inverse, float min) {
        const AffineFit found = solve(m, affine_products<N>(x, weights, inverse, min, high), lower);
        if (!(found.explained > best.explained)) return false;
        best = found;
        return true;
    };
    for (int step = -10; step <= 10; ++step) {
        consider((high + 0.1F * static_cast<float>(step)) / range, -least);
    }
    for (int i = 0; i < refinements && best.fit.scale > 0.0F; ++i) {
        if (!consider(1.0F / best.fit.scale, best.fit.min)) break;
    }
    return best.fit;
}

template Fit fit_symmetric<16>(const float*, const float*, float, float);
template Fit fit_symmetric<32>(const float*, const float*, float, float);
template Fit fit_affine<32>(const float*, const float*, float, bool);

}  // namespace kinglet::quantize
