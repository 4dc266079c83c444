// The products with weights that the sets for 64-bit ARM have. This header is all that files without their
// flags see of them: numbers and addresses, no code.
#pragma once

#include <span>

#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels {
namespace arm {

/// DTypeKernels::matmul of one dtype.
struct Product {
    DType type;
    void (*plain)(const MatmulArgs& args);
};

}  // namespace arm

// What each set exports.
namespace neon {
using arm::Product;
extern const std::span<const Product> products;
}  // namespace neon
namespace neondot {
using arm::Product;
extern const std::span<const Product> products;
}  // namespace neondot

}  // namespace kinglet::kernels
