#include "inference/kernels/neon/floats.h"

#include <arm_neon.h>

#include "inference/kernels/half.h"

namespace kinglet::kernels::neon {
namespace {

// How four successive numbers of a row are read, and one.
struct F32 {
    using Stored = float;
    static float32x4_t four(const float* p) { return vld1q_f32(p); }
    static float one(float p) { return p; }
};
struct F16 {
    using Stored = std::uint16_t;
    static float32x4_t four(const std::uint16_t* p) {
        return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
    }
    static float one(std::uint16_t p) { return half_to_float(p); }
};
struct BF16 {
    using Stored = std::uint16_t;
    static float32x4_t four(const std::uint16_t* p) {
        return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16));
    }
    static float one(std::uint16_t p) { return bf16_to_float(p); }
};

/// The sum has one order for a length, in four vectors that do not wait for each other.
template <class Format>
float dot_product(const float* a, const typename Format::Stored* b, std::size_t n) {
    float32x4_t sums[4];
    for (float32x4_t& sum : sums) sum = vdupq_n_f32(0.0F);
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        for (std::size_t k = 0; k < 4; ++k)
            sums[k] = vfmaq_f32(sums[k], vld1q_f32(a + i + 4 * k), Format::four(b + i + 4 * k));
    }
    float total = vaddvq_f32(vaddq_f32(vaddq_f32(sums[0], sums[1]), vaddq_f32(sums[2], sums[3])));
    for (; i < n; ++i) total += a[i] * Format::one(b[i]);
    return total;
}

template <class Format>
void add_product(float* y, const typename Format::Stored* x, std::size_t n, float factor) {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) vst1q_f32(y + i, vfmaq_n_f32(vld1q_f32(y + i), Format::four(x + i), factor));
    for (; i < n; ++i) y[i] += factor * Format::one(x[i]);
}

template <class Format>
void matmul(const MatmulArgs& a) {
    for (std::size_t r = 0; r < a.rows; ++r) {
        const auto* row = reinterpret_cast<const typename Format::Stored*>(a.weights + r * a.weights_stride);
        for (std::size_t i = 0; i < a.x.n; ++i)
            a.y[i * a.y_stride + r] = dot_product<Format>(a.x.values + i * a.x.values_stride, row, a.cols);
    }
}

void f16_to_f32(const std::uint16_t* src, float* dst, std::size_t n) {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) vst1q_f32(dst + i, F16::four(src + i));
    for (; i < n; ++i) dst[i] = half_to_float(src[i]);
}

}  // namespace

void add_floats(KernelTable& table) {
    table.dtypes[static_cast<std::size_t>(DType::f32)].matmul = matmul<F32>;
    table.dtypes[static_cast<std::size_t>(DType::f16)].matmul = matmul<F16>;
    table.dtypes[static_cast<std::size_t>(DType::bf16)].matmul = matmul<BF16>;
    table.dot = dot_product<F32>;
    table.dot_f16 = dot_product<F16>;
    table.axpy = add_product<F32>;
    table.axpy_f16 = add_product<F16>;
    table.f16_to_f32 = f16_to_f32;
}

}  // namespace kinglet::kernels::neon
