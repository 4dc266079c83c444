// Operations on rows of floats, eight at a time.
#include "inference/kernels/avx2/functions.h"
#include "inference/kernels/avx2/vector_math.h"

namespace kinglet::kernels::avx2 {
namespace {

/// out[i] = f(a[i], b[i]) for all i; the last few through masks, so that nothing past the end is touched.
template <class Function>
inline void map_two(const float* a, const float* b, float* out, std::size_t n, Function f) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(out + i, f(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i)));
    if (i < n) {
        const __m256i mask = first_lanes(n - i);
        _mm256_maskstore_ps(out + i, mask,
                            f(_mm256_maskload_ps(a + i, mask), _mm256_maskload_ps(b + i, mask)));
    }
}

template <class Function>
inline void map_one(const float* x, float* out, std::size_t n, Function f) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(out + i, f(_mm256_loadu_ps(x + i)));
    if (i < n) {
        const __m256i mask = first_lanes(n - i);
        _mm256_maskstore_ps(out + i, mask, f(_mm256_maskload_ps(x + i, mask)));
    }
}

/// Sum over i of f(x[i]), f(0) being 0: four running sums, because an addition takes four cycles.
template <class Function>
inline float sum_one(const float* x, std::size_t n, Function f) {
    __m256 s0 = _mm256_setzero_ps();
    __m256 s1 = s0;
    __m256 s2 = s0;
    __m256 s3 = s0;
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = f(_mm256_loadu_ps(x + i), s0);
        s1 = f(_mm256_loadu_ps(x + i + 8), s1);
        s2 = f(_mm256_loadu_ps(x + i + 16), s2);
        s3 = f(_mm256_loadu_ps(x + i + 24), s3);
    }
    for (; i + 8 <= n; i += 8) s0 = f(_mm256_loadu_ps(x + i), s0);
    if (i < n) s1 = f(_mm256_maskload_ps(x + i, first_lanes(n - i)), s1);
    return sum_of(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
}

inline std::uint16_t half_of(float x) {
    const __m128i half = _mm_cvtps_ph(_mm_set_ss(x), _MM_FROUND_TO_NEAREST_INT);
    return static_cast<std::uint16_t>(_mm_cvtsi128_si32(half));
}

inline float root(float x) {
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x)));
}

inline __m256 silu8(__m256 x) {
    return _mm256_mul_ps(x, sigmoid_of(x));
}

/// x / 2 (1 + tanh u) = x sigmoid(2 u).
inline __m256 gelu_tanh8(__m256 x) {
    const __m256 cube = _mm256_mul_ps(_mm256_mul_ps(x, x), x);
    const __m256 u = _mm256_fmadd_ps(_mm256_set1_ps(0.044715F), cube, x);
    return _mm256_mul_ps(x, sigmoid_of(_mm256_mul_ps(_mm256_set1_ps(1.5957691216F), u)));
}

inline __m256 gelu_erf8(__m256 x) {
    const __m256 half = _mm256_mul_ps(_mm256_set1_ps(0.5F), x);
    return _mm256_fmadd_ps(half, erf_of(_mm256_mul_ps(x, _mm256_set1_ps(0.70710678F))), half);
}

}  // namespace

void rms_norm(const float* x, const float* weight, float* out, std::size_t n, float eps) {
    const float squares = sum_one(x, n, [](__m256 v, __m256 sum) { return _mm256_fmadd_ps(v, v, sum); });
    const __m256 factor = _mm256_set1_ps(1.0F / root(squares / static_cast<float>(n) + eps));
    if (weight != nullptr) {
        map_two(x, weight, out, n,
                [factor](__m256 v, __m256 w) { return _mm256_mul_ps(_mm256_mul_ps(v, factor), w); });
    } else {
        map_one(x, out, n, [factor](__m256 v) { return _mm256_mul_ps(v, factor); });
    }
}

void layer_norm(const float* x, const float* weight, const float* bias, float* out, std::size_t n,
                float eps) {
    const float mean =
        sum_one(x, n, [](__m256 v, __m256 sum) { return _mm256_add_ps(v, sum); }) / static_cast<float>(n);
    const __m256 center = _mm256_set1_ps(mean);
    map_one(x, out, n, [center](__m256 v) { return _mm256_sub_ps(v, center); });
    const float squares = sum_one(out, n, [](__m256 v, __m256 sum) { return _mm256_fmadd_ps(v, v, sum); });
    const __m256 factor = _mm256_set1_ps(1.0F / root(squares / static_cast<float>(n) + eps));
    map_one(out, out, n, [factor](__m256 v) { return _mm256_mul_ps(v, factor); });
    if (weight != nullptr)
        map_two(out, weight, out, n, [](__m256 v, __m256 w) { return _mm256_mul_ps(v, w); });
    if (bias != nullptr) map_two(out, bias, out, n, [](__m256 v, __m256 b) { return _mm256_add_ps(v, b); });
}

void softmax(float* x, std::size_t n) {
    if (n == 0) return;
    __m256 largest = _mm256_set1_ps(x[0]);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) largest = _mm256_max_ps(largest, _mm256_loadu_ps(x + i));
    for (; i < n; ++i) largest = _mm256_max_ps(largest, _mm256_set1_ps(x[i]));
    const __m256 top = _mm256_set1_ps(max_of(largest));
    map_one(x, x, n, [top](__m256 v) { return exp_of(_mm256_sub_ps(v, top)); });
    const float sum = sum_one(x, n, [](__m256 v, __m256 s) { return _mm256_add_ps(v, s); });
    scale(x, n, 1.0F / sum);
}

void silu(const float* x, float* out, std::size_t n) {
    map_one(x, out, n, [](__m256 v) { return silu8(v); });
}

void gelu_tanh(const float* x, float* out, std::size_t n) {
    map_one(x, out, n, [](__m256 v) { return gelu_tanh8(v); });
}

void gelu_erf(const float* x, float* out, std::size_t n) {
    map_one(x, out, n, [](__m256 v) { return gelu_erf8(v); });
}

void silu_mul(const float* gate, const float* up, float* out, std::size_t n) {
    map_two(gate, up, out, n, [](__m256 g, __m256 u) { return _mm256_mul_ps(silu8(g), u); });
}

void gelu_tanh_mul(const float* gate, const float* up, float* out, std::size_t n) {
    map_two(gate, up, out, n, [](__m256 g, __m256 u) { return _mm256_mul_ps(gelu_tanh8(g), u); });
}

void gelu_erf_mul(const float* gate, const float* up, float* out, std::size_t n) {
    map_two(gate, up, out, n, [](__m256 g, __m256 u) { return _mm256_mul_ps(gelu_erf8(g), u); });
}

void softcap(float* x, std::size_t n, float cap) {
    const __m256 top = _mm256_set1_ps(cap);
    const __m256 inverse = _mm256_set1_ps(1.0F / cap);
    map_one(x, x, n,
            [top, inverse](__m256 v) { return _mm256_mul_ps(top, tanh_of(_mm256_mul_ps(v, inverse))); });
}

void add(const float* a, const float* b, float* out, std::size_t n) {
    map_two(a, b, out, n, [](__m256 u, __m256 v) { return _mm256_add_ps(u, v); });
}

void mul(const float* a, const float* b, float* out, std::size_t n) {
    map_two(a, b, out, n, [](__m256 u, __m256 v) { return _mm256_mul_ps(u, v); });
}

void scale(float* x, std::size_t n, float factor) {
    const __m256 f = _mm256_set1_ps(factor);
    map_one(x, x, n, [f](__m256 v) { return _mm256_mul_ps(v, f); });
}

void axpy(float* y, const float* x, std::size_t n, float factor) {
    const __m256 f = _mm256_set1_ps(factor);
    map_two(y, x, y, n, [f](__m256 a, __m256 b) { return _mm256_fmadd_ps(f, b, a); });
}

void axpy_f16(float* y, const std::uint16_t* x, std::size_t n, float factor) {
    const __m256 f = _mm256_set1_ps(factor);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm256_storeu_ps(y + i, _mm256_fmadd_ps(f, load_halves(x + i), _mm256_loadu_ps(y + i)));
    }
    for (; i < n; ++i) y[i] += factor * _cvtsh_ss(x[i]);
}

float dot(const float* a, const float* b, std::size_t n) {
    __m256 s0 = _mm256_setzero_ps();
    __m256 s1 = s0;
    __m256 s2 = s0;
    __m256 s3 = s0;
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), s0);
        s1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), s1);
        s2 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 16), _mm256_loadu_ps(b + i + 16), s2);
        s3 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 24), _mm256_loadu_ps(b + i + 24), s3);
    }
    for (; i + 8 <= n; i += 8) s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), s0);
    if (i < n) {
        const __m256i mask = first_lanes(n - i);
        s1 = _mm256_fmadd_ps(_mm256_maskload_ps(a + i, mask), _mm256_maskload_ps(b + i, mask), s1);
    }
    return sum_of(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
}

float dot_f16(const float* a, const std::uint16_t* b, std::size_t n) {
    __m256 s0 = _mm256_setzero_ps();
    __m256 s1 = s0;
    __m256 s2 = s0;
    __m256 s3 = s0;
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), load_halves(b + i), s0);
        s1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), load_halves(b + i + 8), s1);
        s2 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 16), load_halves(b + i + 16), s2);
        s3 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 24), load_halves(b + i + 24), s3);
    }
    for (; i + 8 <= n; i += 8) s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), load_halves(b + i), s0);
    float sum = sum_of(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
    for (; i < n; ++i) sum += a[i] * _cvtsh_ss(b[i]);
    return sum;
}

std::size_t argmax(const float* x, std::size_t n) {
    __m256 largest = _mm256_set1_ps(x[0]);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) largest = _mm256_max_ps(largest, _mm256_loadu_ps(x + i));
    float top = max_of(largest);
    for (; i < n; ++i) top = x[i] > top ? x[i] : top;
    const __m256 wanted = _mm256_set1_ps(top);
    for (i = 0; i + 8 <= n; i += 8) {
        const int equal = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(x + i), wanted, _CMP_EQ_OQ));
        if (equal != 0) return i + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(equal)));
    }
    for (; i < n; ++i) {
        if (x[i] == top) return i;
    }
    return 0;
}

void rope_adjacent(float* x, const float* cos, const float* sin, std::size_t pairs) {
    // Duplicates the four angles of a vector of four pairs: lanes 0 0 1 1 2 2 3 3.
    const __m256i twice = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
    std::size_t i = 0;
    for (; i + 4 <= pairs; i += 4) {
        const __m256 v = _mm256_loadu_ps(x + 2 * i);
        const __m256 c = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_loadu_ps(cos + i)), twice);
        const __m256 s = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_loadu_ps(sin + i)), twice);
        const __m256 swapped = _mm256_permute_ps(v, 0xB1);
        _mm256_storeu_ps(x + 2 * i, _mm256_addsub_ps(_mm256_mul_ps(v, c), _mm256_mul_ps(swapped, s)));
    }
    for (; i < pairs; ++i) {
        const float a = x[2 * i];
        const float b = x[2 * i + 1];
        x[2 * i] = a * cos[i] - b * sin[i];
        x[2 * i + 1] = a * sin[i] + b * cos[i];
    }
}

void rope_halves(float* x, const float* cos, const float* sin, std::size_t pairs) {
    std::size_t i = 0;
    for (; i + 8 <= pairs; i += 8) {
        const __m256 a = _mm256_loadu_ps(x + i);
        const __m256 b = _mm256_loadu_ps(x + pairs + i);
        const __m256 c = _mm256_loadu_ps(cos + i);
        const __m256 s = _mm256_loadu_ps(sin + i);
        _mm256_storeu_ps(x + i, _mm256_fmsub_ps(a, c, _mm256_mul_ps(b, s)));
        _mm256_storeu_ps(x + pairs + i, _mm256_fmadd_ps(a, s, _mm256_mul_ps(b, c)));
    }
    for (; i < pairs; ++i) {
        const float a = x[i];
        const float b = x[i + pairs];
        x[i] = a * cos[i] - b * sin[i];
        x[i + pairs] = a * sin[i] + b * cos[i];
    }
}

void f32_to_f16(const float* src, std::uint16_t* dst, std::size_t n) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(src + i), _MM_FROUND_TO_NEAREST_INT));
    }
    for (; i < n; ++i) dst[i] = half_of(src[i]);
}

void f16_to_f32(const std::uint16_t* src, float* dst, std::size_t n) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(dst + i, load_halves(src + i));
    for (; i < n; ++i) dst[i] = _cvtsh_ss(src[i]);
}

void f16_to_float(const void* src, float* dst, std::size_t count) {
    f16_to_f32(static_cast<const std::uint16_t*>(src), dst, count);
}

void f16_from_float(const float* src, void* dst, std::size_t count) {
    f32_to_f16(src, static_cast<std::uint16_t*>(dst), count);
}

}  // namespace kinglet::kernels::avx2
