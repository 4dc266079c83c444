// A model file written anew with its matrices in another format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "inference/base/result.h"
#include "inference/gguf/model_file.h"
#include "inference/quantize/scheme.h"

namespace kinglet::quantize {

struct Options {
    /// Threads that compute; 0 = one for each fast physical core.
    unsigned threads = 0;
    /// All matrices get the scheme's own type, also those that its mix gives more bits.
    bool even = false;
    /// Told the share that is done, from 0 to 1, now and then and from the calling thread.
    std::function<void(float)> on_progress;
    std::stop_token stop;
};

/// A tensor whose rows do not divide into the blocks that the scheme wanted.
struct Fallback {
    std::string tensor;
    DType wanted;
    DType used;
};

/// What was written.
struct Report {
    std::size_t tensors = 0;
    /// Tensors of each type.
    std::map<DType, std::size_t> types;
    std::uint64_t weights = 0;
    /// Of the tensors, without metadata.
    std::uint64_t bytes_before = 0;
    std::uint64_t bytes_after = 0;
    std::vector<Fallback> fallbacks;
    /// Matrices that had been quantized before, so that two losses add up.
    std::size_t quantized_twice = 0;
};

/// Writes `destination` from `source`: metadata as they are but for general.file_type and
/// general.quantization_version, one file where the source had several parts. The file appears under its name
/// when it is complete, in place of one that was there. Memory: some MB for each thread, whatever the size of
/// the model. Errors: invalid_argument where the destination is (a part of) the source, unsupported for
/// tensors that cannot be decoded, bad_format for weights that are no numbers or too large for the format,
/// io, cancelled.
Result<Report> quantize(const gguf::ModelFile& source, const std::filesystem::path& destination,
                        const Scheme& scheme, const Options& options);

}  // namespace kinglet::quantize
