// Rotary positions as the kernels take them: cosines and sines by position.
#pragma once

#include <vector>

#include "inference/arch/description.h"
#include "inference/base/aligned_buffer.h"

namespace kinglet::engine {

/// The angle per position of each pair, for a session of this context length (which decides between short and
/// long factors).
std::vector<double> rope_frequencies(const arch::Rope& rope, int context_length);

/// Cosines and sines of a run of positions, one row of `pairs` each.
class RopeTable {
  public:
    RopeTable() = default;
    RopeTable(const arch::Rope& rope, int context_length)
        : frequencies_(rope_frequencies(rope, context_length)), magnitude_(rope.magnitude) {}

    int pairs() const { return static_cast<int>(frequencies_.size()); }
    /// Computes the rows of positions first .. first + count - 1. False where memory is short.
    [[nodiscard]] bool prepare(int first, int count);
    /// Rows of the i-th prepared position.
    const float* cos(int i) const { return cos_.data() + static_cast<std::size_t>(i) * frequencies_.size(); }
    const float* sin(int i) const { return sin_.data() + static_cast<std::size_t>(i) * frequencies_.size(); }

  private:
    std::vector<double> frequencies_;
    double magnitude_ = 1;
    AlignedBuffer<float> cos_, sin_;
};

}  // namespace kinglet::engine
