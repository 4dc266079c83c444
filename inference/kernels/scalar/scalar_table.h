// The plain C++ table: runs everywhere, and is what the other tables are tested against.
#pragma once

#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels {

/// The table made of plain loops.
const KernelTable& scalar_table();

namespace scalar {

/// Each part of the table is filled by the file that holds its functions.
void add_formats(KernelTable& table);
void add_quantizers(KernelTable& table);
void add_operations(KernelTable& table);
void add_attention(KernelTable& table);

}  // namespace scalar
}  // namespace kinglet::kernels
