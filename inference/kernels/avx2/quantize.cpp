// Activations to their int8 form.
#include "inference/kernels/avx2/functions.h"
#include "inference/kernels/avx2/vector_math.h"

namespace kinglet::kernels::avx2 {
namespace {

inline __m256i to_int(const float* x, __m256 factor) {
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), factor));
}

inline int sum_of_ints(__m128i v) {
    const __m128i two = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xB1)));
}

}  // namespace

void quantize_row(const float* x, std::size_t cols, std::int8_t* q, float* scales, std::int16_t* sums,
                  float* weighted_sums) {
    const __m256 sign = _mm256_set1_ps(-0.0F);
    for (std::size_t b = 0; b < cols / kActivationBlock; ++b) {
        const float* in = x + b * kActivationBlock;
        __m256 largest = _mm256_andnot_ps(sign, _mm256_loadu_ps(in));
        for (int i = 8; i < 32; i += 8)
            largest = _mm256_max_ps(largest, _mm256_andnot_ps(sign, _mm256_loadu_ps(in + i)));
        const float top = max_of(largest);
        const __m256 factor = _mm256_set1_ps(top > 0.0F ? 127.0F / top : 0.0F);
        scales[b] = top / 127.0F;
        const __m256i i0 = to_int(in, factor);
        const __m256i i1 = to_int(in + 8, factor);
        const __m256i i2 = to_int(in + 16, factor);
        const __m256i i3 = to_int(in + 24, factor);
        const __m256i first = _mm256_add_epi32(i0, i1);
        const __m256i second = _mm256_add_epi32(i2, i3);
        const int s0 =
            sum_of_ints(_mm_add_epi32(_mm256_castsi256_si128(first), _mm256_extracti128_si256(first, 1)));
        const int s1 =
            sum_of_ints(_mm_add_epi32(_mm256_castsi256_si128(second), _mm256_extracti128_si256(second, 1)));
        sums[2 * b] = static_cast<std::int16_t>(s0);
        sums[2 * b + 1] = static_cast<std::int16_t>(s1);
        weighted_sums[b] = scales[b] * static_cast<float>(s0 + s1);
        // Packing works within halves of a vector; the permutation puts the groups of four back in order.
        const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(i0, i1), _mm256_packs_epi32(i2, i3));
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(q + b * kActivationBlock),
                            _mm256_permutevar8x32_epi32(packed, order));
    }
}

}  // namespace kinglet::kernels::avx2
