// What this machine can do at most on one thread: kernels are held against it in the same run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kinglet::bench {

/// What one thread of this machine does at most, measured when it is first asked for.
struct Roof {
    double cycles_per_s = 0;          ///< by additions that wait for each other
    double read_bytes_per_s = 0;      ///< of 96 MiB in huge pages, where the system grants them
    double int8_products_per_s = 0;   ///< with the widest instructions
    double float_products_per_s = 0;  ///< with FMA; 0 without
};
const Roof& roof();

}  // namespace kinglet::bench
