// What this machine can do at most on one thread, as plain loops: kernels are held against these in the same
// run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kinglet::bench {

/// Multiplies and adds int8 values in registers with AVX2 (vpmaddubsw, vpmaddwd, vpaddd), `rounds` times 1024
/// products. Returns something that depends on all of them.
std::int64_t int8_products_avx2(std::size_t rounds);

/// Multiplies and adds floats in registers with FMA, `rounds` times 1024 products.
float float_products_avx2(std::size_t rounds);

/// Reads memory in order and adds it up, in vectors where the processor has AVX2.
std::uint64_t read_all(const void* memory, std::size_t bytes);

/// What one thread of this machine does at most, measured when it is first asked for.
struct Roof {
    double cycles_per_s = 0;         ///< by additions that wait for each other
    double read_bytes_per_s = 0;     ///< of 96 MiB in huge pages, where the system grants them
    double int8_products_per_s = 0;  ///< 0 without AVX2
    double float_products_per_s = 0;
};
const Roof& roof();

}  // namespace kinglet::bench
