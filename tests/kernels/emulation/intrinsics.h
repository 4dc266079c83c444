// AVX-512 and AVX-VNNI on a processor with AVX2: SIMDe computes what the instructions would, so that the
// files of inference/kernels/x86 can be compiled a second time and tested where they could not run. What the
// oldest supported version of SIMDe lacks is added here, by halves.
#pragma once

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#include <cstring>

namespace kinglet::kernels::emulation {
namespace {

/// Half `which` of a vector of 64 bytes.
template <class Half, class Whole>
inline Half half_of(const Whole& whole, std::size_t which) {
    Half half;
    std::memcpy(&half, reinterpret_cast<const char*>(&whole) + which * sizeof(Half), sizeof(Half));
    return half;
}

/// Both halves as one vector.
template <class Whole, class Half>
inline Whole whole_of(const Half& low, const Half& high) {
    Whole whole;
    std::memcpy(&whole, &low, sizeof(Half));
    std::memcpy(reinterpret_cast<char*>(&whole) + sizeof(Half), &high, sizeof(Half));
    return whole;
}

inline __m512 floats_of_ints(const __m512i& v) {
    return whole_of<__m512>(_mm256_cvtepi32_ps(half_of<__m256i>(v, 0)),
                            _mm256_cvtepi32_ps(half_of<__m256i>(v, 1)));
}

inline __m512 floats_of_halves(const __m256i& v) {
    return whole_of<__m512>(_mm256_cvtph_ps(half_of<__m128i>(v, 0)), _mm256_cvtph_ps(half_of<__m128i>(v, 1)));
}

inline __m512i words_of_halves(const __m256i& v) {
    return whole_of<__m512i>(_mm256_cvtepu16_epi32(half_of<__m128i>(v, 0)),
                             _mm256_cvtepu16_epi32(half_of<__m128i>(v, 1)));
}

/// The lower 16 bits of each lane.
inline __m256i halves_of_words(const __m512i& v) {
    std::uint16_t halves[16];
    for (std::size_t i = 0; i < 16; ++i)
        std::memcpy(halves + i, reinterpret_cast<const char*>(&v) + 4 * i, 2);
    __m256i out;
    std::memcpy(&out, halves, sizeof(out));
    return out;
}

template <int bits>
inline __m512i signed_right(const __m512i& v) {
    return whole_of<__m512i>(_mm256_srai_epi32(half_of<__m256i>(v, 0), bits),
                             _mm256_srai_epi32(half_of<__m256i>(v, 1), bits));
}

}  // namespace
}  // namespace kinglet::kernels::emulation

#undef _mm512_cvtepi32_ps
#define _mm512_cvtepi32_ps(v) kinglet::kernels::emulation::floats_of_ints(v)
#undef _mm512_cvtph_ps
#define _mm512_cvtph_ps(v) kinglet::kernels::emulation::floats_of_halves(v)
#undef _mm512_cvtepu16_epi32
#define _mm512_cvtepu16_epi32(v) kinglet::kernels::emulation::words_of_halves(v)
#undef _mm512_cvtepi32_epi16
#define _mm512_cvtepi32_epi16(v) kinglet::kernels::emulation::halves_of_words(v)
#undef _mm512_srai_epi32
#define _mm512_srai_epi32(v, bits) kinglet::kernels::emulation::signed_right<bits>(v)
// This one SIMDe has, but 0.7.4 gives its name to the masked form.
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
#undef _mm256_dpbusd_avx_epi32
#define _mm256_dpbusd_avx_epi32(sum, a, b) simde_mm256_dpbusd_epi32(sum, a, b)
