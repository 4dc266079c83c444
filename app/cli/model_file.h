// A model file looked at without running it: for commands that need its facts or its tokenizer only.
#pragma once

#include <memory>
#include <string>

#include "inference/base/result.h"
#include "inference/chat/families.h"
#include "inference/gguf/model_file.h"
#include "inference/tokenizer/tokenizer.h"

namespace kinglet::cli {

using gguf::ModelFile;

/// Its tokenizer; works for files that hold a vocabulary and no weights.
Result<std::shared_ptr<const tokenizer::Tokenizer>> open_tokenizer(const ModelFile& model);

/// Its chat template as the engine chooses it.
Result<chat::ChosenTemplate> choose_template(const ModelFile& model, const tokenizer::Tokenizer& tokenizer);

}  // namespace kinglet::cli
