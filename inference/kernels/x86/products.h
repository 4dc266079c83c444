// The products with weights that each instruction set has. This header is all that files without its flags
// see of them: numbers and addresses, no code.
#pragma once

#include <span>

#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels {

/// DTypeKernels::matmul and matmul_packed of one dtype; `packed` is null where it has no packed layout.
struct Product {
    DType type;
    void (*plain)(const MatmulArgs& args);
    void (*packed)(const MatmulArgs& args);
};

// What each set exports.
namespace avx2 {
extern const std::span<const Product> small_blocks, super_blocks, half_blocks, grid_blocks, floats;
}
namespace avxvnni {
extern const std::span<const Product> small_blocks, super_blocks, half_blocks;
}
namespace avx512 {
extern const std::span<const Product> small_blocks, super_blocks, half_blocks, floats;
}
namespace avx512vnni {
extern const std::span<const Product> small_blocks, super_blocks, half_blocks;
}
#if defined(KINGLET_KERNEL_SET)
// The set that is being compiled, which tests name differently.
namespace KINGLET_KERNEL_SET {
extern const std::span<const Product> small_blocks, super_blocks, half_blocks, floats;
}
#endif

}  // namespace kinglet::kernels
