// What each kind of tokenizer implements. Internal to this folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/result.h"
#include "inference/tokenizer/token.h"
#include "inference/tokenizer/vocabulary.h"

namespace kinglet::tokenizer {

/// Turns text that holds no special tokens into ids.
class Encoder {
  public:
    virtual ~Encoder() = default;

    /// Appends the ids of `text`, at most max_text_bytes long. `first`: nothing, or a special token, stands
    /// before it.
    virtual void encode(std::string_view text, bool first, std::vector<Token>& out) const = 0;

    /// The bytes that an entry which is no special token stands for.
    virtual std::string bytes_of(Token token) const = 0;

    /// Places in a text are kept in 32 bits.
    static constexpr std::size_t max_text_bytes = std::size_t{1} << 30;
};

/// Each takes a vocabulary that Tokenizer::create() has checked; it must outlive the encoder.
Result<std::unique_ptr<Encoder>> make_sentencepiece(const Vocabulary& vocabulary);
Result<std::unique_ptr<Encoder>> make_byte_bpe(const Vocabulary& vocabulary);
Result<std::unique_ptr<Encoder>> make_text_bpe(const Vocabulary& vocabulary);
Result<std::unique_ptr<Encoder>> make_wordpiece(const Vocabulary& vocabulary);

/// The type of an entry; normal where the vocabulary does not say.
inline TokenType type_of(const Vocabulary& vocabulary, Token token) {
    const auto i = static_cast<std::size_t>(token);
    return i < vocabulary.types.size() ? vocabulary.types[i] : TokenType::normal;
}

}  // namespace kinglet::tokenizer
