// Turns one output tensor into bytes, a few rows at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "inference/base/result.h"
#include "inference/convert/plan.h"

namespace kinglet::convert {

/// Takes the next bytes of a tensor.
using Sink = std::function<Status(std::span<const std::byte>)>;

/// Gives the tensor's bytes to `sink` in order, in pieces of a few megabytes. `tensor.type` is F32, F16 or
/// BF16. Errors: bad_format (a value that F16 cannot hold), those of the sink.
Status stream_tensor(const OutputTensor& tensor, const Sink& sink);

}  // namespace kinglet::convert
