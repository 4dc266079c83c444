// What the tables for 64-bit ARM compute with floats.
#pragma once

#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels::neon {

/// Puts products of floats (F32, F16, BF16) and the operations on rows that attention consists of into a
/// table.
void add_floats(KernelTable& table);

}  // namespace kinglet::kernels::neon
