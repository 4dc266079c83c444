// Products with F32, F16 and BF16 weights. One vector of running sums a result, whatever the tile, so that a
// result does not depend on how many rows are computed together.
#include "inference/kernels/avx2/functions.h"
#include "inference/kernels/avx2/vector_math.h"

namespace kinglet::kernels::avx2 {
namespace {

struct F32 {
    using Stored = float;
    static __m256 load(const Stored* p) { return _mm256_loadu_ps(p); }
    static float one(const Stored* p) { return *p; }
};

struct F16 {
    using Stored = std::uint16_t;
    static __m256 load(const Stored* p) { return load_halves(p); }
    static float one(const Stored* p) { return _cvtsh_ss(*p); }
};

struct BF16 {
    using Stored = std::uint16_t;
    static __m256 load(const Stored* p) {
        const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
        return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
    }
    static float one(const Stored* p) {
        return _mm_cvtss_f32(
            _mm_castsi128_ps(_mm_cvtsi32_si128(static_cast<int>(static_cast<unsigned>(*p) << 16))));
    }
};

/// Rows [r, r + R) of the weights with rows [i, i + N) of the activations.
template <class Float, int R, int N>
inline void tile(const MatmulArgs& a, std::size_t r, std::size_t i) {
    using Stored = typename Float::Stored;
    const Stored* w[R];
    const float* x[N];
    __m256 sums[R][N];
    for (int m = 0; m < R; ++m) {
        w[m] =
            reinterpret_cast<const Stored*>(a.weights + (r + static_cast<std::size_t>(m)) * a.weights_stride);
    }
    for (int n = 0; n < N; ++n) x[n] = a.x.values + (i + static_cast<std::size_t>(n)) * a.x.values_stride;
    for (int m = 0; m < R; ++m) {
        for (int n = 0; n < N; ++n) sums[m][n] = _mm256_setzero_ps();
    }
    std::size_t k = 0;
    for (; k + 8 <= a.cols; k += 8) {
        __m256 xs[N];
        for (int n = 0; n < N; ++n) xs[n] = _mm256_loadu_ps(x[n] + k);
        for (int m = 0; m < R; ++m) {
            const __m256 weight = Float::load(w[m] + k);
            for (int n = 0; n < N; ++n) sums[m][n] = _mm256_fmadd_ps(weight, xs[n], sums[m][n]);
        }
    }
    for (int m = 0; m < R; ++m) {
        for (int n = 0; n < N; ++n) {
            float sum = sum_of(sums[m][n]);
            for (std::size_t rest = k; rest < a.cols; ++rest) sum += Float::one(w[m] + rest) * x[n][rest];
            a.y[(i + static_cast<std::size_t>(n)) * a.y_stride + r + static_cast<std::size_t>(m)] = sum;
        }
    }
}

/// All activation rows against R weight rows.
template <class Float, int R>
inline void rows(const MatmulArgs& a, std::size_t r) {
    std::size_t i = 0;
    for (; i + 3 <= a.x.n; i += 3) tile<Float, R, 3>(a, r, i);
    for (; i < a.x.n; ++i) tile<Float, R, 1>(a, r, i);
}

template <class Float>
inline void matmul(const MatmulArgs& a) {
    std::size_t r = 0;
    for (; r + 4 <= a.rows; r += 4) rows<Float, 4>(a, r);
    for (; r < a.rows; ++r) rows<Float, 1>(a, r);
}

}  // namespace

void matmul_f32(const MatmulArgs& args) {
    matmul<F32>(args);
}
void matmul_f16(const MatmulArgs& args) {
    matmul<F16>(args);
}
void matmul_bf16(const MatmulArgs& args) {
    matmul<BF16>(args);
}

}  // namespace kinglet::kernels::avx2
