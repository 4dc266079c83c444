// Activations to their int8 form.
#include "inference/kernels/avx2/encoders.h"
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

/// 32 floats times a factor, rounded, as bytes in order; what lies outside a byte's range becomes its end.
inline __m256i to_bytes(const float* x, __m256 factor) {
    const __m256i first = _mm256_packs_epi32(to_int(x, factor), to_int(x + 8, factor));
    const __m256i second = _mm256_packs_epi32(to_int(x + 16, factor), to_int(x + 24, factor));
    // Packing works within halves of a vector; the permutation puts the groups of four back in order.
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    return _mm256_permutevar8x32_epi32(_mm256_packs_epi16(first, second), order);
}

inline __m256 magnitudes(const float* x) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), _mm256_loadu_ps(x));
}

inline float largest_magnitude(const float* x) {
    const __m256 first = _mm256_max_ps(magnitudes(x), magnitudes(x + 8));
    return max_of(_mm256_max_ps(first, _mm256_max_ps(magnitudes(x + 16), magnitudes(x + 24))));
}

/// The value of largest magnitude, the first one of equals; 0 where there is none.
inline float extreme_of(const float* x) {
    const __m256 top = _mm256_set1_ps(largest_magnitude(x));
    for (int i = 0; i < 32; i += 8) {
        const int equal = _mm256_movemask_ps(_mm256_cmp_ps(magnitudes(x + i), top, _CMP_EQ_OQ));
        if (equal != 0) return x[i + __builtin_ctz(static_cast<unsigned>(equal))];
    }
    return 0.0F;
}

inline void store_scale(unsigned char* block, float scale) {
    const auto bits = static_cast<std::uint16_t>(
        _mm_cvtsi128_si32(_mm_cvtps_ph(_mm_set_ss(scale), _MM_FROUND_TO_NEAREST_INT)));
    __builtin_memcpy(block, &bits, sizeof(bits));
}

}  // namespace

// Each has the bits of its scalar twin.
void q8_0_from_float(const float* src, void* dst, std::size_t count) {
    auto* block = static_cast<unsigned char*>(dst);
    for (std::size_t i = 0; i < count; i += 32, block += 34) {
        const float scale = largest_magnitude(src + i) / 127.0F;
        store_scale(block, scale);
        const __m256 inverse = _mm256_set1_ps(scale > 0.0F ? 1.0F / scale : 0.0F);
        const __m256i bytes = _mm256_max_epi8(to_bytes(src + i, inverse), _mm256_set1_epi8(-127));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(block + 2), bytes);
    }
}

void q4_0_from_float(const float* src, void* dst, std::size_t count) {
    auto* block = static_cast<unsigned char*>(dst);
    for (std::size_t i = 0; i < count; i += 32, block += 18) {
        const float scale = extreme_of(src + i) / -8.0F;
        store_scale(block, scale);
        const __m256 inverse = _mm256_set1_ps(scale != 0.0F ? 1.0F / scale : 0.0F);
        const __m256i shifted = _mm256_adds_epi8(to_bytes(src + i, inverse), _mm256_set1_epi8(8));
        const __m256i bytes =
            _mm256_min_epi8(_mm256_max_epi8(shifted, _mm256_setzero_si256()), _mm256_set1_epi8(15));
        const __m128i high = _mm_slli_epi16(_mm256_extracti128_si256(bytes, 1), 4);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(block + 2),
                         _mm_or_si128(_mm256_castsi256_si128(bytes), high));
    }
}

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
        // In order again, as in to_bytes().
        const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(i0, i1), _mm256_packs_epi32(i2, i3));
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(q + b * kActivationBlock),
                            _mm256_permutevar8x32_epi32(packed, order));
    }
}

}  // namespace kinglet::kernels::avx2
