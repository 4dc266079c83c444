// Y = X * W^T on several threads, for every dtype that has kernels.
#pragma once

#include <cstddef>
#include <span>

#include "inference/base/aligned_buffer.h"
#include "inference/base/thread_pool.h"
#include "inference/kernels/kernel_table.h"
#include "inference/tensor/low_rank.h"
#include "inference/tensor/tensor_view.h"

namespace kinglet::kernels {

/// How a weight matrix lies in memory.
enum class WeightLayout : unsigned char {
    plain,   ///< row by row, as in the file
    packed,  ///< panels of kPanelRows interleaved rows, made by pack_weights
};

/// A weight matrix of `rows` outputs and `cols` inputs in memory that somebody else owns.
struct WeightMatrix {
    const std::byte* data = nullptr;
    DType type = DType::f32;
    WeightLayout layout = WeightLayout::plain;
    std::size_t rows = 0;
    std::size_t cols = 0;

    WeightMatrix() = default;
    /// The weights where they are, packed if they are that; a tensor of more than two dimensions counts as
    /// its rows one below the other.
    explicit WeightMatrix(const TensorView& view)
        : data(view.packed != nullptr ? view.packed : view.data),
          type(view.type),
          layout(view.packed != nullptr ? WeightLayout::packed : WeightLayout::plain),
          rows(view.rows()),
          cols(view.cols()) {}

    explicit operator bool() const { return data != nullptr; }
};

/// Bytes that pack_weights needs for a matrix; 0 where its dtype has no packed layout (use it plain).
std::size_t packed_bytes(const KernelTable& table, const TensorView& view);

/// Re-orders a matrix into `out` (packed_bytes() long, 64-byte aligned) with all threads and returns the
/// matrix that lies there. Products with it are faster, above all with many activation rows. `out` must
/// outlive it.
WeightMatrix pack_weights(const KernelTable& table, ThreadPool& pool, const TensorView& view, std::byte* out);

/// Rows of activations in the forms that kernels take. The caller keeps one as scratch: memory grows and is
/// reused. `assign` keeps a pointer to the floats, which must stay until the last matmul that uses them.
class Activations {
  public:
    /// Takes n rows of cols floats, `stride` floats apart. The int8 form is made at the first matmul that
    /// needs it.
    void assign(const float* x, std::size_t n, std::size_t cols, std::size_t stride);
    void assign(const float* x, std::size_t n, std::size_t cols) { assign(x, n, cols, cols); }

    std::size_t n() const { return n_; }
    std::size_t cols() const { return cols_; }

    /// Makes the int8 form unless it is there. False where memory is short. cols() must be a multiple of 32.
    [[nodiscard]] bool quantize(const KernelTable& table, ThreadPool& pool);

    /// All rows, in the forms made so far.
    ActivationRows rows() const;

  private:
    const float* x_ = nullptr;
    std::size_t n_ = 0;
    std::size_t cols_ = 0;
    std::size_t stride_ = 0;
    bool quantized_ = false;
    AlignedBuffer<std::int8_t> q_;
    AlignedBuffer<float> scales_;
    AlignedBuffer<std::int16_t> sums_;
    AlignedBuffer<float> weighted_sums_;
};

/// One product among several with the same activations: y[i * y_stride + r] for activation row i, weight row
/// r.
struct MatmulJob {
    WeightMatrix weights;
    float* y = nullptr;
    /// Floats from one activation row's results to the next's; 0 means weights.rows.
    std::size_t y_stride = 0;
    /// weights.rows values to add to each result row; may be null.
    const float* bias = nullptr;
    /// What adapters add to the matrix; their sizes fit it.
    std::span<const LowRank> additions;
};

/// Computes all jobs in one fork-join (query, key and value; gate and up ...). Each result's bits depend only
/// on its weight row and its activation row, never on how many rows there are or on the threads. All weights
/// have x.cols() columns and a dtype with has_kernel. False where memory for the int8 form is short.
[[nodiscard]] bool matmul(const KernelTable& table, ThreadPool& pool, Activations& x,
                          std::span<const MatmulJob> jobs);

/// One product.
[[nodiscard]] bool matmul(const KernelTable& table, ThreadPool& pool, Activations& x,
                          const WeightMatrix& weights, float* y);

}  // namespace kinglet::kernels
