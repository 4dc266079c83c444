// Floats to blocks, for what the AVX2 table writes itself. Declarations only, as in functions.h.
#pragma once

#include <cstddef>

namespace kinglet::kernels::avx2 {

void q8_0_from_float(const float* src, void* dst, std::size_t count);
void q4_0_from_float(const float* src, void* dst, std::size_t count);

}  // namespace kinglet::kernels::avx2
