// The formats whose values are words of a table: how 32 successive values are read from a block, in the terms
// of formats.h.
#pragma once

#include "inference/kernels/grids.h"
#include "inference/kernels/scalar/formats.h"

namespace kinglet::kernels::scalar {

/// The bytes of a word as values.
template <class Word>
void spell(Word word, std::int8_t* q) {
    for (std::size_t i = 0; i < sizeof(Word); ++i) q[i] = static_cast<std::int8_t>((word >> (8 * i)) & 255);
}

/// Negates those of eight values whose bits are set.
inline void negate(unsigned signs, std::int8_t* q) {
    for (std::size_t i = 0; i < 8; ++i) {
        if (((signs >> i) & 1) != 0) q[i] = static_cast<std::int8_t>(-q[i]);
    }
}

/// Eight signs from the seven that are stored: the number of negative values is even.
inline unsigned whole_signs(unsigned seven) {
    const auto odd = static_cast<unsigned>(std::popcount(seven)) & 1;
    return seven | (odd << 7);
}

/// Four bytes as a little-endian number.
inline std::uint32_t word_at(const std::uint8_t* bytes) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) word |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
    return word;
}

/// 2 s + 1, from which these formats make their scales.
inline float odd(unsigned s) {
    return static_cast<float>(2 * s + 1);
}

/// The i-th nibble, low ones first.
inline unsigned nibble(const std::uint8_t* bytes, std::size_t i) {
    return (bytes[i / 2] >> (4 * (i % 2))) & 15U;
}

struct IQ2_XXS {
    using Block = BlockIQ2_XXS;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        const std::uint8_t* qs = b.qs + 8 * g;
        const std::uint32_t tail = word_at(qs + 4);
        for (std::size_t i = 0; i < 4; ++i) {
            spell(kGridIQ2_XXS.words[qs[i]], out.q + 8 * i);
            negate(whole_signs((tail >> (7 * i)) & 127), out.q + 8 * i);
        }
        out.set_scale(half_to_float(b.d) * 0.125F * odd(tail >> 28));
        out.set_min(0.0F);
    }
};

struct IQ2_XS {
    using Block = BlockIQ2_XS;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned word = b.qs[4 * g + i];
            spell(kGridIQ2_XS.words[word & 511], out.q + 8 * i);
            negate(whole_signs(word >> 9), out.q + 8 * i);
        }
        for (std::size_t h = 0; h < 2; ++h) {
            out.scale[h] = half_to_float(b.d) * 0.125F * odd(nibble(b.scales, 2 * g + h));
        }
        out.set_min(0.0F);
    }
};

struct IQ2_S {
    using Block = BlockIQ2_S;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned high = (b.qh[g] >> (2 * i)) & 3U;
            spell(kGridIQ2_S.words[b.qs[4 * g + i] | (high << 8)], out.q + 8 * i);
            negate(b.signs[4 * g + i], out.q + 8 * i);
        }
        for (std::size_t h = 0; h < 2; ++h) {
            out.scale[h] = half_to_float(b.d) * 0.125F * odd(nibble(b.scales, 2 * g + h));
        }
        out.set_min(0.0F);
    }
};

struct IQ3_XXS {
    using Block = BlockIQ3_XXS;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        const std::uint32_t tail = word_at(b.tails + 4 * g);
        for (std::size_t i = 0; i < 8; ++i) spell(kGridIQ3_XXS.words[b.qs[8 * g + i]], out.q + 4 * i);
        for (std::size_t i = 0; i < 4; ++i) negate(whole_signs((tail >> (7 * i)) & 127), out.q + 8 * i);
        out.set_scale(half_to_float(b.d) * 0.25F * odd(tail >> 28));
        out.set_min(0.0F);
    }
};

struct IQ3_S {
    using Block = BlockIQ3_S;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        for (std::size_t i = 0; i < 8; ++i) {
            const unsigned high = (b.qh[g] >> i) & 1U;
            spell(kGridIQ3_S.words[b.qs[8 * g + i] | (high << 8)], out.q + 4 * i);
        }
        for (std::size_t i = 0; i < 4; ++i) negate(b.signs[4 * g + i], out.q + 8 * i);
        out.set_scale(half_to_float(b.d) * odd(nibble(b.scales, g)));
        out.set_min(0.0F);
    }
};

/// Eight values of IQ1_S and IQ1_M in eighths: a word's values a little above or below.
inline void spell_shifted(unsigned number, bool below, std::int8_t* q) {
    spell(kGridIQ1.words[number], q);
    for (std::size_t i = 0; i < 8; ++i) q[i] = static_cast<std::int8_t>(q[i] + (below ? -1 : 1));
}

struct IQ1_S {
    using Block = BlockIQ1_S;
    static constexpr std::size_t values = 256;
    static void group(const Block& b, std::size_t g, Group& out) {
        const unsigned head = b.qh[g];
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned high = (head >> (3 * i)) & 7;
            spell_shifted(b.qs[4 * g + i] | (high << 8), (head >> 15) != 0, out.q + 8 * i);
        }
        out.set_scale(half_to_float(b.d) * 0.125F * odd((head >> 12) & 7));
        out.set_min(0.0F);
    }
};

struct IQ1_M {
    using Block = BlockIQ1_M;
    static constexpr std::size_t values = 256;
    static std::uint16_t scale_bits(const Block& b) {
        unsigned bits = 0;
        for (std::size_t i = 0; i < 4; ++i) bits |= (b.scales[i] >> 12U) << (4 * i);
        return static_cast<std::uint16_t>(bits);
    }
    static void group(const Block& b, std::size_t g, Group& out) {
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned head = nibble(b.qh, 4 * g + i);
            spell_shifted(b.qs[4 * g + i] | ((head & 7) << 8), (head & 8) != 0, out.q + 8 * i);
        }
        const float d = half_to_float(scale_bits(b)) * 0.125F;
        for (std::size_t h = 0; h < 2; ++h) {
            out.scale[h] = d * odd((b.scales[g / 2] >> (6 * (g % 2) + 3 * h)) & 7U);
        }
        out.set_min(0.0F);
    }
};

}  // namespace kinglet::kernels::scalar
