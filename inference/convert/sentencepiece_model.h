// Reads a sentencepiece model (tokenizer.model): a protobuf message, of which four fields matter. Pure;
// nothing in the bytes is trusted. Format: sentencepiece_model.proto.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "inference/base/result.h"
#include "inference/tokenizer/vocabulary.h"

namespace kinglet::convert {

struct SentencepieceModel {
    tokenizer::Vocabulary vocabulary;  ///< of the kind "llama": tokens, scores, types, ids, add_space_prefix
    bool unigram = false;              ///< trained as a unigram model instead of by merges
};

/// `name` is how errors call the file. Errors: bad_format, too_large.
Result<SentencepieceModel> parse_sentencepiece(std::span<const std::byte> bytes, const std::string& name);

}  // namespace kinglet::convert
