// Tables for 64-bit ARM.
#pragma once

#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels {

/// What every 64-bit ARM processor has: products of the commonest quantized formats and of floats, all else
/// as in the scalar table.
const KernelTable& neon_table();

/// The same with the instructions of ARMv8.2 that multiply and add four bytes at once (SDOT).
const KernelTable& neondot_table();

}  // namespace kinglet::kernels
