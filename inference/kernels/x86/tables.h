// Tables that differ from another one by their products.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "inference/kernels/x86/products.h"

namespace kinglet::kernels {

/// A table with other products in the place of those of `base`.
KernelTable with_products(const KernelTable& base, std::string_view name,
                          std::initializer_list<std::span<const Product>> products);

/// AVX2 with AVX-VNNI: products of quantized weights by instructions that add up four bytes at once.
const KernelTable& avxvnni_table();

/// AVX-512 F, BW, VL and DQ: products in vectors of sixteen lanes, all else as with AVX2.
const KernelTable& avx512_table();

/// The same with AVX-512 VNNI.
const KernelTable& avx512vnni_table();

}  // namespace kinglet::kernels
