// What each quantized format means, as plain as can be: how 32 successive values are read from a block.
// Everything in the scalar table is derived from these, and the other tables are tested against it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "inference/kernels/half.h"
#include "inference/tensor/blocks.h"

namespace kinglet::kernels::scalar {

/// 32 values: value[i] = scale[i / 16] * q[i] - min[i / 16].
struct Group {
    std::int8_t q[32];
    float scale[2];
    float min[2];

    void set_scale(float s) { scale[0] = scale[1] = s; }
    void set_min(float m) { min[0] = min[1] = m; }
};

/// The i-th nibble of 32 in the order that the formats of 32 values share.
inline int split_nibble(const std::uint8_t* qs, std::size_t i) {
    return i < 16 ? qs[i] & 15 : qs[i - 16] >> 4;
}

/// The i-th of 32 high bits.
inline int high_bit(const std::uint8_t* qh, std::size_t i) {
    return (qh[i / 8] >> (i % 8)) & 1;
}

/// The 2-bit value i of run g of 32, as Q2_K, Q3_K and TQ2_0 store them.
inline int crumb(const std::uint8_t* qs, std::size_t g, std::size_t i) {
    return (qs[32 * (g / 4) + i] >> (2 * (g % 4))) & 3;
}

/// The levels of IQ4_NL and IQ4_XS.
inline constexpr std::int8_t kLevels[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                            1,    13,   25,  38,  53,  69,  89,  113};

/// Twice the sixteen E2M1 numbers.
inline constexpr std::int8_t kTwiceE2M1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

struct Q4_0 {
    using Block = BlockQ4_0;
    static constexpr std::size_t values = 32;
    static void group(const Block& b, std::size_t, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) out.q[i] = static_cast<std::int8_t>(split_nibble(b.qs, i) - 8);
        out.set_scale(half_to_float(b.d));
        out.set_min(0.0F);
    }
};

struct Q4_1 {
    using Block = BlockQ4_1;
    static constexpr std::size_t values = 32;
    static void group(const Block& b, std::size_t, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) out.q[i] = static_cast<std::int8_t>(split_nibble(b.qs, i));
        out.set_scale(half_to_float(b.d));
        out.set_min(-half_to_float(b.m));
    }
};

struct Q5_0 {
    using Block = BlockQ5_0;
    static constexpr std::size_t values = 32;
    static void group(const Block& b, std::size_t, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) {
            out.q[i] = static_cast<std::int8_t>((split_nibble(b.qs, i) | (high_bit(b.qh, i) << 4)) - 16);
        }
        out.set_scale(half_to_float(b.d));
        out.set_min(0.0F);
    }
};

struct Q5_1 {
    using Block = BlockQ5_1;
    static constexpr std::size_t values = 32;
    static void group(const Block& b, std::size_t, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) {
            out.q[i] = static_cast<std::int8_t>(split_nibble(b.qs, i) | (high_bit(b.qh, i) << 4));
        }
        out.set_scale(half_to_float(b.d));
        out.set_min(-half_to_float(b.m));
    }
};

struct Q8_0 {
    using Block = BlockQ8_0;
    static constexpr std::size_t values = 32;
    static void group(const Block& b, std::size_t, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) out.q[i] = b.qs[i];
        out.set_scale(half_to_float(b.d));
        out.set_min(0.0F);
    }
};

struct Q2_K {
    using Block = BlockQ2_K;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) out.q[i] = static_cast<std::int8_t>(crumb(b.qs, g, i));
        for (std::size_t h = 0; h < 2; ++h) {
            const std::uint8_t packed = b.scales[2 * g + h];
            out.scale[h] = half_to_float(b.d) * static_cast<float>(packed & 15);
            out.min[h] = half_to_float(b.dmin) * static_cast<float>(packed >> 4);
        }
    }
};

struct Q3_K {
    using Block = BlockQ3_K;
    static constexpr std::size_t values = 256;
    /// The 6-bit scale of 16 values, without its offset.
    static int scale(const Block& b, std::size_t i) {
        const int low = i < 8 ? b.scales[i] & 15 : b.scales[i - 8] >> 4;
        const int high = (b.scales[8 + i % 4] >> (2 * (i / 4))) & 3;
        return low | (high << 4);
    }
    static void group(const Block& b, std::size_t g, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) {
            const int high = (b.hmask[i] >> g) & 1;
            out.q[i] = static_cast<std::int8_t>((crumb(b.qs, g, i) | (high << 2)) - 4);
        }
        for (std::size_t h = 0; h < 2; ++h) {
            out.scale[h] = half_to_float(b.d) * static_cast<float>(scale(b, 2 * g + h) - 32);
        }
        out.set_min(0.0F);
    }
};

/// The 6-bit scale and minimum of group g that Q4_K and Q5_K squeeze into 12 bytes.
struct ScaleAndMin {
    int scale;
    int min;
};
inline ScaleAndMin scale_and_min(const std::uint8_t* packed, std::size_t g) {
    if (g < 4) return {packed[g] & 63, packed[g + 4] & 63};
    return {(packed[g + 4] & 15) | ((packed[g - 4] >> 6) << 4),
            (packed[g + 4] >> 4) | ((packed[g] >> 6) << 4)};
}

struct Q4_K {
    using Block = BlockQ4_K;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        const std::uint8_t* qs = b.qs + 32 * (g / 2);
        for (std::size_t i = 0; i < 32; ++i)
            out.q[i] = static_cast<std::int8_t>((qs[i] >> (4 * (g % 2))) & 15);
        const ScaleAndMin s = scale_and_min(b.scales, g);
        out.set_scale(half_to_float(b.d) * static_cast<float>(s.scale));
        out.set_min(half_to_float(b.dmin) * static_cast<float>(s.min));
    }
};

struct Q5_K {
    using Block = BlockQ5_K;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        const std::uint8_t* qs = b.qs + 32 * (g / 2);
        for (std::size_t i = 0; i < 32; ++i) {
            const int high = (b.qh[i] >> g) & 1;
            out.q[i] = static_cast<std::int8_t>(((qs[i] >> (4 * (g % 2))) & 15) | (high << 4));
        }
        const ScaleAndMin s = scale_and_min(b.scales, g);
        out.set_scale(half_to_float(b.d) * static_cast<float>(s.scale));
        out.set_min(half_to_float(b.dmin) * static_cast<float>(s.min));
    }
};

struct Q6_K {
    using Block = BlockQ6_K;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        const std::size_t run = g % 4;
        const std::uint8_t* ql = b.ql + 64 * (g / 4) + 32 * (run % 2);
        const std::uint8_t* qh = b.qh + 32 * (g / 4);
        for (std::size_t i = 0; i < 32; ++i) {
            const int low = (ql[i] >> (4 * (run / 2))) & 15;
            const int high = (qh[i] >> (2 * run)) & 3;
            out.q[i] = static_cast<std::int8_t>((low | (high << 4)) - 32);
        }
        for (std::size_t h = 0; h < 2; ++h)
            out.scale[h] = half_to_float(b.d) * static_cast<float>(b.scales[2 * g + h]);
        out.set_min(0.0F);
    }
};

struct IQ4_NL {
    using Block = BlockIQ4_NL;
    static constexpr std::size_t values = 32;
    static void group(const Block& b, std::size_t, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) out.q[i] = kLevels[split_nibble(b.qs, i)];
        out.set_scale(half_to_float(b.d));
        out.set_min(0.0F);
    }
};

struct IQ4_XS {
    using Block = BlockIQ4_XS;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        const std::uint8_t* qs = b.qs + 16 * g;
        for (std::size_t i = 0; i < 32; ++i) out.q[i] = kLevels[split_nibble(qs, i)];
        const int low = (b.scales_l[g / 2] >> (4 * (g % 2))) & 15;
        const int high = (b.scales_h >> (2 * g)) & 3;
        out.set_scale(half_to_float(b.d) * static_cast<float>((low | (high << 4)) - 32));
        out.set_min(0.0F);
    }
};

struct TQ1_0 {
    using Block = BlockTQ1_0;
    static constexpr std::size_t values = 256;
    /// Base-3 digit n of a byte: multiply the fraction by 3^n, drop what is whole, and the next digit leads.
    static int trit(std::uint8_t byte, std::size_t n) {
        constexpr std::uint8_t powers[5] = {1, 3, 9, 27, 81};
        const auto rest = static_cast<std::uint8_t>(byte * powers[n]);
        return ((rest * 3) >> 8) - 1;
    }
    static void group(const Block& b, std::size_t g, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) {
            const std::size_t at = 32 * g + i;
            int value = 0;
            if (at < 160) {
                value = trit(b.qs[at % 32], at / 32);
            } else if (at < 240) {
                value = trit(b.qs[32 + (at - 160) % 16], (at - 160) / 16);
            } else {
                value = trit(b.qh[(at - 240) % 4], (at - 240) / 4);
            }
            out.q[i] = static_cast<std::int8_t>(value);
        }
        out.set_scale(half_to_float(b.d));
        out.set_min(0.0F);
    }
};

struct TQ2_0 {
    using Block = BlockTQ2_0;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) out.q[i] = static_cast<std::int8_t>(crumb(b.qs, g, i) - 1);
        out.set_scale(half_to_float(b.d));
        out.set_min(0.0F);
    }
};

struct MXFP4 {
    using Block = BlockMXFP4;
    static constexpr std::size_t values = 32;
    static void group(const Block& b, std::size_t, Group& out) {
        for (std::size_t i = 0; i < 32; ++i) out.q[i] = kTwiceE2M1[split_nibble(b.qs, i)];
        // 2^(e - 128), the half for the doubled numbers; the two smallest are subnormal floats.
        const std::uint32_t bits = b.e < 2 ? 0x00200000U << b.e : static_cast<std::uint32_t>(b.e - 1) << 23;
        out.set_scale(std::bit_cast<float>(bits));
        out.set_min(0.0F);
    }
};

}  // namespace kinglet::kernels::scalar
