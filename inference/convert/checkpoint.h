// A Hugging Face checkpoint on disk: a folder with config.json and one or more safetensors files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "inference/base/result.h"
#include "inference/convert/json_file.h"
#include "inference/convert/safetensors.h"
#include "inference/gguf/mapped_file.h"

namespace kinglet::convert {

/// The weights of a folder, mapped; tensors view the mappings, which live as long as this object.
class Checkpoint {
  public:
    /// Opens STEM.safetensors, or the files that STEM.safetensors.index.json names, which must lie in the
    /// folder. Errors: not_found (no folder, a missing part, which is named), not_a_file, unsupported (only
    /// pickled .bin or .pt weights), those of a safetensors file, bad_format (an index that names files
    /// elsewhere, a tensor that is missing or in two files).
    static Result<Checkpoint> open(const std::filesystem::path& folder, std::string_view stem = "model");

    const std::filesystem::path& folder() const { return folder_; }
    const std::map<std::string, SourceTensor>& tensors() const { return tensors_; }
    const SourceTensor* find(const std::string& name) const;
    /// Lets go of the memory that a tensor's bytes take, once they have been written.
    void release(const SourceTensor& tensor) const;

    /// Adds the tensors of another file of the folder, each under `prefix` + its name.
    Status add(const std::filesystem::path& file, const std::string& prefix = {});

  private:
    Status add_indexed(const std::filesystem::path& index);

    std::filesystem::path folder_;
    std::vector<gguf::MappedFile> files_;
    std::map<std::string, SourceTensor> tensors_;
};

}  // namespace kinglet::convert
