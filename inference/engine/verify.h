// Whether a model file will work here, found out by using all of it once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "inference/base/result.h"
#include "inference/engine/engine.h"

namespace kinglet::engine {

/// What verify() looks at.
struct VerifyOptions {
    LoadOptions load;
    /// Only LoadOptions::adapters, and that the model computes with them; the model itself is taken to be
    /// whole.
    bool only_adapters = false;
};

/// What verify() found in a file that works.
struct VerifyReport {
    ModelInfo info;
    std::uint64_t tensor_count = 0;
    int generated_tokens = 0;  ///< 0 for models that only embed
    /// What a person should know although the file works, a sentence each; info.warnings are among them.
    std::vector<std::string> warnings;
};

/// Opens the file as load() does, decodes every weight (of the adapters, too), cuts fixed texts into tokens
/// and puts them together again, renders fixed dialogues, and generates eight tokens (or embeds a sentence).
/// `on_progress` is told 0..1 on the calling thread. Errors: those of Model::load and Session::generate,
/// bad_format where weights or results are no numbers or the tokenizer loses plain text, cancelled after
/// options.load.stop.
Result<VerifyReport> verify(const std::filesystem::path& path, const VerifyOptions& options = {},
                            const std::function<void(float)>& on_progress = {});

}  // namespace kinglet::engine
