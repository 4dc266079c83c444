// Small steps that the block formats share: fields of words whose lanes belong to rows.
#pragma once

#include "inference/kernels/x86/panel.h"

namespace kinglet::kernels::x86 {
namespace {

KINGLET_INLINE Ints low_nibbles(Ints bytes) {
    return bit_and(bytes, all8(15));
}
KINGLET_INLINE Ints high_nibbles(Ints bytes) {
    return low_nibbles(right16<4>(bytes));
}

/// The bits `mask` of each byte after a shift to the left (or, if negative, to the right) within words.
template <int shift, int mask>
KINGLET_INLINE Ints bits(Ints bytes) {
    if constexpr (shift > 0) bytes = left16<shift>(bytes);
    if constexpr (shift < 0) bytes = right16<-shift>(bytes);
    return bit_and(bytes, all8(mask));
}

/// Byte `index` of each lane as a number.
template <int index>
KINGLET_INLINE Ints byte_of(Ints words) {
    if constexpr (index == 3) return right32<24>(words);
    return bit_and(right32<8 * index>(words), all32(255));
}

/// Signed byte `index` of each lane as the scale of 16 values: Sums multiplies 32-bit sums by it, or pairs of
/// 16 bits, and then it is in both halves of the lane.
template <int index>
KINGLET_INLINE Ints factor_of_byte(Ints words) {
    const Ints number = signed_right32<24>(left32<24 - 8 * index>(words));
    return kVnni ? number : blend16(number, left32<16>(number));
}

/// Two such scales of a lane in its two halves.
KINGLET_INLINE Ints both_factors(Ints first, Ints second) {
    return blend16(first, kVnni ? left32<16>(second) : second);
}

/// The 32 values of 16 bytes that hold the first half in their low nibbles and the second in their high ones.
template <class Block>
KINGLET_INLINE void split_nibbles(const Block& block, std::size_t offset, Ints q[8]) {
    Ints bytes[4];
    block.words4(offset, bytes);
    unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
        q[i()] = low_nibbles(bytes[i()]);
        q[4 + i()] = high_nibbles(bytes[i()]);
    });
}

/// 32 bytes of each row, `offset` into the block.
template <class Block>
KINGLET_INLINE void words8(const Block& block, std::size_t offset, Ints out[8]) {
    block.words4(offset, out);
    block.words4(offset + 16, out + 4);
}

/// Replaces nibbles by the levels of IQ4_NL.
KINGLET_INLINE Ints levels_of(Ints nibbles) {
    const Ints levels =
        repeated(_mm_setr_epi8(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113));
    return look_up8(levels, nibbles);
}

}  // namespace
}  // namespace kinglet::kernels::x86
