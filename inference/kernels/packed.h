// The packed layout of weights: panels of eight rows whose blocks are interleaved.
//
// A block of a panel is eight blocks of the file, one of each row, and has eight times their bytes. Each
// field of the block keeps its place (times eight), but within a field the rows alternate after every unit:
// with units of four bytes the first 32 bytes are the first word of each row, so that one load fills a vector
// whose lanes are rows.
#pragma once

#include <cstddef>

#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels {

/// DTypeKernels::pack for a dtype, in plain C++; null where the dtype has no packed layout.
using PackFunction = void (*)(const std::byte* rows, std::size_t row_stride, std::size_t row_count,
                              std::size_t cols, std::byte* panel);
PackFunction pack_function(DType type);

}  // namespace kinglet::kernels
