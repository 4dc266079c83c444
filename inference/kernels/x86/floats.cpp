// Products with F32, F16 and BF16 weights. One vector of running sums a result, whatever the tile, so that a
// result does not depend on how many rows are computed together.
#include "inference/kernels/x86/lanes.h"
#include "inference/kernels/x86/products.h"

namespace kinglet::kernels::x86 {
namespace {

struct F32 {
    using Stored = float;
    static KINGLET_INLINE Floats load(const Stored* p) { return load_floats(p); }
    static KINGLET_INLINE float one(const Stored* p) { return *p; }
};

struct F16 {
    using Stored = std::uint16_t;
    static KINGLET_INLINE Floats load(const Stored* p) { return load_floats(p); }
    static KINGLET_INLINE float one(const Stored* p) { return _cvtsh_ss(*p); }
};

struct BF16 {
    using Stored = std::uint16_t;
    static KINGLET_INLINE Floats load(const Stored* p) { return load_brain_floats(p); }
    static KINGLET_INLINE float one(const Stored* p) {
        return _mm_cvtss_f32(
            _mm_castsi128_ps(_mm_cvtsi32_si128(static_cast<int>(static_cast<unsigned>(*p) << 16))));
    }
};

/// Activation rows of a tile: with four weight rows their sums fill most of the 16 or 32 registers.
constexpr int kTileColumns = kLanes == 16 ? 6 : 3;

/// Rows [r, r + R) of the weights with rows [i, i + N) of the activations.
template <class Float, int R, int N>
inline void tile(const MatmulArgs& a, std::size_t r, std::size_t i) {
    using Stored = typename Float::Stored;
    const Stored* w[R];
    const float* x[N];
    Floats sums[R][N];
    for (int m = 0; m < R; ++m) {
        w[m] =
            reinterpret_cast<const Stored*>(a.weights + (r + static_cast<std::size_t>(m)) * a.weights_stride);
    }
    for (int n = 0; n < N; ++n) x[n] = a.x.values + (i + static_cast<std::size_t>(n)) * a.x.values_stride;
    for (int m = 0; m < R; ++m) {
        for (int n = 0; n < N; ++n) sums[m][n] = zero_floats();
    }
    std::size_t k = 0;
    for (; k + kLanes <= a.cols; k += kLanes) {
        Floats xs[N];
        for (int n = 0; n < N; ++n) xs[n] = load_floats(x[n] + k);
        for (int m = 0; m < R; ++m) {
            const Floats weight = Float::load(w[m] + k);
            for (int n = 0; n < N; ++n) sums[m][n] = fmadd(weight, xs[n], sums[m][n]);
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
    for (; i + kTileColumns <= a.x.n; i += kTileColumns) tile<Float, R, kTileColumns>(a, r, i);
    for (; i < a.x.n; ++i) tile<Float, R, 1>(a, r, i);
}

template <class Float>
inline void matmul(const MatmulArgs& a) {
    std::size_t r = 0;
    for (; r + 4 <= a.rows; r += 4) rows<Float, 4>(a, r);
    for (; r < a.rows; ++r) rows<Float, 1>(a, r);
}

constexpr Product kFloatProducts[] = {
    {DType::f32, matmul<F32>, nullptr},
    {DType::f16, matmul<F16>, nullptr},
    {DType::bf16, matmul<BF16>, nullptr},
};

}  // namespace
}  // namespace kinglet::kernels::x86

namespace kinglet::kernels::KINGLET_KERNEL_SET {

constinit const std::span<const Product> floats{x86::kFloatProducts};

}  // namespace kinglet::kernels::KINGLET_KERNEL_SET
