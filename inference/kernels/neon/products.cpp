// Products of quantized weights with int8 activations for 64-bit ARM, a weight row at a time. Compiled twice,
// with the instructions that multiply and add four bytes at once (KINGLET_DOTPROD) and without: sums of
// integers are exact and floats are added in one order, so both give the same bits, however many activation
// rows there are.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "inference/kernels/neon/products.h"
#include "inference/tensor/blocks.h"

namespace kinglet::kernels::KINGLET_KERNEL_SET {
namespace {

/// Groups of 32 values that are computed together, each a lane of the result.
constexpr std::size_t kGroups = 4;

/// Activation rows that share one unpacking of the weights.
constexpr std::size_t kTogether = 4;

/// Four groups of a weight row: value = scale * q - min. Where a format has a scale for each 16 values,
/// `scale` is the block's and `halves` holds those of a group's two halves, which multiply integers.
struct Quad {
    int8x16_t q[2 * kGroups];
    float scale[kGroups];
    float min[kGroups];
    std::int32_t halves[2 * kGroups];
};

float half(std::uint16_t bits) {
    return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(bits))), 0);
}

/// Lane by lane the sums of some of the products; only their total means something.
int32x4_t dot16(int32x4_t sum, int8x16_t a, int8x16_t b) {
#if KINGLET_DOTPROD
    return vdotq_s32(sum, a, b);
#else
    // Two products of bytes fit into 16 bits: 2 * 128 * 127 = 32512.
    const int16x8_t products =
        vmlal_s8(vmull_s8(vget_low_s8(a), vget_low_s8(b)), vget_high_s8(a), vget_high_s8(b));
    return vpadalq_s16(sum, products);
#endif
}

int8x16_t low_nibbles(uint8x16_t bytes) {
    return vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15)));
}

int8x16_t high_nibbles(uint8x16_t bytes) {
    return vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4));
}

struct Q8_0 {
    using Block = BlockQ8_0;
    static constexpr std::size_t values = 32;
    static constexpr bool has_min = false;
    static constexpr bool has_halves = false;
    static void unpack(const Block& b, std::size_t, std::size_t at, Quad& out) {
        out.q[2 * at] = vld1q_s8(b.qs);
        out.q[2 * at + 1] = vld1q_s8(b.qs + 16);
        out.scale[at] = half(b.d);
    }
};

struct Q4_0 {
    using Block = BlockQ4_0;
    static constexpr std::size_t values = 32;
    static constexpr bool has_min = false;
    static constexpr bool has_halves = false;
    static void unpack(const Block& b, std::size_t, std::size_t at, Quad& out) {
        const uint8x16_t bytes = vld1q_u8(b.qs);
        const int8x16_t eight = vdupq_n_s8(8);
        out.q[2 * at] = vsubq_s8(low_nibbles(bytes), eight);
        out.q[2 * at + 1] = vsubq_s8(high_nibbles(bytes), eight);
        out.scale[at] = half(b.d);
    }
};

/// The 6-bit scale and minimum of group g that Q4_K and Q5_K squeeze into 12 bytes.
void scale_and_min(const std::uint8_t* packed, std::size_t g, int& scale, int& min) {
    if (g < 4) {
        scale = packed[g] & 63;
        min = packed[g + 4] & 63;
    } else {
        scale = (packed[g + 4] & 15) | ((packed[g - 4] >> 6) << 4);
        min = (packed[g + 4] >> 4) | ((packed[g] >> 6) << 4);
    }
}

/// What Q4_K and Q5_K share.
template <class Block>
void set_scales(const Block& b, std::size_t g, std::size_t at, Quad& out) {
    int scale = 0;
    int min = 0;
    scale_and_min(b.scales, g, scale, min);
    out.scale[at] = half(b.d) * static_cast<float>(scale);
    out.min[at] = half(b.dmin) * static_cast<float>(min);
}

/// Groups come in pairs, the even one in the low nibbles of 32 bytes.
int8x16_t nibbles_of_group(const std::uint8_t* qs, std::size_t g, std::size_t half_of_group) {
    const uint8x16_t bytes = vld1q_u8(qs + 32 * (g / 2) + 16 * half_of_group);
    return g % 2 == 0 ? low_nibbles(bytes) : high_nibbles(bytes);
}

struct Q4_K {
    using Block = BlockQ4_K;
    static constexpr std::size_t values = kSuperBlock;
    static constexpr bool has_min = true;
    static constexpr bool has_halves = false;
    static void unpack(const Block& b, std::size_t g, std::size_t at, Quad& out) {
        for (std::size_t h = 0; h < 2; ++h) out.q[2 * at + h] = nibbles_of_group(b.qs, g, h);
        set_scales(b, g, at, out);
    }
};

struct Q5_K {
    using Block = BlockQ5_K;
    static constexpr std::size_t values = kSuperBlock;
    static constexpr bool has_min = true;
    static constexpr bool has_halves = false;
    static void unpack(const Block& b, std::size_t g, std::size_t at, Quad& out) {
        const uint8x16_t bit = vdupq_n_u8(static_cast<std::uint8_t>(1U << g));
        for (std::size_t h = 0; h < 2; ++h) {
            const uint8x16_t high = vandq_u8(vtstq_u8(vld1q_u8(b.qh + 16 * h), bit), vdupq_n_u8(16));
            out.q[2 * at + h] = vorrq_s8(nibbles_of_group(b.qs, g, h), vreinterpretq_s8_u8(high));
        }
        set_scales(b, g, at, out);
    }
};

struct Q6_K {
    using Block = BlockQ6_K;
    static constexpr std::size_t values = kSuperBlock;
    static constexpr bool has_min = false;
    static constexpr bool has_halves = true;
    static void unpack(const Block& b, std::size_t g, std::size_t at, Quad& out) {
        const std::size_t run = g % 4;
        const std::uint8_t* ql = b.ql + 64 * (g / 4) + 32 * (run % 2);
        const std::uint8_t* qh = b.qh + 32 * (g / 4);
        // The run's two bits, to the places of bits 4 and 5.
        const int8x16_t shift = vdupq_n_s8(static_cast<std::int8_t>(4 - 2 * static_cast<int>(run)));
        for (std::size_t h = 0; h < 2; ++h) {
            const uint8x16_t bytes = vld1q_u8(ql + 16 * h);
            const int8x16_t low = run < 2 ? low_nibbles(bytes) : high_nibbles(bytes);
            const uint8x16_t high = vandq_u8(vshlq_u8(vld1q_u8(qh + 16 * h), shift), vdupq_n_u8(48));
            out.q[2 * at + h] = vsubq_s8(vorrq_s8(low, vreinterpretq_s8_u8(high)), vdupq_n_s8(32));
            out.halves[2 * at + h] = b.scales[2 * g + h];
        }
        out.scale[at] = half(b.d);
    }
};

/// Groups first .. first + count of a weight row; what is missing of four counts nothing.
template <class Format>
void unpack(const std::byte* row, std::size_t first, std::size_t count, Quad& out) {
    constexpr std::size_t per_block = Format::values / 32;
    for (std::size_t at = 0; at < kGroups; ++at) {
        if (at >= count) {
            out.q[2 * at] = out.q[2 * at + 1] = vdupq_n_s8(0);
            out.scale[at] = out.min[at] = 0.0F;
            out.halves[2 * at] = out.halves[2 * at + 1] = 0;
            continue;
        }
        // Copied out, because a file does not align blocks; compilers leave the copy away.
        typename Format::Block block;
        const std::size_t group = first + at;
        std::memcpy(&block, row + group / per_block * sizeof(block), sizeof(block));
        Format::unpack(block, group % per_block, at, out);
    }
}

/// `count` numbers from `from` on, and zeros.
float32x4_t load_floats(const float* from, std::size_t count) {
    if (count >= kGroups) return vld1q_f32(from);
    float padded[kGroups] = {};
    for (std::size_t i = 0; i < count; ++i) padded[i] = from[i];
    return vld1q_f32(padded);
}

/// Adds four groups of the product with activation row i.
template <class Format>
float32x4_t add_quad(float32x4_t result, const Quad& w, const ActivationRows& x, std::size_t i,
                     std::size_t first, std::size_t count) {
    int32x4_t sums[kGroups];
    for (std::size_t at = 0; at < kGroups; ++at) {
        if (at >= count) {
            sums[at] = vdupq_n_s32(0);
            continue;
        }
        const std::int8_t* q = x.q + i * x.q_stride + 32 * (first + at);
        const int8x16_t low = vld1q_s8(q);
        const int8x16_t high = vld1q_s8(q + 16);
        if constexpr (Format::has_halves) {
            const int32x4_t first_half =
                vmulq_n_s32(dot16(vdupq_n_s32(0), w.q[2 * at], low), w.halves[2 * at]);
            sums[at] =
                vmlaq_n_s32(first_half, dot16(vdupq_n_s32(0), w.q[2 * at + 1], high), w.halves[2 * at + 1]);
        } else {
            sums[at] = dot16(dot16(vdupq_n_s32(0), w.q[2 * at], low), w.q[2 * at + 1], high);
        }
    }
    const int32x4_t totals = vpaddq_s32(vpaddq_s32(sums[0], sums[1]), vpaddq_s32(sums[2], sums[3]));
    const float32x4_t scales =
        vmulq_f32(vld1q_f32(w.scale), load_floats(x.scales + i * x.scales_stride + first, count));
    result = vfmaq_f32(result, vcvtq_f32_s32(totals), scales);
    if constexpr (Format::has_min) {
        result = vfmsq_f32(result, vld1q_f32(w.min),
                           load_floats(x.weighted_sums + i * x.weighted_sums_stride + first, count));
    }
    return result;
}

/// One weight row with `n` activation rows from i on.
template <class Format, std::size_t n>
void row_times(const std::byte* row, std::size_t groups, const ActivationRows& x, std::size_t i, float* y,
               std::size_t y_stride) {
    float32x4_t results[n];
    for (float32x4_t& result : results) result = vdupq_n_f32(0.0F);
    Quad w;
    for (std::size_t first = 0; first < groups; first += kGroups) {
        const std::size_t count = groups - first < kGroups ? groups - first : kGroups;
        unpack<Format>(row, first, count, w);
        for (std::size_t k = 0; k < n; ++k)
            results[k] = add_quad<Format>(results[k], w, x, i + k, first, count);
    }
    for (std::size_t k = 0; k < n; ++k) y[(i + k) * y_stride] = vaddvq_f32(results[k]);
}

template <class Format>
void matmul(const MatmulArgs& a) {
    const std::size_t groups = a.cols / 32;
    for (std::size_t r = 0; r < a.rows; ++r) {
        const std::byte* row = a.weights + r * a.weights_stride;
        std::size_t i = 0;
        for (; i + kTogether <= a.x.n; i += kTogether)
            row_times<Format, kTogether>(row, groups, a.x, i, a.y + r, a.y_stride);
        for (; i < a.x.n; ++i) row_times<Format, 1>(row, groups, a.x, i, a.y + r, a.y_stride);
    }
}

constexpr Product kProducts[] = {
    {DType::q8_0, matmul<Q8_0>}, {DType::q4_0, matmul<Q4_0>}, {DType::q4_k, matmul<Q4_K>},
    {DType::q5_k, matmul<Q5_K>}, {DType::q6_k, matmul<Q6_K>},
};

}  // namespace

const std::span<const Product> products = kProducts;

}  // namespace kinglet::kernels::KINGLET_KERNEL_SET
