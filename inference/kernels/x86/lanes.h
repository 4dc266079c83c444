// Vectors as wide as the instruction set that a file is compiled for: eight lanes of 32 bits, or sixteen.
// What is written with these functions is compiled once for each set (see CMakeLists.txt):
//   KINGLET_LANES  how many lanes a vector has
//   KINGLET_VNNI   1 where the set multiplies and adds four bytes a lane in one instruction
#pragma once

#if KINGLET_LANES == 16
#include "inference/kernels/x86/lanes16.h"
#elif KINGLET_LANES == 8
#include "inference/kernels/x86/lanes8.h"
#else
#error "KINGLET_LANES must be 8 or 16"
#endif

namespace kinglet::kernels::x86 {
namespace {

constexpr bool kVnni = KINGLET_VNNI != 0;

/// The four bytes at p in every lane.
KINGLET_INLINE Ints broadcast4(const void* p) {
    int four;
    __builtin_memcpy(&four, p, 4);
    return all32(four);
}

}  // namespace
}  // namespace kinglet::kernels::x86
