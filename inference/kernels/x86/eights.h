// What vectors of eight floats and of sixteen both need: steps that take eight rows or lanes at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "inference/kernels/x86/intrinsics.h"
#include "inference/kernels/x86/unrolled.h"

namespace kinglet::kernels::x86 {
namespace {

/// The 32-bit words at p, p + stride, ... p + 7 * stride.
KINGLET_INLINE __m256i eight_words(const std::uint8_t* p, std::size_t stride) {
    const auto at = [p, stride](std::size_t row) {
        int word;
        __builtin_memcpy(&word, p + row * stride, 4);
        return word;
    };
    return _mm256_setr_epi32(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
}

/// The same for 16-bit words.
KINGLET_INLINE __m128i eight_halves(const std::uint8_t* p, std::size_t stride) {
    const auto at = [p, stride](std::size_t row) {
        short half;
        __builtin_memcpy(&half, p + row * stride, 2);
        return half;
    };
    return _mm_setr_epi16(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
}

KINGLET_INLINE __m128i load16(const void* p) {
    return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
KINGLET_INLINE __m256i load32(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}

/// Two halves of a vector, one after the other.
KINGLET_INLINE __m256i joined(__m128i low, __m128i high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/// Sum of all lanes.
KINGLET_INLINE float sum_of(__m256 v) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

}  // namespace
}  // namespace kinglet::kernels::x86
