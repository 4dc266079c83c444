// Turns a Hugging Face checkpoint into a GGUF file: all that callers see of this folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "inference/base/result.h"
#include "inference/tensor/dtype.h"

namespace kinglet::convert {

struct Options {
    /// Of matrices: f32, f16 or bf16; empty = as the checkpoint has them.
    std::optional<DType> type;
    /// Name of the pre-tokenizer to write where the checkpoint's own is not recognised; empty = recognise it.
    std::string pre;
    /// For an adapter: the folder of its base model, with config.json; empty = the one that the adapter
    /// names.
    std::filesystem::path base;
    std::function<void(float)> on_progress;  ///< share of the bytes that are written
    std::stop_token stop;
};

/// What was made.
struct Report {
    std::string architecture;
    std::string name;
    bool adapter = false;  ///< a LoRA adapter instead of a model
    std::size_t tensors = 0;
    std::uint64_t bytes = 0;            ///< of the tensors
    std::vector<std::string> left_out;  ///< tensors of the checkpoint that have no place in the result
    std::vector<std::string> notes;     ///< what a person should know, one sentence each
};

/// Converts the checkpoint in `folder` (config.json, safetensors, the tokenizer's files), or the PEFT adapter
/// (adapter_config.json), to `destination`, which appears only when it is complete. Tensors are streamed:
/// memory does not grow with the model. Errors: not_found, bad_format, unsupported (an architecture that is
/// not known, which is named), cancelled, and those of reading and writing files.
Result<Report> convert(const std::filesystem::path& folder, const std::filesystem::path& destination,
                       const Options& options);

}  // namespace kinglet::convert
