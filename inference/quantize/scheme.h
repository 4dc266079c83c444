// The kinds of quantized files that Kinglet writes, and which tensor becomes what in each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "inference/gguf/reader.h"
#include "inference/tensor/dtype.h"

namespace kinglet::quantize {

/// One kind of file, as its name says it: Q4_K_M, Q8_0 ...
struct Scheme {
    std::string_view name;
    /// GGUF's number of it, for general.file_type.
    std::uint32_t file_type;
    /// What most matrices become.
    DType type;
    /// What the output matrix becomes in models of kMixedFrom layers or more.
    DType output;
    /// What half of the layers' value and down projections become there.
    DType sensitive;
    /// What a fused query-key-value matrix becomes there.
    DType fused;
};

/// Layers from which on the matrices that errors hurt most get more bits. What the mixes call the first and
/// the last eighth of the layers is nothing in a smaller model, which is written evenly.
inline constexpr int kMixedFrom = 8;

/// All of them, best known first.
std::span<const Scheme> schemes();

/// The scheme of that name, upper or lower case; null where there is none.
const Scheme* find_scheme(std::string_view name);

/// What choosing types needs to know of a model as a whole.
struct Shape {
    int layers = 0;
    bool has_output = false;
};
Shape shape_of(const gguf::File& file);

/// What became of a tensor's type.
struct Choice {
    DType type = DType::f32;
    /// What the scheme wanted, where the rows do not divide into its blocks; else the same as `type`.
    DType wanted = DType::f32;
};

/// The type of a tensor in the new file. Norms, biases, routers, positions and whatever else is small and
/// sensitive stay as they are. With `even`, all matrices become the scheme's type.
Choice choose(const Scheme& scheme, const Shape& shape, const gguf::TensorInfo& tensor, bool even);

}  // namespace kinglet::quantize
