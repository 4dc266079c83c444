// Small steps that the block formats share: fields of words whose lanes belong to eight rows. In an unnamed
// namespace for the reason that vector_math.h gives.
#pragma once

#include "inference/kernels/avx2/panel.h"

namespace kinglet::kernels::avx2 {
namespace {

KINGLET_INLINE __m256i low_nibbles(__m256i bytes) {
    return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}
KINGLET_INLINE __m256i high_nibbles(__m256i bytes) {
    return low_nibbles(_mm256_srli_epi16(bytes, 4));
}

/// The bits `mask` of each byte after a shift to the left (or, if negative, to the right) within words.
template <int shift, int mask>
KINGLET_INLINE __m256i bits(__m256i bytes) {
    if constexpr (shift > 0) bytes = _mm256_slli_epi16(bytes, shift);
    if constexpr (shift < 0) bytes = _mm256_srli_epi16(bytes, -shift);
    return _mm256_and_si256(bytes, _mm256_set1_epi8(mask));
}

/// Byte `index` of each lane as a number.
template <int index>
KINGLET_INLINE __m256i byte_of(__m256i words) {
    if constexpr (index == 3) return _mm256_srli_epi32(words, 24);
    return _mm256_and_si256(_mm256_srli_epi32(words, 8 * index), _mm256_set1_epi32(255));
}

/// Signed byte `index` of each lane, in both 16-bit halves of the lane.
template <int index>
KINGLET_INLINE __m256i signed_byte_twice(__m256i words) {
    const __m256i number = _mm256_srai_epi32(_mm256_slli_epi32(words, 24 - 8 * index), 24);
    return _mm256_blend_epi16(number, _mm256_slli_epi32(number, 16), 0xAA);
}

/// Two half-precision numbers a lane, parted.
struct TwoHalves {
    __m256 first;
    __m256 second;
};
KINGLET_INLINE TwoHalves two_halves(__m256i words) {
    const __m256i order = _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15,  //
                                           0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    const __m256i parted = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(words, order), 0xD8);
    return {_mm256_cvtph_ps(_mm256_castsi256_si128(parted)),
            _mm256_cvtph_ps(_mm256_extracti128_si256(parted, 1))};
}

/// The 32 values of 16 bytes that hold the first half in their low nibbles and the second in their high ones.
template <class Block>
KINGLET_INLINE void split_nibbles(const Block& block, std::size_t offset, __m256i q[8]) {
    __m256i bytes[4];
    block.words4(offset, bytes);
    unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
        q[i()] = low_nibbles(bytes[i()]);
        q[4 + i()] = high_nibbles(bytes[i()]);
    });
}

/// 32 bytes of each row, `offset` into the block.
template <class Block>
KINGLET_INLINE void words8(const Block& block, std::size_t offset, __m256i out[8]) {
    block.words4(offset, out);
    block.words4(offset + 16, out + 4);
}

/// Replaces nibbles by the levels of IQ4_NL.
KINGLET_INLINE __m256i levels_of(__m256i nibbles) {
    const __m256i levels =
        _mm256_setr_epi8(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,  //
                         -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
    return _mm256_shuffle_epi8(levels, nibbles);
}

}  // namespace
}  // namespace kinglet::kernels::avx2
