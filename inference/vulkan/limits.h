// What a device can do at most, measured: answers are held against how fast it copies, prompts against how
// fast it computes.
#pragma once

#include "inference/base/result.h"

namespace kinglet::vulkan {

struct DeviceLimits {
    double copy_gb_s = 0;  ///< bytes read plus bytes written, from one buffer of the device to another
    double gflops = 0;     ///< single precision, a multiplication with an addition being two
};

/// Takes some tenths of a second. Errors: unsupported (no such device), out_of_memory, device_lost.
Result<DeviceLimits> measure_limits(int device);

}  // namespace kinglet::vulkan
