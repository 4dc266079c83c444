// Which of the kernel tables runs on this machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inference/base/cpu_features.h"
#include "inference/base/result.h"
#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels {

/// The tables that a processor can run, slowest first ("scalar" is always there).
std::vector<const KernelTable*> available_tables(const CpuFeatures& cpu);

/// The table named `forced`, or the fastest where it is empty. ErrorCode::invalid_argument for a name that is
/// not known, ErrorCode::unsupported for one that the processor cannot run; the hint lists those that it can.
/// Tables live as long as the program.
Result<const KernelTable*> select_table(std::string_view forced, const CpuFeatures& cpu);

/// The same for this machine, with the environment variable KINGLET_ISA as `forced`.
Result<const KernelTable*> select_table();

}  // namespace kinglet::kernels
