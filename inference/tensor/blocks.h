// How quantized blocks lie in memory, as the GGUF format defines it. All are little-endian and unpadded;
// half-precision fields are kept as their bit patterns. In the comments q is the stored integer of a value.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kinglet {

/// Values in one block of a K-quant.
inline constexpr std::size_t kSuperBlock = 256;

/// 32 values of 4 bits: value = d * (q - 8). Low nibbles hold values 0..15, high nibbles 16..31.
struct BlockQ4_0 {
    std::uint16_t d;
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockQ4_0) == 18);

/// 32 values of 4 bits: value = d * q + m. Nibbles as in Q4_0.
struct BlockQ4_1 {
    std::uint16_t d;
    std::uint16_t m;
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockQ4_1) == 20);

/// 32 values of 5 bits: value = d * (q - 16). Nibbles as in Q4_0; bit i of qh is the fifth bit of value i.
struct BlockQ5_0 {
    std::uint16_t d;
    std::uint8_t qh[4];
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockQ5_0) == 22);

/// 32 values of 5 bits: value = d * q + m. Bits as in Q5_0.
struct BlockQ5_1 {
    std::uint16_t d;
    std::uint16_t m;
    std::uint8_t qh[4];
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockQ5_1) == 24);

/// 32 values of 8 bits: value = d * q.
struct BlockQ8_0 {
    std::uint16_t d;
    std::int8_t qs[32];
};
static_assert(sizeof(BlockQ8_0) == 34);

/// 256 values of 2 bits in 16 groups of 16: value = d * (scales[g] & 15) * q - dmin * (scales[g] >> 4). Each
/// byte of qs holds the same place of four successive runs of 32 values, the first in its lowest bits.
struct BlockQ2_K {
    std::uint8_t scales[16];
    std::uint8_t qs[64];
    std::uint16_t d;
    std::uint16_t dmin;
};
static_assert(sizeof(BlockQ2_K) == 84);

/// 256 values of 3 bits in 16 groups of 16: value = d * (scale[g] - 32) * (q - 4). qs has the low 2 bits as
/// in Q2_K, bit r of hmask[i] is the third bit of value i of the r-th run of 32. The 6-bit scales share 12
/// bytes.
struct BlockQ3_K {
    std::uint8_t hmask[32];
    std::uint8_t qs[64];
    std::uint8_t scales[12];
    std::uint16_t d;
};
static_assert(sizeof(BlockQ3_K) == 110);

/// 256 values of 4 bits in 8 groups of 32: value = d * scale[g] * q - dmin * min[g]. The 6-bit scales and
/// minima share 12 bytes; qs holds groups in pairs, the even group in the low nibbles of 32 bytes.
struct BlockQ4_K {
    std::uint16_t d;
    std::uint16_t dmin;
    std::uint8_t scales[12];
    std::uint8_t qs[128];
};
static_assert(sizeof(BlockQ4_K) == 144);

/// 256 values of 5 bits, as Q4_K with bit g of qh[i] the fifth bit of value i of group g.
struct BlockQ5_K {
    std::uint16_t d;
    std::uint16_t dmin;
    std::uint8_t scales[12];
    std::uint8_t qh[32];
    std::uint8_t qs[128];
};
static_assert(sizeof(BlockQ5_K) == 176);

/// 256 values of 6 bits in 16 groups of 16: value = d * scales[g] * (q - 32). Of each half of 128 values, 64
/// bytes of ql hold the low 4 bits (runs 0 and 1 of 32 in the low nibbles, 2 and 3 in the high ones) and 32
/// bytes of qh the upper 2 bits of the four runs, the first in the lowest bits.
struct BlockQ6_K {
    std::uint8_t ql[128];
    std::uint8_t qh[64];
    std::int8_t scales[16];
    std::uint16_t d;
};
static_assert(sizeof(BlockQ6_K) == 210);

/// 32 values of 4 bits that index a table of 16 levels: value = d * level[q]. Nibbles as in Q4_0.
struct BlockIQ4_NL {
    std::uint16_t d;
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockIQ4_NL) == 18);

/// 256 values in 8 groups of 32: value = d * (scale[g] - 32) * level[q] with the levels of IQ4_NL. A scale's
/// low 4 bits are a nibble of scales_l, its upper 2 lie in scales_h; each group has 16 bytes of qs, nibbles
/// as in Q4_0.
struct BlockIQ4_XS {
    std::uint16_t d;
    std::uint16_t scales_h;
    std::uint8_t scales_l[4];
    std::uint8_t qs[128];
};
static_assert(sizeof(BlockIQ4_XS) == 136);

/// 256 values of -1, 0 or 1 times d. A byte holds five of them as base-3 digits of a fraction byte / 256,
/// most significant first: digit n of 32 bytes are 32 successive values, then the same with 16 bytes; qh has
/// four digits.
struct BlockTQ1_0 {
    std::uint8_t qs[48];
    std::uint8_t qh[4];
    std::uint16_t d;
};
static_assert(sizeof(BlockTQ1_0) == 54);

/// 256 values of 2 bits: value = d * (q - 1), bits as in Q2_K.
struct BlockTQ2_0 {
    std::uint8_t qs[64];
    std::uint16_t d;
};
static_assert(sizeof(BlockTQ2_0) == 66);

/// 32 values of the OCP microscaling format: value = 2^(e - 127) * E2M1 number. Nibbles as in Q4_0.
struct BlockMXFP4 {
    std::uint8_t e;
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockMXFP4) == 17);

// The formats below store values in groups of eight (or four) that are words of a table (inference/kernels/
// grids.h), by their number there, and signs apart. A "set of signs" has bit i for value i of eight, set
// where it is negative; squeezed into 7 bits, it lacks the last, which makes the number of negative ones
// even.

/// 256 values in 8 groups of 32, each with 8 bytes of qs: four numbers of words of eight magnitudes (8 bits),
/// then a little-endian word of four squeezed sets of signs and, on top, 4 bits s: value = d * (2 s + 1) / 8
/// * magnitude.
struct BlockIQ2_XXS {
    std::uint16_t d;
    std::uint8_t qs[64];
};
static_assert(sizeof(BlockIQ2_XXS) == 66);

/// 256 values in 16 groups of 16: each qs has the number of a word of eight magnitudes in its low 9 bits and
/// a squeezed set of signs in the upper 7; a nibble s of scales is that of a group, value as in IQ2_XXS.
struct BlockIQ2_XS {
    std::uint16_t d;
    std::uint16_t qs[32];
    std::uint8_t scales[8];
};
static_assert(sizeof(BlockIQ2_XS) == 74);

/// As IQ2_XS with numbers of 10 bits, the upper two of four successive words in a byte of qh, and a whole set
/// of signs for each word.
struct BlockIQ2_S {
    std::uint16_t d;
    std::uint8_t qs[32];
    std::uint8_t signs[32];
    std::uint8_t qh[8];
    std::uint8_t scales[8];
};
static_assert(sizeof(BlockIQ2_S) == 82);

/// 256 values in 8 groups of 32: eight numbers of words of four magnitudes each; tails has for each group
/// what ends a group of IQ2_XXS: value = d * (2 s + 1) / 4 * magnitude.
struct BlockIQ3_XXS {
    std::uint16_t d;
    std::uint8_t qs[64];
    std::uint8_t tails[32];
};
static_assert(sizeof(BlockIQ3_XXS) == 98);

/// 256 values in 8 groups of 32: eight numbers of words of four magnitudes each, the ninth bits of a group's
/// in a byte of qh, a whole set of signs for each eight values, and a nibble s of scales for each group:
/// value = d * (2 s + 1) * magnitude.
struct BlockIQ3_S {
    std::uint16_t d;
    std::uint8_t qs[64];
    std::uint8_t qh[8];
    std::uint8_t signs[32];
    std::uint8_t scales[4];
};
static_assert(sizeof(BlockIQ3_S) == 110);

/// 256 values in 8 groups of 32: four numbers of words of eight values (-1, 0, 1), whose upper 3 bits are in
/// a qh, the first in its lowest bits; then 3 bits s and a bit t: value = d * (2 s + 1) * (word's value + (t
/// ? -1/8 : 1/8)).
struct BlockIQ1_S {
    std::uint16_t d;
    std::uint8_t qs[32];
    std::uint16_t qh[8];
};
static_assert(sizeof(BlockIQ1_S) == 50);

/// As IQ1_S, with a nibble of qh (3 upper bits and t) for each word, and 3 bits s for each 16 values, four to
/// a 16-bit word of scales, whose upper nibbles together are d, the lowest first.
struct BlockIQ1_M {
    std::uint8_t qs[32];
    std::uint8_t qh[16];
    std::uint16_t scales[4];
};
static_assert(sizeof(BlockIQ1_M) == 56);

}  // namespace kinglet
