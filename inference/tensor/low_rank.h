// What an adapter adds to a weight matrix.
#pragma once

#include "inference/tensor/tensor_view.h"

namespace kinglet {

/// The matrix W + scale * B A is used in place of W, with A (rank, inputs) and B (outputs, rank) that
/// somebody else owns. W stays as it is.
struct LowRank {
    TensorView a, b;
    float scale = 1;
};

}  // namespace kinglet
