// The older form of a byte-level vocabulary: vocab.json, merges.txt and files that name the special tokens.
#pragma once

#include <filesystem>

#include "inference/convert/json_file.h"

namespace kinglet::convert {

/// Whether a folder holds vocab.json and merges.txt.
bool has_merges_files(const std::filesystem::path& folder);

/// What tokenizer.json of the same folder would say: vocabulary, merges, special tokens, and the
/// pre-tokenizer of the tokenizer's class (`settings` is tokenizer_config.json). Errors: those of reading the
/// files.
Result<Json> json_of_merges_files(const std::filesystem::path& folder, const Json& settings);

}  // namespace kinglet::convert
