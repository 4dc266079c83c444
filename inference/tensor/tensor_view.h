// A look at a tensor that somebody else owns.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "inference/tensor/dtype.h"

namespace kinglet {

/// A read-only tensor in memory that it does not own (usually a mapped model file). Dimension 0 varies
/// fastest, as in GGUF: a weight matrix that turns `cols` inputs into `rows` outputs has dims {cols, rows, 1,
/// 1}. Sizes were checked by whoever made the view: dims[0] is a whole number of blocks and size_bytes() are
/// readable.
struct TensorView {
    const std::byte* data = nullptr;
    DType type = DType::f32;
    std::array<std::uint64_t, 4> dims{0, 1, 1, 1};
    /// The same rows in the layout of inference/kernels/packed.h, where somebody made it; as many bytes a
    /// row.
    const std::byte* packed = nullptr;

    /// Whether there is a tensor at all (models may leave optional ones out).
    explicit operator bool() const { return data != nullptr; }

    /// Values in a row.
    std::size_t cols() const { return static_cast<std::size_t>(dims[0]); }

    /// Rows over all further dimensions.
    std::size_t rows() const { return static_cast<std::size_t>(dims[1] * dims[2] * dims[3]); }

    /// Values in all.
    std::size_t count() const { return cols() * rows(); }

    /// Bytes from one row to the next.
    std::size_t row_stride() const {
        const DTypeInfo& info = dtype_info(type);
        return cols() / info.block_length * info.block_bytes;
    }

    std::size_t size_bytes() const { return rows() * row_stride(); }

    /// The start of a row.
    const std::byte* row(std::size_t i) const {
        assert(i < rows());
        return data + i * row_stride();
    }

    /// The i-th matrix of a tensor with three dimensions (one expert of a mixture). Those that are packed
    /// have whole panels.
    TensorView plane(std::size_t i) const {
        assert(i < dims[2] * dims[3]);
        TensorView part = *this;
        const std::size_t offset = i * static_cast<std::size_t>(dims[1]) * row_stride();
        part.data = data + offset;
        if (packed != nullptr) part.packed = packed + offset;
        part.dims = {dims[0], dims[1], 1, 1};
        return part;
    }
};

}  // namespace kinglet
