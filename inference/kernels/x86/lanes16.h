// Sixteen lanes: AVX-512 F, BW, VL and DQ, and VNNI where the file is compiled for it. The functions are
// those of lanes8.h, where they are explained.
#pragma once

#include "inference/kernels/x86/eights.h"

namespace kinglet::kernels::x86 {
namespace {

using Ints = __m512i;
using Floats = __m512;
constexpr int kLanes = 16;

constexpr int kTogether = 8;

KINGLET_INLINE Ints zero_ints() {
    return _mm512_setzero_si512();
}
KINGLET_INLINE Ints all8(int value) {
    return _mm512_set1_epi8(static_cast<char>(value));
}
KINGLET_INLINE Ints all16(int value) {
    return _mm512_set1_epi16(static_cast<short>(value));
}
KINGLET_INLINE Ints all32(int value) {
    return _mm512_set1_epi32(value);
}
KINGLET_INLINE Ints repeated(__m128i bytes) {
    return _mm512_broadcast_i32x4(bytes);
}

KINGLET_INLINE Ints joined(__m256i low, __m256i high) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}
KINGLET_INLINE Ints words_of_rows(const std::uint8_t* p, std::size_t stride) {
    return joined(eight_words(p, stride), eight_words(p + 8 * stride, stride));
}
KINGLET_INLINE Floats halves_of_rows(const std::uint8_t* p, std::size_t stride) {
    return _mm512_cvtph_ps(joined(eight_halves(p, stride), eight_halves(p + 8 * stride, stride)));
}
KINGLET_INLINE Ints every_fourth_row(const std::uint8_t* p, std::size_t stride) {
    return joined(joined(load16(p), load16(p + 4 * stride)),
                  joined(load16(p + 8 * stride), load16(p + 12 * stride)));
}
KINGLET_INLINE Ints words_of_panels(const std::uint8_t* p, std::size_t next) {
    return joined(load32(p), load32(p + next));
}
KINGLET_INLINE Floats halves_of_panels(const std::uint8_t* p, std::size_t next) {
    return _mm512_cvtph_ps(joined(load16(p), load16(p + next)));
}

KINGLET_INLINE Ints low_words(Ints a, Ints b) {
    return _mm512_unpacklo_epi32(a, b);
}
KINGLET_INLINE Ints high_words(Ints a, Ints b) {
    return _mm512_unpackhi_epi32(a, b);
}
KINGLET_INLINE Ints low_pairs(Ints a, Ints b) {
    return _mm512_unpacklo_epi64(a, b);
}
KINGLET_INLINE Ints high_pairs(Ints a, Ints b) {
    return _mm512_unpackhi_epi64(a, b);
}

KINGLET_INLINE Ints bit_and(Ints a, Ints b) {
    return _mm512_and_si512(a, b);
}
KINGLET_INLINE Ints bit_or(Ints a, Ints b) {
    return _mm512_or_si512(a, b);
}
KINGLET_INLINE Ints bit_xor(Ints a, Ints b) {
    return _mm512_xor_si512(a, b);
}
template <int bits>
KINGLET_INLINE Ints left16(Ints v) {
    return _mm512_slli_epi16(v, bits);
}
template <int bits>
KINGLET_INLINE Ints right16(Ints v) {
    return _mm512_srli_epi16(v, bits);
}
template <int bits>
KINGLET_INLINE Ints left32(Ints v) {
    return _mm512_slli_epi32(v, bits);
}
template <int bits>
KINGLET_INLINE Ints right32(Ints v) {
    return _mm512_srli_epi32(v, bits);
}
template <int bits>
KINGLET_INLINE Ints signed_right32(Ints v) {
    return _mm512_srai_epi32(v, bits);
}

/// Has this sum computed here: compilers gather additions that belong together, and then what is to be added
/// waits in memory, because there are not registers enough for it.
KINGLET_INLINE void computed(Ints& sum) {
#if defined(KINGLET_EMULATED)
    (void)sum;
#else
    __asm__("" : "+v"(sum));
#endif
}

KINGLET_INLINE Ints add16(Ints a, Ints b) {
    return _mm512_add_epi16(a, b);
}
KINGLET_INLINE Ints add32(Ints a, Ints b) {
    return _mm512_add_epi32(a, b);
}
KINGLET_INLINE Ints sub8(Ints a, Ints b) {
    return _mm512_sub_epi8(a, b);
}
KINGLET_INLINE Ints sub32(Ints a, Ints b) {
    return _mm512_sub_epi32(a, b);
}
KINGLET_INLINE Ints mul16(Ints a, Ints b) {
    return _mm512_mullo_epi16(a, b);
}
KINGLET_INLINE Ints mul32(Ints a, Ints b) {
    return _mm512_mullo_epi32(a, b);
}
KINGLET_INLINE Ints add_pairs8(Ints bytes, Ints signed_bytes) {
    return _mm512_maddubs_epi16(bytes, signed_bytes);
}
KINGLET_INLINE Ints add_pairs16(Ints a, Ints b) {
    return _mm512_madd_epi16(a, b);
}
KINGLET_INLINE Ints magnitudes8(Ints v) {
    return _mm512_abs_epi8(v);
}
KINGLET_INLINE Ints with_signs8(Ints v, Ints signs) {
    return _mm512_mask_sub_epi8(v, _mm512_movepi8_mask(signs), zero_ints(), v);
}
#if KINGLET_VNNI
KINGLET_INLINE Ints add_products8(Ints sum, Ints bytes, Ints signed_bytes) {
    return _mm512_dpbusd_epi32(sum, bytes, signed_bytes);
}
#endif

KINGLET_INLINE Ints blend16(Ints low, Ints high) {
    return _mm512_mask_blend_epi16(0xAAAAAAAAU, low, high);
}
KINGLET_INLINE Ints look_up8(Ints table, Ints index) {
    return _mm512_shuffle_epi8(table, index);
}
KINGLET_INLINE Ints where_bit8(Ints v, Ints own, int value) {
    return _mm512_maskz_mov_epi8(_mm512_test_epi8_mask(v, own), all8(value));
}

KINGLET_INLINE Floats zero_floats() {
    return _mm512_setzero_ps();
}
KINGLET_INLINE Floats all_floats(const float* value) {
    return _mm512_set1_ps(*value);
}
KINGLET_INLINE Floats load_floats(const float* p) {
    return _mm512_loadu_ps(p);
}
KINGLET_INLINE Floats load_floats(const std::uint16_t* halves) {
    return _mm512_cvtph_ps(load32(halves));
}
KINGLET_INLINE Floats load_brain_floats(const std::uint16_t* p) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load32(p)), 16));
}
KINGLET_INLINE void store_floats(float* p, Floats v) {
    _mm512_storeu_ps(p, v);
}
KINGLET_INLINE Floats to_floats(Ints v) {
    return _mm512_cvtepi32_ps(v);
}
KINGLET_INLINE Floats sub(Floats a, Floats b) {
    return _mm512_sub_ps(a, b);
}
KINGLET_INLINE Floats mul(Floats a, Floats b) {
    return _mm512_mul_ps(a, b);
}
KINGLET_INLINE Floats fmadd(Floats a, Floats b, Floats sum) {
    return _mm512_fmadd_ps(a, b, sum);
}
KINGLET_INLINE Floats fnmadd(Floats a, Floats b, Floats sum) {
    return _mm512_fnmadd_ps(a, b, sum);
}

struct TwoHalves {
    Floats first;
    Floats second;
};
KINGLET_INLINE TwoHalves two_halves(Ints words) {
    return {_mm512_cvtph_ps(_mm512_cvtepi32_epi16(words)),
            _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(words, 16)))};
}

/// Sum of all lanes.
KINGLET_INLINE float sum_of(Floats v) {
    const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1));
    return sum_of(_mm256_add_ps(_mm512_castps512_ps256(v), high));
}

}  // namespace
}  // namespace kinglet::kernels::x86
