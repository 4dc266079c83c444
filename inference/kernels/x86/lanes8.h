// Eight lanes: AVX2, and AVX-VNNI where the file is compiled for it. Names say what happens to each lane; a
// number is the width in bits of the parts that are worked on.
#pragma once

#include "inference/kernels/x86/eights.h"

namespace kinglet::kernels::x86 {
namespace {

using Ints = __m256i;
using Floats = __m256;
constexpr int kLanes = 8;

/// Activation rows whose sums are kept in registers together.
constexpr int kTogether = 4;

KINGLET_INLINE Ints zero_ints() {
    return _mm256_setzero_si256();
}
KINGLET_INLINE Ints all8(int value) {
    return _mm256_set1_epi8(static_cast<char>(value));
}
KINGLET_INLINE Ints all16(int value) {
    return _mm256_set1_epi16(static_cast<short>(value));
}
KINGLET_INLINE Ints all32(int value) {
    return _mm256_set1_epi32(value);
}
/// 16 bytes again and again.
KINGLET_INLINE Ints repeated(__m128i bytes) {
    return _mm256_broadcastsi128_si256(bytes);
}

/// Words, and half-precision numbers, one from each row of bytes, `stride` apart.
KINGLET_INLINE Ints words_of_rows(const std::uint8_t* p, std::size_t stride) {
    return eight_words(p, stride);
}
KINGLET_INLINE Floats halves_of_rows(const std::uint8_t* p, std::size_t stride) {
    return _mm256_cvtph_ps(eight_halves(p, stride));
}
/// 16 bytes of every fourth row.
KINGLET_INLINE Ints every_fourth_row(const std::uint8_t* p, std::size_t stride) {
    return joined(load16(p), load16(p + 4 * stride));
}
/// Words, and half-precision numbers, of the packed layout. A vector is one panel; wider ones take the next
/// from `next` bytes further.
KINGLET_INLINE Ints words_of_panels(const std::uint8_t* p, std::size_t) {
    return load32(p);
}
KINGLET_INLINE Floats halves_of_panels(const std::uint8_t* p, std::size_t) {
    return _mm256_cvtph_ps(load16(p));
}

KINGLET_INLINE Ints low_words(Ints a, Ints b) {
    return _mm256_unpacklo_epi32(a, b);
}
KINGLET_INLINE Ints high_words(Ints a, Ints b) {
    return _mm256_unpackhi_epi32(a, b);
}
KINGLET_INLINE Ints low_pairs(Ints a, Ints b) {
    return _mm256_unpacklo_epi64(a, b);
}
KINGLET_INLINE Ints high_pairs(Ints a, Ints b) {
    return _mm256_unpackhi_epi64(a, b);
}

KINGLET_INLINE Ints bit_and(Ints a, Ints b) {
    return _mm256_and_si256(a, b);
}
KINGLET_INLINE Ints bit_or(Ints a, Ints b) {
    return _mm256_or_si256(a, b);
}
KINGLET_INLINE Ints bit_xor(Ints a, Ints b) {
    return _mm256_xor_si256(a, b);
}
template <int bits>
KINGLET_INLINE Ints left16(Ints v) {
    return _mm256_slli_epi16(v, bits);
}
template <int bits>
KINGLET_INLINE Ints right16(Ints v) {
    return _mm256_srli_epi16(v, bits);
}
template <int bits>
KINGLET_INLINE Ints left32(Ints v) {
    return _mm256_slli_epi32(v, bits);
}
template <int bits>
KINGLET_INLINE Ints right32(Ints v) {
    return _mm256_srli_epi32(v, bits);
}
template <int bits>
KINGLET_INLINE Ints signed_right32(Ints v) {
    return _mm256_srai_epi32(v, bits);
}

/// Has this sum computed here: compilers gather additions that belong together, and then what is to be added
/// waits in memory, because there are not registers enough for it.
KINGLET_INLINE void computed(Ints& sum) {
#if defined(KINGLET_EMULATED)
    (void)sum;
#else
    __asm__("" : "+x"(sum));
#endif
}

KINGLET_INLINE Ints add16(Ints a, Ints b) {
    return _mm256_add_epi16(a, b);
}
KINGLET_INLINE Ints add32(Ints a, Ints b) {
    return _mm256_add_epi32(a, b);
}
KINGLET_INLINE Ints sub8(Ints a, Ints b) {
    return _mm256_sub_epi8(a, b);
}
KINGLET_INLINE Ints sub32(Ints a, Ints b) {
    return _mm256_sub_epi32(a, b);
}
KINGLET_INLINE Ints mul16(Ints a, Ints b) {
    return _mm256_mullo_epi16(a, b);
}
KINGLET_INLINE Ints mul32(Ints a, Ints b) {
    return _mm256_mullo_epi32(a, b);
}
/// Unsigned bytes times signed ones, neighbours added to 16 bits.
KINGLET_INLINE Ints add_pairs8(Ints bytes, Ints signed_bytes) {
    return _mm256_maddubs_epi16(bytes, signed_bytes);
}
/// Signed 16 bits times signed 16 bits, neighbours added to 32 bits.
KINGLET_INLINE Ints add_pairs16(Ints a, Ints b) {
    return _mm256_madd_epi16(a, b);
}
KINGLET_INLINE Ints magnitudes8(Ints v) {
    return _mm256_abs_epi8(v);
}
/// Bytes of v, negated where those of `signs` are negative; any value where those are 0.
KINGLET_INLINE Ints with_signs8(Ints v, Ints signs) {
    return _mm256_sign_epi8(v, signs);
}
#if KINGLET_VNNI
/// sum + unsigned bytes times signed ones, four a lane.
KINGLET_INLINE Ints add_products8(Ints sum, Ints bytes, Ints signed_bytes) {
    return _mm256_dpbusd_avx_epi32(sum, bytes, signed_bytes);
}
#endif

/// The lower 16 bits of each lane of `low` below the upper ones of `high`.
KINGLET_INLINE Ints blend16(Ints low, Ints high) {
    return _mm256_blend_epi16(low, high, 0xAA);
}
/// Within each 16 bytes, the byte that `index` numbers.
KINGLET_INLINE Ints look_up8(Ints table, Ints index) {
    return _mm256_shuffle_epi8(table, index);
}
/// `value` in each byte that has the one bit of `own`, else 0.
KINGLET_INLINE Ints where_bit8(Ints v, Ints own, int value) {
    return bit_and(_mm256_cmpeq_epi8(bit_and(v, own), own), all8(value));
}

KINGLET_INLINE Floats zero_floats() {
    return _mm256_setzero_ps();
}
KINGLET_INLINE Floats all_floats(const float* value) {
    return _mm256_broadcast_ss(value);
}
KINGLET_INLINE Floats load_floats(const float* p) {
    return _mm256_loadu_ps(p);
}
KINGLET_INLINE Floats load_floats(const std::uint16_t* halves) {
    return _mm256_cvtph_ps(load16(halves));
}
KINGLET_INLINE Floats load_brain_floats(const std::uint16_t* p) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load16(p)), 16));
}
KINGLET_INLINE void store_floats(float* p, Floats v) {
    _mm256_storeu_ps(p, v);
}
KINGLET_INLINE Floats to_floats(Ints v) {
    return _mm256_cvtepi32_ps(v);
}
KINGLET_INLINE Floats sub(Floats a, Floats b) {
    return _mm256_sub_ps(a, b);
}
KINGLET_INLINE Floats mul(Floats a, Floats b) {
    return _mm256_mul_ps(a, b);
}
KINGLET_INLINE Floats fmadd(Floats a, Floats b, Floats sum) {
    return _mm256_fmadd_ps(a, b, sum);
}
KINGLET_INLINE Floats fnmadd(Floats a, Floats b, Floats sum) {
    return _mm256_fnmadd_ps(a, b, sum);
}

/// Two half-precision numbers a lane, parted.
struct TwoHalves {
    Floats first;
    Floats second;
};
KINGLET_INLINE TwoHalves two_halves(Ints words) {
    const Ints order = repeated(_mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15));
    const Ints parted = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(words, order), 0xD8);
    return {_mm256_cvtph_ps(_mm256_castsi256_si128(parted)),
            _mm256_cvtph_ps(_mm256_extracti128_si256(parted, 1))};
}

}  // namespace
}  // namespace kinglet::kernels::x86
