// What a format says about a group of 32 values, and the activations that such a group meets.
#pragma once

#include "inference/kernels/kernel_table.h"
#include "inference/kernels/x86/lanes.h"

namespace kinglet::kernels::x86 {
namespace {

/// How many products of pairs fit 16 bits: 8 for 4-bit values, 4 for 5 bits, 2 for 6 bits; 1 means signed
/// bytes.
enum class Depth { eight = 8, four = 4, two = 2, is_signed = 1 };

/// What a format subtracts from its values besides a fixed offset: nothing, one float for 32 values, or a
/// float times an integer of its own for each 16 values.
enum class Min { none, whole, halves };

/// What a format says about 32 values of each row besides the values.
struct GroupScales {
    /// Float scale of each row.
    Floats scale;
    /// What each row subtracts (Min::whole), or the scale of that (Min::halves).
    Floats min;
    /// For each row the two integers of Min::halves.
    Ints min_halves;
    /// Integer scales of the first and second 16 values, as factor_of_byte makes them (formats with kHalves).
    Ints half[2];
    /// For each row two 16-bit factors of the sums of the two half groups (formats with kOffset).
    Ints offset;
};

/// One activation row.
struct Row {
    const std::int8_t* q;
    const float* scales;
    const std::int16_t* sums;
    const float* weighted_sums;
};

KINGLET_INLINE Row row_of(const ActivationRows& x, std::size_t i) {
    return {x.q + i * x.q_stride, x.scales + i * x.scales_stride, x.sums + i * x.sums_stride,
            x.weighted_sums + i * x.weighted_sums_stride};
}

}  // namespace
}  // namespace kinglet::kernels::x86
