// Where tests hand in tables for instructions that the machine at hand lacks.
#pragma once

#include <span>

#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels {

/// Tables in which functions stand in for the processor's instructions: exact, and very slow. They are never
/// chosen unless they are asked for by name, after those that the processor can run. There are none but in
/// test programs, which link a definition of their own (tests/kernels/emulation).
std::span<const KernelTable* const> emulated_tables();

}  // namespace kinglet::kernels
