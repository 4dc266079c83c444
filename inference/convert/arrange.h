// Where each row of a converted tensor comes from.
#pragma once

#include "inference/base/result.h"
#include "inference/convert/plan.h"

namespace kinglet::convert {

/// A tensor as the matrix that it is: all dimensions but the last are rows, dimensions of 1 in the middle
/// vanish; a vector is one column.
struct Shape {
    std::vector<std::uint64_t> dimensions;  ///< of the result, slowest first
    std::uint64_t planes = 1;               ///< matrices one after the other
    std::uint64_t rows = 1;                 ///< of each plane
    std::uint64_t columns = 1;
};

/// What `rule` makes of `source`: the part, and the result's dimensions. Errors: bad_format where the shape
/// does not fit the facts.
struct Arranged {
    Part part;
    std::vector<std::uint64_t> dimensions;
};
Result<Arranged> arrange(const TensorRule& rule, const SourceTensor& source, const Facts& facts);

}  // namespace kinglet::convert
