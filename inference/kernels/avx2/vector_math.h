// Vectors of eight floats for the files of this folder. Everything is in an unnamed namespace on purpose:
// each file gets its own copy, so that no code compiled for AVX2 can be merged with code that must run
// without it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "inference/kernels/x86/eights.h"

namespace kinglet::kernels::avx2 {
namespace {

using x86::sum_of;

/// Lanes [0, n) of a vector, n < 8, for masked loads and stores.
[[maybe_unused]] inline __m256i first_lanes(std::size_t n) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lanes);
}

/// Eight halves to floats.
[[maybe_unused]] inline __m256 load_halves(const std::uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

/// Largest of all lanes.
[[maybe_unused]] inline float max_of(__m256 v) {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

/// e^x to about one unit in the last place: 2^n * e^r with |r| <= ln 2 / 2 and a polynomial fitted for e^r.
/// Below -87.3 the result is 0, above 88.7 infinite; NaN stays NaN.
[[maybe_unused]] inline __m256 exp_of(__m256 x) {
    const __m256 lowest = _mm256_set1_ps(-87.33654F);
    const __m256 highest = _mm256_set1_ps(88.72283F);
    const __m256 too_low = _mm256_cmp_ps(x, lowest, _CMP_LT_OQ);
    const __m256 too_high = _mm256_cmp_ps(x, highest, _CMP_GT_OQ);
    // The second operand of min and max is what comes out for NaN.
    const __m256 bounded = _mm256_min_ps(highest, _mm256_max_ps(lowest, x));
    const __m256 n = _mm256_round_ps(_mm256_mul_ps(bounded, _mm256_set1_ps(1.44269504F)),
                                     _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    // ln 2 in two parts, the first short enough that n times it is exact.
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375F), bounded);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4F), r);
    __m256 p = _mm256_set1_ps(0.00019899289F);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.0013933654F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.0083332983F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.041666463F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.16666667F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5F));
    p = _mm256_fmadd_ps(_mm256_mul_ps(r, r), p, _mm256_add_ps(r, _mm256_set1_ps(1.0F)));
    // 2^n in two factors, because 2^128 is no float but n may be 128.
    const __m256i whole = _mm256_cvtps_epi32(n);
    const __m256i half = _mm256_srai_epi32(whole, 1);
    const __m256i bias = _mm256_set1_epi32(127);
    const __m256 first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    const __m256 second =
        _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(whole, half), bias), 23));
    __m256 result = _mm256_mul_ps(_mm256_mul_ps(p, first), second);
    result = _mm256_andnot_ps(too_low, result);
    return _mm256_blendv_ps(result, _mm256_set1_ps(__builtin_inff()), too_high);
}

/// 1 / (1 + e^-x).
[[maybe_unused]] inline __m256 sigmoid_of(__m256 x) {
    const __m256 one = _mm256_set1_ps(1.0F);
    const __m256 e = exp_of(_mm256_sub_ps(_mm256_setzero_ps(), x));
    return _mm256_div_ps(one, _mm256_add_ps(one, e));
}

/// Hyperbolic tangent: a fitted odd polynomial near zero, where the other formula would lose digits.
[[maybe_unused]] inline __m256 tanh_of(__m256 x) {
    const __m256 sign = _mm256_set1_ps(-0.0F);
    const __m256 magnitude = _mm256_andnot_ps(sign, x);
    const __m256 z = _mm256_mul_ps(x, x);
    __m256 p = _mm256_set1_ps(0.0022958184F);
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(-0.008346956F));
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(0.021769952F));
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(-0.053959403F));
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(0.13333304F));
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(-0.33333334F));
    const __m256 near_zero = _mm256_fmadd_ps(_mm256_mul_ps(p, z), x, x);
    const __m256 one = _mm256_set1_ps(1.0F);
    const __m256 e = exp_of(_mm256_add_ps(magnitude, magnitude));
    const __m256 far = _mm256_sub_ps(one, _mm256_div_ps(_mm256_set1_ps(2.0F), _mm256_add_ps(e, one)));
    const __m256 signed_far = _mm256_or_ps(far, _mm256_and_ps(sign, x));
    return _mm256_blendv_ps(near_zero, signed_far,
                            _mm256_cmp_ps(magnitude, _mm256_set1_ps(0.625F), _CMP_GT_OQ));
}

/// Error function: 1 - e^(-x^2) P(t) with t = 1 / (1 + 0.44 |x|), P fitted; absolute error below 1e-7.
[[maybe_unused]] inline __m256 erf_of(__m256 x) {
    const __m256 sign = _mm256_set1_ps(-0.0F);
    const __m256 one = _mm256_set1_ps(1.0F);
    const __m256 magnitude = _mm256_andnot_ps(sign, x);
    const __m256 t = _mm256_div_ps(one, _mm256_fmadd_ps(magnitude, _mm256_set1_ps(0.44F), one));
    __m256 p = _mm256_set1_ps(0.02660809F);
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(-0.05884538F));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(-0.15751804F));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(0.49448922F));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(-0.12800108F));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(0.3524853F));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(0.21998039F));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(0.2508015F));
    const __m256 e = exp_of(_mm256_sub_ps(_mm256_setzero_ps(), _mm256_mul_ps(x, x)));
    const __m256 erf = _mm256_fnmadd_ps(_mm256_mul_ps(p, t), e, one);
    return _mm256_or_ps(erf, _mm256_and_ps(sign, x));
}

}  // namespace
}  // namespace kinglet::kernels::avx2
