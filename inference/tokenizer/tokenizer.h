// Text to token ids and back.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/result.h"
#include "inference/tokenizer/token.h"
#include "inference/tokenizer/vocabulary.h"

namespace kinglet::tokenizer {

class Encoder;

/// How text is read by Tokenizer::encode().
struct EncodeOptions {
    /// Adds what the model wants around a text: BOS and EOS, or CLS and SEP. A BOS that the text itself
    /// begins with (only with parse_special) is not doubled.
    bool add_special = false;
    /// Recognises control tokens such as "<|im_start|>" spelled out in the text. Leave it off for text that
    /// is not trusted to steer the model. User-defined tokens are recognised either way.
    bool parse_special = false;
};

/// A model's tokenizer: sentencepiece, byte-level BPE or WordPiece. Immutable; may be shared between threads.
class Tokenizer {
  public:
    /// Checks the vocabulary and builds the lookup tables. Errors: bad_format (lists of unequal length, no
    /// tokens, ids out of range), unsupported (a kind or pre-tokenizer not known; the message names it).
    static Result<std::shared_ptr<const Tokenizer>> create(Vocabulary vocabulary);
    ~Tokenizer();
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    /// The ids of a text. Any bytes are accepted: byte-level BPE and sentencepiece with byte tokens keep
    /// invalid UTF-8 as it is. Time is O(n log n) in the length of the longest word, linear in the rest.
    std::vector<Token> encode(std::string_view text, const EncodeOptions& options = {}) const;

    /// The bytes that a token stands for; may be part of a UTF-8 character. Control tokens and ids out of
    /// range stand for nothing, unless `show_control` asks for a control token's name.
    std::string_view piece(Token token, bool show_control = false) const;

    /// All bytes of a sequence, with the spaces that encode() put before it and after special tokens taken
    /// off again.
    std::string decode(const std::vector<Token>& tokens, bool show_control = false) const;

    /// True for every token that ends an answer: EOS, EOT, and the turn ends that the known families use.
    bool is_end_of_generation(Token token) const;
    bool is_control(Token token) const;
    /// Control tokens and those that the user defined: the text around them is encoded apart.
    bool is_special(Token token) const;
    /// Whether text after this token is encoded with a space of its own in front, which decoding takes off
    /// again.
    bool adds_space_after(Token token) const;
    TokenType type(Token token) const;

    /// The id whose spelling in the vocabulary is exactly `text`; no_token where there is none.
    Token find(std::string_view text) const;
    /// Spelling in the vocabulary; empty for ids out of range.
    std::string_view text(Token token) const;

    int size() const;
    Token bos() const;
    Token eos() const;
    Token mask() const;
    bool adds_bos() const;
    bool adds_eos() const;
    /// For people, e.g. "llama (sentencepiece)", "gpt2 (byte-level BPE, llama-bpe)".
    const std::string& description() const;

  private:
    Tokenizer();
    struct Tables;
    std::unique_ptr<const Tables> tables_;
};

/// Turns a stream of tokens into text in whole UTF-8 characters: a character that is split over tokens is
/// held back until it is complete, bytes that cannot become one turn into U+FFFD. One a generation; not
/// thread-safe. The tokenizer must outlive it.
class StreamingDetokenizer {
  public:
    /// `strip_leading_space`: takes one space off the very beginning, for answers that begin a text. After a
    /// special token the space that encoding put there is taken off as Tokenizer::decode does.
    explicit StreamingDetokenizer(const Tokenizer& tokenizer, bool strip_leading_space = false);

    /// The text that becomes complete with this token; often empty.
    std::string push(Token token);
    /// The same for raw bytes.
    std::string push_bytes(std::string_view bytes);
    /// What is left at the end: U+FFFD where a character was begun and never completed.
    std::string flush();

  private:
    const Tokenizer& tokenizer_;
    std::string pending_;
    bool strip_leading_space_;
};

}  // namespace kinglet::tokenizer
