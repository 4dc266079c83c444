// Model files cut into parts, as large downloads are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inference/base/result.h"

namespace kinglet::test {

/// Cuts a model into `count` files FOLDER/STEM-0000N-of-0000C.gguf: all metadata in the first, the tensors in
/// turn, about equally many in each. Returns where they are.
Result<std::vector<std::filesystem::path>> split_model(const std::filesystem::path& model,
                                                       const std::filesystem::path& folder,
                                                       const std::string& stem, int count);

}  // namespace kinglet::test
