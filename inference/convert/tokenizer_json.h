// The model part of a tokenizer.json (Hugging Face tokenizers): vocabulary, merges, and how text is cut
// beforehand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inference/base/result.h"
#include "inference/convert/json_file.h"
#include "inference/tokenizer/vocabulary.h"

namespace kinglet::convert {

/// What kinds of vocabulary a tokenizer.json can hold.
enum class TokenizerKind : std::uint8_t { byte_level, sentencepiece, wordpiece, unknown };

TokenizerKind kind_of_tokenizer(const Json& json);

/// Makes a vocabulary of `size` tokens; ids beyond are left out, ids without a token get one that nothing
/// uses. `name` is how errors call the file; `pre`: name of the pre-tokenizer to take instead of the one
/// recognised. Added tokens are not looked at. Errors: bad_format, unsupported (a kind or a pre-tokenizer not
/// known; its expressions are told).
Result<tokenizer::Vocabulary> vocabulary_of_json(const Json& json, std::size_t size, const std::string& name,
                                                 const std::string& pre);

/// A WordPiece vocabulary from its entries in the order of their ids.
tokenizer::Vocabulary wordpiece_vocabulary(std::vector<std::string> tokens);

/// The name of the pre-tokenizer whose expressions these settings give; an error with the expressions where
/// none does.
Result<std::string> recognise_pretokenizer(const Json& json, const std::string& name);

/// Whether the post-processor puts `token` before (or, `last`, after) a single text; empty where it does not
/// say.
std::optional<bool> adds_token(const Json& json, const std::string& token, bool last);

}  // namespace kinglet::convert
