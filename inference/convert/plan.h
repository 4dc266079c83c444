// From rules and a checkpoint's tensors to the list of what is written.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "inference/convert/recipe.h"
#include "inference/tensor/dtype.h"

namespace kinglet::convert {

/// Rows of one source tensor, in the order that `row` gives.
struct Part {
    const SourceTensor* source = nullptr;
    std::uint64_t rows = 0;     ///< of the result
    std::uint64_t columns = 0;  ///< of the result
    bool transposed = false;    ///< the source is (columns, rows)
    /// Row of the source for a row of the result; empty = the same.
    std::function<std::uint64_t(std::uint64_t)> row;
    /// Column of the source for each column of the result; empty = the same.
    std::vector<std::uint32_t> column;
    Change change = Change::none;
};

/// One tensor of the result: parts one after the other, or values.
struct OutputTensor {
    std::string name;
    std::vector<std::uint64_t> shape;  ///< slowest-varying dimension first
    DType type = DType::f32;
    std::vector<Part> parts;
    std::vector<float> values;

    std::uint64_t bytes() const;
};

struct Plan {
    std::vector<OutputTensor> tensors;
    /// Names of the checkpoint's tensors that have no place in the result.
    std::vector<std::string> left_out;
};

/// What becomes of every tensor of `model.checkpoint`. `type`: of matrices; empty = as the checkpoint has
/// them. Vectors are always F32. Errors: bad_format (tensors that are missing or unknown, which are named; a
/// shape that does not fit the config), unsupported (an element type).
Result<Plan> make_plan(const Recipe& recipe, const Model& model, std::optional<DType> type);

/// Whether `name` is what `pattern` describes: "#" and "@" stand for a number (written to `layer` and
/// `expert`), "*" at the end for anything.
bool matches(std::string_view pattern, std::string_view name, int& layer, int& expert);

/// The pattern with numbers in place of "#" and "@".
std::string filled(std::string_view pattern, int layer, int expert);

}  // namespace kinglet::convert
