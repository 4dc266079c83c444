// This file is compiled without flags of its own: building a table must be possible on any processor.
#include "inference/kernels/neon/neon_table.h"

#include "inference/kernels/neon/floats.h"
#include "inference/kernels/neon/products.h"
#include "inference/kernels/scalar/scalar_table.h"

namespace kinglet::kernels {
namespace {

KernelTable make_table(std::string_view name, std::span<const arm::Product> products) {
    KernelTable table = scalar_table();
    table.name = name;
    neon::add_floats(table);
    for (const arm::Product& product : products)
        table.dtypes[static_cast<std::size_t>(product.type)].matmul = product.plain;
    return table;
}

}  // namespace

const KernelTable& neon_table() {
    static const KernelTable table = make_table("neon", neon::products);
    return table;
}

const KernelTable& neondot_table() {
    static const KernelTable table = make_table("neondot", neondot::products);
    return table;
}

}  // namespace kinglet::kernels
