// Cutting text into words before byte-pair encoding: one table row a pre-tokenizer, name -> regular
// expressions.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/result.h"

namespace kinglet::tokenizer {

/// One way of cutting, as the models that use it were trained.
struct PretokenizerRow {
    std::string_view name;
    /// Applied one after the other, each to every piece that the one before made. Matches are pieces, and so
    /// is what lies between them.
    std::vector<std::string_view> expressions;
    /// The names by which files call it (tokenizer.ggml.pre).
    std::vector<std::string_view> aliases;
    bool whole_words_first =
        false;              ///< a word that is in the vocabulary is one token, whatever the merges say
    bool adds_bos = false;  ///< where the file does not say
    /// As tokenizer.json has the expressions, where they are written in another way here.
    std::vector<std::string_view> published = {};
};

/// All rows.
std::span<const PretokenizerRow> pretokenizer_table();

/// The row that a file's name for it means; an empty name is "default". Null where it is not known.
const PretokenizerRow* find_pretokenizer(std::string_view name);

/// A row ready to use. Immutable; may be shared between threads.
class Pretokenizer {
  public:
    static Result<std::unique_ptr<Pretokenizer>> compile(const PretokenizerRow& row);
    ~Pretokenizer();
    Pretokenizer(const Pretokenizer&) = delete;
    Pretokenizer& operator=(const Pretokenizer&) = delete;

    /// Where the pieces of a text end, in order; the last is text.size(). The text must be valid UTF-8.
    std::vector<std::uint32_t> cut(std::string_view text) const;

  private:
    struct Expressions;
    explicit Pretokenizer(std::unique_ptr<Expressions> expressions);
    std::unique_ptr<Expressions> expressions_;
};

}  // namespace kinglet::tokenizer
