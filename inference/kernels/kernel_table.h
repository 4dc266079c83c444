// The innermost loops of the engine as one table of function pointers for each instruction set.
//
// Rules that every function keeps: no allocation, no exceptions, no state; pointers need no alignment beyond
// that of their type; inputs and outputs do not overlap unless the comment says that they may be the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inference/tensor/dtype.h"

namespace kinglet::kernels {

/// Values that share one scale in quantized activations.
inline constexpr std::size_t kActivationBlock = 32;

/// Weight rows that lie interleaved in the packed layout.
inline constexpr std::size_t kPanelRows = 8;

/// Several rows of activations (the right-hand side of matmul), all of `cols` values. The int8 form of row i
/// is x[32 b + j] ~ scales[b] * q[32 b + j]; sums[2 b] and sums[2 b + 1] are the sums of each half block's q,
/// and weighted_sums[b] = scales[b] * (sums[2 b] + sums[2 b + 1]). Strides count elements from row to row.
/// Fields of the form that a dtype does not take may be null.
struct ActivationRows {
    const float* values = nullptr;
    std::size_t values_stride = 0;
    const std::int8_t* q = nullptr;
    std::size_t q_stride = 0;
    const float* scales = nullptr;
    std::size_t scales_stride = 0;
    const std::int16_t* sums = nullptr;
    std::size_t sums_stride = 0;
    const float* weighted_sums = nullptr;
    std::size_t weighted_sums_stride = 0;
    std::size_t n = 0;
};

/// One rectangle of a product: y[i * y_stride + r] = dot(weight row r, activation row i), r < rows, i < x.n.
struct MatmulArgs {
    /// First weight row (plain layout) or first panel (packed layout).
    const std::byte* weights = nullptr;
    /// Bytes from row to row (plain) or from panel to panel (packed).
    std::size_t weights_stride = 0;
    std::size_t rows = 0;
    /// Values in a row: a whole number of the dtype's blocks.
    std::size_t cols = 0;
    ActivationRows x;
    float* y = nullptr;
    std::size_t y_stride = 0;
};

/// What the kernels of a dtype take as activations.
enum class ActivationKind : std::uint8_t { floats, int8 };

/// Attention of query vectors that see the same keys (the heads of one group): for each query i < count
/// out_i = sum_t softmax_t(cap(scale * q_i . k_t)) v_t over `length` positions. Strides of k and v are bytes
/// from position to position; those of q and out are floats from query to query. k_dim and v_dim are whole
/// numbers of the stored dtype's blocks.
struct AttentionArgs {
    const float* q = nullptr;
    std::size_t q_stride = 0;
    std::size_t count = 1;
    const void* k = nullptr;
    std::size_t k_stride = 0;
    const void* v = nullptr;
    std::size_t v_stride = 0;
    std::size_t length = 0;
    std::size_t k_dim = 0;
    /// May differ from k_dim.
    std::size_t v_dim = 0;
    float scale = 1.0F;
    /// Scores become softcap * tanh(score / softcap); 0 leaves them alone.
    float softcap = 0.0F;
    float* out = nullptr;
    std::size_t out_stride = 0;
};

/// All that a table knows about one dtype; null pointers where there is no such kernel.
struct DTypeKernels {
    /// Decodes `count` values (whole blocks).
    void (*to_float)(const void* src, float* dst, std::size_t count) = nullptr;
    /// Encodes `count` values (whole blocks); null where Kinglet does not write this dtype.
    void (*from_float)(const float* src, void* dst, std::size_t count) = nullptr;
    /// Product with weights as they lie in the file. A result's bits do not depend on how many rows were
    /// asked for.
    void (*matmul)(const MatmulArgs& args) = nullptr;
    /// Which form of activations `matmul` reads.
    ActivationKind activations = ActivationKind::floats;
    /// Re-orders kPanelRows rows (fewer: the rest is zero) into one panel of packed_panel_bytes(); null where
    /// the dtype has no packed layout. The layout is the same in every table.
    void (*pack)(const std::byte* rows, std::size_t row_stride, std::size_t row_count, std::size_t cols,
                 std::byte* panel) = nullptr;
    /// Product with packed weights (takes int8 activations).
    void (*matmul_packed)(const MatmulArgs& args) = nullptr;
    /// Attention over keys and values of this dtype, read as they are stored, in one pass (online softmax);
    /// null where no cache is kept in it.
    void (*attention)(const AttentionArgs& args) = nullptr;
};

/// Everything that differs between instruction sets.
struct KernelTable {
    /// As KINGLET_ISA names it.
    std::string_view name;
    std::array<DTypeKernels, kDTypeCount> dtypes;

    /// The row of a dtype.
    const DTypeKernels& of(DType type) const { return dtypes[static_cast<std::size_t>(type)]; }

    /// Activations to int8 blocks; cols is a multiple of 32; the outputs are those of ActivationRows.
    void (*quantize_row)(const float* x, std::size_t cols, std::int8_t* q, float* scales, std::int16_t* sums,
                         float* weighted_sums);

    /// out = x / sqrt(mean(x^2) + eps) * weight; weight may be null, out may be x.
    void (*rms_norm)(const float* x, const float* weight, float* out, std::size_t n, float eps);
    /// out = (x - mean) / sqrt(variance + eps) * weight + bias; weight and bias may be null, out may be x.
    void (*layer_norm)(const float* x, const float* weight, const float* bias, float* out, std::size_t n,
                       float eps);
    /// In place; the largest value is taken off first.
    void (*softmax)(float* x, std::size_t n);

    /// Activation functions; out may be x.
    void (*silu)(const float* x, float* out, std::size_t n);
    void (*gelu_tanh)(const float* x, float* out, std::size_t n);
    void (*gelu_erf)(const float* x, float* out, std::size_t n);
    /// out = f(gate) * up; out may be either.
    void (*silu_mul)(const float* gate, const float* up, float* out, std::size_t n);
    void (*gelu_tanh_mul)(const float* gate, const float* up, float* out, std::size_t n);
    void (*gelu_erf_mul)(const float* gate, const float* up, float* out, std::size_t n);
    /// x = cap * tanh(x / cap).
    void (*softcap)(float* x, std::size_t n, float cap);

    /// Element by element; out may be an input.
    void (*add)(const float* a, const float* b, float* out, std::size_t n);
    void (*mul)(const float* a, const float* b, float* out, std::size_t n);
    void (*scale)(float* x, std::size_t n, float factor);
    /// y += factor * x.
    void (*axpy)(float* y, const float* x, std::size_t n, float factor);
    void (*axpy_f16)(float* y, const std::uint16_t* x, std::size_t n, float factor);
    float (*dot)(const float* a, const float* b, std::size_t n);
    float (*dot_f16)(const float* a, const std::uint16_t* b, std::size_t n);
    /// Index of the largest value, the first of equals; n > 0.
    std::size_t (*argmax)(const float* x, std::size_t n);

    /// Rotates pairs in place by angles given as cos and sin: (x[2i], x[2i+1]), as in the original LLaMA.
    void (*rope_adjacent)(float* x, const float* cos, const float* sin, std::size_t pairs);
    /// The same for pairs (x[i], x[i + pairs]), as in GPT-NeoX.
    void (*rope_halves)(float* x, const float* cos, const float* sin, std::size_t pairs);

    /// Rounds to nearest, ties to even.
    void (*f32_to_f16)(const float* src, std::uint16_t* dst, std::size_t n);
    void (*f16_to_f32)(const std::uint16_t* src, float* dst, std::size_t n);
};

/// Bytes of one panel of kPanelRows rows of `cols` values in the packed layout; 0 where the dtype has none.
std::size_t packed_panel_bytes(DType type, std::size_t cols);

}  // namespace kinglet::kernels
