// Values to blocks with as small an error as the format allows: slower than the kernels' from_float, which
// has to keep up with a computation.
#pragma once

#include <cstddef>

#include "inference/tensor/dtype.h"

namespace kinglet::quantize {

/// Encodes `count` finite values (whole blocks).
using Encoder = void (*)(const float* x, void* blocks, std::size_t count);

/// The encoder of a dtype; null where Kinglet does not write it.
Encoder find_encoder(DType type);

// One a block format, for find_encoder.
void encode_q4_0(const float* x, void* blocks, std::size_t count);
void encode_q5_0(const float* x, void* blocks, std::size_t count);
void encode_q5_1(const float* x, void* blocks, std::size_t count);
void encode_q8_0(const float* x, void* blocks, std::size_t count);
void encode_q4_k(const float* x, void* blocks, std::size_t count);
void encode_q5_k(const float* x, void* blocks, std::size_t count);
void encode_q6_k(const float* x, void* blocks, std::size_t count);

}  // namespace kinglet::quantize
