// What this machine can do at most, measured: the yardsticks of kinglet-cli bench.
#pragma once

#include <cstddef>

namespace kinglet::cli {

/// Bytes a second, in units of 1e9, that `threads` threads together read from memory: a plain sequential read
/// of ordinary 4 KiB anonymous pages, far more of them than any cache holds. 0 where the memory cannot be
/// had.
double measure_read_bandwidth_gb_s(int threads);

/// 8-bit integer operations a second, in units of 1e9 (a multiplication and an addition count as two), that
/// `threads` threads together do in registers with the widest instructions of this processor.
double measure_int8_gops(int threads);

/// The largest share of memory that this process has occupied so far, in bytes.
std::size_t peak_memory_bytes();

}  // namespace kinglet::cli
