// Attention over a cache of keys and values, position by position.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "inference/kernels/half.h"
#include "inference/kernels/scalar/scalar_table.h"
#include "inference/tensor/blocks.h"

namespace kinglet::kernels::scalar {
namespace {

/// Value i of one position's key or value, by how it is stored.
struct StoredF32 {
    static float value(const std::byte* row, std::size_t i) {
        float value = 0.0F;
        std::memcpy(&value, row + i * sizeof(value), sizeof(value));
        return value;
    }
};
struct StoredF16 {
    static float value(const std::byte* row, std::size_t i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, row + i * sizeof(bits), sizeof(bits));
        return half_to_float(bits);
    }
};
struct StoredQ8 {
    static float value(const std::byte* row, std::size_t i) {
        BlockQ8_0 block;
        std::memcpy(&block, row + i / 32 * sizeof(block), sizeof(block));
        return half_to_float(block.d) * static_cast<float>(block.qs[i % 32]);
    }
};
struct StoredQ4 {
    static float value(const std::byte* row, std::size_t i) {
        BlockQ4_0 block;
        std::memcpy(&block, row + i / 32 * sizeof(block), sizeof(block));
        const int pair = block.qs[i % 16];
        return half_to_float(block.d) * static_cast<float>((i % 32 < 16 ? pair & 15 : pair >> 4) - 8);
    }
};

const std::byte* position(const void* base, std::size_t stride, std::size_t t) {
    return static_cast<const std::byte*>(base) + t * stride;
}

template <class Stored>
float score(const AttentionArgs& a, const float* q, std::size_t t) {
    const std::byte* k = position(a.k, a.k_stride, t);
    double sum = 0.0;
    for (std::size_t i = 0; i < a.k_dim; ++i)
        sum += static_cast<double>(q[i]) * static_cast<double>(Stored::value(k, i));
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
        const std::byte* v = position(a.v, a.v_stride, t);
        for (std::size_t i = 0; i < a.v_dim; ++i) out[i] += weight * Stored::value(v, i);
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
    const auto add = [&table](DType type, void (*kernel)(const AttentionArgs&)) {
        table.dtypes[static_cast<std::size_t>(type)].attention = kernel;
    };
    add(DType::f32, attention<StoredF32>);
    add(DType::f16, attention<StoredF16>);
    add(DType::q8_0, attention<StoredQ8>);
    add(DType::q4_0, attention<StoredQ4>);
}

}  // namespace kinglet::kernels::scalar
