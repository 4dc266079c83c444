// LoRA adapters as PEFT writes them.
#pragma once

#include <filesystem>

#include "inference/base/result.h"
#include "inference/convert/convert.h"
#include "inference/convert/plan.h"

namespace kinglet::convert {

/// Converts adapter_config.json and adapter_model.safetensors to a GGUF adapter: general.type = adapter,
/// adapter.type = lora, adapter.lora.alpha, and for each tensor that is adapted TENSOR.lora_a (rank, inputs)
/// and TENSOR.lora_b (outputs, rank). Which base model it is for is read from the folder that
/// base_model_name_or_path names, where that is on this computer, else from a config.json beside the adapter.
/// Errors as convert().
Result<Report> convert_adapter(const std::filesystem::path& folder, const std::filesystem::path& destination,
                               const Options& options);

/// Announces and streams the tensors, whose sources are in `checkpoint`; the header's pairs are in `writer`
/// already.
Result<Report> write_file(const Checkpoint& checkpoint, const std::vector<OutputTensor>& tensors,
                          gguf::Writer& writer, const std::filesystem::path& destination,
                          const Options& options, Report report);

}  // namespace kinglet::convert
