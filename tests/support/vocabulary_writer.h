// Small vocabularies for test models.
#pragma once

#include <string>
#include <vector>

#include "inference/gguf/writer.h"

namespace kinglet::test {

enum class VocabularyKind { sentencepiece, byte_level_bpe };

/// A vocabulary as it is written to a file. Every byte can be spelled.
struct TestVocabulary {
    VocabularyKind kind = VocabularyKind::byte_level_bpe;
    std::vector<std::string> tokens;
    std::vector<float> scores;
    std::vector<std::int32_t> types;
    std::vector<std::string> merges;
    std::int32_t bos = -1;
    std::int32_t eos = -1;
    std::int32_t unknown = -1;
    std::int32_t turn_start = -1;  ///< <|im_start|>
    std::int32_t turn_end = -1;    ///< <|im_end|>

    /// Takes the tokens of turns away; what would end a turn ends the text.
    void drop_turns();
    /// Adds a token that stands for this text and that encoding never gives; its id.
    std::int32_t add_text(const std::string& text);
    void write(gguf::Writer& writer) const;
};

/// Control tokens (beginning, end, <|im_start|>, <|im_end|>), all bytes, and a few common pieces of English.
TestVocabulary make_vocabulary(VocabularyKind kind);

}  // namespace kinglet::test
