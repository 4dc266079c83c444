// What vocabularies of marked text share: spaces as marks, and tokens of one byte ("<0x0A>") for what has no
// other token.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inference/tokenizer/vocabulary.h"

namespace kinglet::tokenizer {

/// U+2581, by which such vocabularies write a space.
inline constexpr std::string_view space_mark = "\xE2\x96\x81";

/// `text` with every space written as a mark, and with every mark written as a space.
std::string mark_spaces(std::string_view text);
std::string unmark_spaces(std::string_view text);

/// Below zero, and another number for each character.
std::int32_t number_of_unknown(std::string_view character);

/// The tokens of one byte of a vocabulary, which must outlive it.
class ByteTokens {
  public:
    explicit ByteTokens(const Vocabulary& vocabulary);

    /// A character that the vocabulary lacks: its bytes, or "unknown" where it has no bytes either.
    void spell(std::string_view character, std::vector<Token>& out) const;

    /// The bytes that an entry stands for.
    std::string bytes_of(Token token) const;

  private:
    const Vocabulary& vocabulary_;
    std::array<Token, 256> tokens_{};
};

}  // namespace kinglet::tokenizer
