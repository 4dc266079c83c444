// What a model's file suggests for choosing tokens.
#pragma once

#include "inference/engine/engine.h"
#include "inference/gguf/metadata.h"

namespace kinglet::engine {

/// Reads general.sampling.temp, top_k, top_p, min_p and penalty_repeat, the names that llama.cpp's converters
/// write. A suggestion is no reason to refuse a file: what is no number, or none that anybody would choose,
/// is as if it were not there. A top_k of 0 or less means that it is off.
SamplingDefaults read_sampling_defaults(const gguf::Metadata& metadata);

}  // namespace kinglet::engine
