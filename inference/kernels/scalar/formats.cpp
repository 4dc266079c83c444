// Decoding of, and products with, every format of the scalar table.
#include "inference/kernels/scalar/formats.h"

#include <cstring>

#include "inference/kernels/scalar/formats_grid.h"
#include "inference/kernels/scalar/scalar_table.h"

namespace kinglet::kernels::scalar {
namespace {

// --- Floating-point weights: products in double precision, so that the order of the sum does not show.

struct F32 {
    using Stored = float;
    static float value(Stored s) { return s; }
    static Stored stored(float f) { return f; }
};
struct F16 {
    using Stored = std::uint16_t;
    static float value(Stored s) { return half_to_float(s); }
    static Stored stored(float f) { return float_to_half(f); }
};
struct BF16 {
    using Stored = std::uint16_t;
    static float value(Stored s) { return bf16_to_float(s); }
    static Stored stored(float f) { return float_to_bf16(f); }
};

template <class Float>
void to_float_simple(const void* src, float* dst, std::size_t count) {
    const auto* stored = static_cast<const typename Float::Stored*>(src);
    for (std::size_t i = 0; i < count; ++i) dst[i] = Float::value(stored[i]);
}

template <class Float>
void from_float_simple(const float* src, void* dst, std::size_t count) {
    auto* stored = static_cast<typename Float::Stored*>(dst);
    for (std::size_t i = 0; i < count; ++i) stored[i] = Float::stored(src[i]);
}

template <class Float>
void matmul_simple(const MatmulArgs& a) {
    for (std::size_t r = 0; r < a.rows; ++r) {
        const auto* w = reinterpret_cast<const typename Float::Stored*>(a.weights + r * a.weights_stride);
        for (std::size_t i = 0; i < a.x.n; ++i) {
            const float* x = a.x.values + i * a.x.values_stride;
            double sum = 0.0;
            for (std::size_t k = 0; k < a.cols; ++k) {
                sum += static_cast<double>(Float::value(w[k])) * static_cast<double>(x[k]);
            }
            a.y[i * a.y_stride + r] = static_cast<float>(sum);
        }
    }
}

// --- Blocks of quantized values.

template <class Format>
struct Groups {
    using Block = typename Format::Block;
    static constexpr std::size_t per_block = Format::values / 32;
    /// Group g of a row; blocks are copied out because a file does not align them.
    static Group read(const std::byte* row, std::size_t g) {
        Block block;
        std::memcpy(&block, row + g / per_block * sizeof(Block), sizeof(Block));
        Group group;
        Format::group(block, g % per_block, group);
        return group;
    }
};

template <class Format>
void to_float_blocks(const void* src, float* dst, std::size_t count) {
    for (std::size_t g = 0; g < count / 32; ++g) {
        const Group group = Groups<Format>::read(static_cast<const std::byte*>(src), g);
        for (std::size_t i = 0; i < 32; ++i) {
            dst[32 * g + i] = group.scale[i / 16] * static_cast<float>(group.q[i]) - group.min[i / 16];
        }
    }
}

template <class Format>
void matmul_blocks(const MatmulArgs& a) {
    for (std::size_t r = 0; r < a.rows; ++r) {
        for (std::size_t i = 0; i < a.x.n; ++i) a.y[i * a.y_stride + r] = 0.0F;
        for (std::size_t g = 0; g < a.cols / 32; ++g) {
            const Group w = Groups<Format>::read(a.weights + r * a.weights_stride, g);
            for (std::size_t i = 0; i < a.x.n; ++i) {
                const std::int8_t* q = a.x.q + i * a.x.q_stride + 32 * g;
                const std::int16_t* sums = a.x.sums + i * a.x.sums_stride + 2 * g;
                float sum = 0.0F;
                for (std::size_t h = 0; h < 2; ++h) {
                    int dot = 0;
                    for (std::size_t k = 16 * h; k < 16 * h + 16; ++k) dot += w.q[k] * q[k];
                    sum += w.scale[h] * static_cast<float>(dot) - w.min[h] * static_cast<float>(sums[h]);
                }
                a.y[i * a.y_stride + r] += a.x.scales[i * a.x.scales_stride + g] * sum;
            }
        }
    }
}

template <class Float>
void add_simple(KernelTable& table, DType type) {
    DTypeKernels& row = table.dtypes[static_cast<std::size_t>(type)];
    row.to_float = to_float_simple<Float>;
    row.from_float = from_float_simple<Float>;
    row.matmul = matmul_simple<Float>;
    row.activations = ActivationKind::floats;
}

template <class Format>
void add_blocks(KernelTable& table, DType type) {
    DTypeKernels& row = table.dtypes[static_cast<std::size_t>(type)];
    row.to_float = to_float_blocks<Format>;
    row.matmul = matmul_blocks<Format>;
    row.activations = ActivationKind::int8;
}

}  // namespace

void add_formats(KernelTable& table) {
    add_simple<F32>(table, DType::f32);
    add_simple<F16>(table, DType::f16);
    add_simple<BF16>(table, DType::bf16);
    add_blocks<Q4_0>(table, DType::q4_0);
    add_blocks<Q4_1>(table, DType::q4_1);
    add_blocks<Q5_0>(table, DType::q5_0);
    add_blocks<Q5_1>(table, DType::q5_1);
    add_blocks<Q8_0>(table, DType::q8_0);
    add_blocks<Q2_K>(table, DType::q2_k);
    add_blocks<Q3_K>(table, DType::q3_k);
    add_blocks<Q4_K>(table, DType::q4_k);
    add_blocks<Q5_K>(table, DType::q5_k);
    add_blocks<Q6_K>(table, DType::q6_k);
    add_blocks<IQ4_NL>(table, DType::iq4_nl);
    add_blocks<IQ4_XS>(table, DType::iq4_xs);
    add_blocks<TQ1_0>(table, DType::tq1_0);
    add_blocks<TQ2_0>(table, DType::tq2_0);
    add_blocks<MXFP4>(table, DType::mxfp4);
    add_blocks<IQ2_XXS>(table, DType::iq2_xxs);
    add_blocks<IQ2_XS>(table, DType::iq2_xs);
    add_blocks<IQ2_S>(table, DType::iq2_s);
    add_blocks<IQ3_XXS>(table, DType::iq3_xxs);
    add_blocks<IQ3_S>(table, DType::iq3_s);
    add_blocks<IQ1_S>(table, DType::iq1_s);
    add_blocks<IQ1_M>(table, DType::iq1_m);
}

}  // namespace kinglet::kernels::scalar
