// How quantized blocks lie in memory, as the GGUF format defines it. All are little-endian and unpadded;
// half-precision fields are kept as their bit patterns.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kinglet {

/// Values in one block of a K-quant.
inline constexpr std::size_t kSuperBlock = 256;

/// 32 values of 4 bits: value = d * (nibble - 8). Low nibbles hold values 0..15, high nibbles 16..31.
struct BlockQ4_0 {
    std::uint16_t d;
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockQ4_0) == 18);

/// 32 values of 8 bits: value = d * q.
struct BlockQ8_0 {
    std::uint16_t d;
    std::int8_t qs[32];
};
static_assert(sizeof(BlockQ8_0) == 34);

/// 256 values of 4 bits in 8 groups of 32: value = d * scale[g] * nibble - dmin * min[g]. The 6-bit scales
/// and minima share 12 bytes; qs holds groups in pairs, the even group in the low nibbles of 32 bytes.
struct BlockQ4_K {
    std::uint16_t d;
    std::uint16_t dmin;
    std::uint8_t scales[12];
    std::uint8_t qs[128];
};
static_assert(sizeof(BlockQ4_K) == 144);

/// 256 values of 6 bits in 16 groups of 16: value = d * scale[g] * (q - 32). ql has the low 4 bits, qh the
/// upper 2.
struct BlockQ6_K {
    std::uint8_t ql[128];
    std::uint8_t qh[64];
    std::int8_t scales[16];
    std::uint16_t d;
};
static_assert(sizeof(BlockQ6_K) == 210);

}  // namespace kinglet
