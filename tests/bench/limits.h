// What this machine can do at most on one thread, as plain loops: kernels are held against these in the same
// run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kinglet::bench {

/// Multiplies and adds int8 values in registers with AVX2 (vpmaddubsw, vpmaddwd, vpaddd), `rounds` times 1024
/// products. Returns something that depends on all of them.
std::int64_t int8_products_avx2(std::size_t rounds);

/// Reads memory in order and adds it up, the machine's vectors wide.
std::uint64_t read_all(const void* memory, std::size_t bytes);

}  // namespace kinglet::bench
