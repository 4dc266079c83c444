// Attention over a cache of keys and values, position by position.
#include <algorithm>
#include <cmath>
#include <limits>

#include "inference/kernels/half.h"
#include "inference/kernels/scalar/scalar_table.h"

namespace kinglet::kernels::scalar {
namespace {

float value_of(float x) {
    return x;
}
float value_of(std::uint16_t x) {
    return half_to_float(x);
}

template <class Stored>
const Stored* position(const void* base, std::size_t stride, std::size_t t) {
    return reinterpret_cast<const Stored*>(static_cast<const std::byte*>(base) + t * stride);
}

template <class Stored>
float score(const AttentionArgs& a, const float* q, std::size_t t) {
    const auto* k = position<Stored>(a.k, a.k_stride, t);
    double sum = 0.0;
    for (std::size_t i = 0; i < a.k_dim; ++i)
        sum += static_cast<double>(q[i]) * static_cast<double>(value_of(k[i]));
    const float s = a.scale * static_cast<float>(sum);
    return a.softcap != 0.0F ? a.softcap * std::tanh(s / a.softcap) : s;
}

/// Keeps the sums relative to the largest score so far; when a larger one comes, what was summed is scaled
/// down.
template <class Stored>
void attend(const AttentionArgs& a, const float* q, float* out) {
    float largest = -std::numeric_limits<float>::infinity();
    float total = 0.0F;
    std::fill(out, out + a.v_dim, 0.0F);
    for (std::size_t t = 0; t < a.length; ++t) {
        const float s = score<Stored>(a, q, t);
        if (s > largest) {
            const float shrink = std::exp(largest - s);
            total *= shrink;
            for (std::size_t i = 0; i < a.v_dim; ++i) out[i] *= shrink;
            largest = s;
        }
        const float weight = std::exp(s - largest);
        total += weight;
        const auto* v = position<Stored>(a.v, a.v_stride, t);
        for (std::size_t i = 0; i < a.v_dim; ++i) out[i] += weight * value_of(v[i]);
    }
    if (a.length == 0) return;
    for (std::size_t i = 0; i < a.v_dim; ++i) out[i] /= total;
}

template <class Stored>
void attention(const AttentionArgs& a) {
    for (std::size_t i = 0; i < a.count; ++i)
        attend<Stored>(a, a.q + i * a.q_stride, a.out + i * a.out_stride);
}

}  // namespace

void add_attention(KernelTable& table) {
    table.attention_f32 = attention<float>;
    table.attention_f16 = attention<std::uint16_t>;
}

}  // namespace kinglet::kernels::scalar
