// What this machine can do at most, measured, and what memory it has left.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kinglet::machine {

/// Bytes a second, in units of 1e9, that `threads` threads together read from memory: a plain sequential read
/// of ordinary 4 KiB anonymous pages, `bytes` in all, which should be more than any cache holds. 0 where the
/// memory cannot be had.
double measure_read_bandwidth_gb_s(int threads, std::size_t bytes = std::size_t{512} << 20);

/// 8-bit integer operations a second, in units of 1e9 (a multiplication and an addition count as two), that
/// `threads` threads together do in registers with the widest instructions of this processor.
double measure_int8_gops(int threads);

/// Bytes of memory that a program could take now without others being pushed out; 0 where the system does not
/// tell.
std::uint64_t available_memory_bytes();

/// Bytes that a copy of a model's weights may take, so that enough is left for chats and other programs: a
/// model that is larger is better computed from its mapped file, which the system can let go of.
std::uint64_t memory_for_weights();

/// The largest share of memory that this process has occupied so far, in bytes.
std::size_t peak_memory_bytes();

}  // namespace kinglet::machine
