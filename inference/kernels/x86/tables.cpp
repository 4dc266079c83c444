// This file is compiled without ISA flags: building a table must be possible on any processor.
#include "inference/kernels/x86/tables.h"

#include "inference/kernels/avx2/avx2_table.h"
#include "inference/kernels/packed.h"

namespace kinglet::kernels {

KernelTable with_products(const KernelTable& base, std::string_view name,
                          std::initializer_list<std::span<const Product>> products) {
    KernelTable table = base;
    table.name = name;
    for (const std::span<const Product> group : products) {
        for (const Product& product : group) {
            DTypeKernels& row = table.dtypes[static_cast<std::size_t>(product.type)];
            row.matmul = product.plain;
            row.matmul_packed = product.packed;
            if (product.packed != nullptr) row.pack = pack_function(product.type);
        }
    }
    return table;
}

const KernelTable& avxvnni_table() {
    static const KernelTable table = with_products(
        avx2_table(), "avxvnni", {avxvnni::small_blocks, avxvnni::super_blocks, avxvnni::half_blocks});
    return table;
}

const KernelTable& avx512_table() {
    static const KernelTable table =
        with_products(avx2_table(), "avx512",
                      {avx512::small_blocks, avx512::super_blocks, avx512::half_blocks, avx512::floats});
    return table;
}

const KernelTable& avx512vnni_table() {
    static const KernelTable table =
        with_products(avx512_table(), "avx512vnni",
                      {avx512vnni::small_blocks, avx512vnni::super_blocks, avx512vnni::half_blocks});
    return table;
}

}  // namespace kinglet::kernels
