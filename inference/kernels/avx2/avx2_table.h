// The table for processors with AVX2, FMA and F16C.
#pragma once

#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels {

/// The scalar table with everything replaced that AVX2 does faster.
const KernelTable& avx2_table();

}  // namespace kinglet::kernels
