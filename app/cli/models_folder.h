// The folder in which models lie.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "inference/base/result.h"

namespace kinglet::cli {

/// Where the window keeps models too: "models" in Kinglet's data folder (machine::data_folder()). Empty where
/// no home folder is known.
std::filesystem::path default_models_folder();

/// A model file found there.
struct FoundModel {
    std::filesystem::path path;
    std::uint64_t bytes = 0;
    std::filesystem::file_time_type modified;
};

/// The *.gguf files of a folder, newest first. A folder that does not exist has none. Errors: not_a_file,
/// permission_denied, io.
Result<std::vector<FoundModel>> find_models(const std::filesystem::path& folder);

}  // namespace kinglet::cli
