// What a checkpoint's folder says of text: vocabulary, special tokens, chat template, sampling defaults.
#pragma once

#include <string>
#include <vector>

#include "inference/convert/recipe.h"
#include "inference/tokenizer/vocabulary.h"

namespace kinglet::convert {

/// Reads the tokenizer from tokenizer.json, tokenizer.model or vocab.txt, with what tokenizer_config.json,
/// added_tokens.json and generation_config.json add, for an embedding of `size` rows. `pre`: see
/// vocabulary_of_json(). Errors: not_found (no tokenizer), those of the files.
Result<tokenizer::Vocabulary> read_vocabulary(Model& model, std::size_t size, const std::string& pre);

/// Writes it as tokenizer.ggml.*.
void write_vocabulary(const tokenizer::Vocabulary& vocabulary, gguf::Writer& writer);

/// tokenizer.chat_template and general.sampling.*, where the folder has them. Errors: those of the files.
Status write_text_settings(Model& model);

}  // namespace kinglet::convert
