// WordPiece, as BERT has it: text is cleaned and cut at white space and punctuation, each word is covered by
// the longest pieces from left to right.
#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "inference/base/utf8.h"
#include "inference/tokenizer/encoder.h"
#include "inference/tokenizer/marked_text.h"
#include "inference/tokenizer/text_index.h"

namespace kinglet::tokenizer {
namespace {

/// Longer words are "unknown", as in the original.
constexpr std::size_t longest_word_characters = 100;

bool is_space(char32_t c) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return true;
    return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ZS;
}

bool is_dropped(char32_t c) {
    if (c == 0 || c == 0xFFFD) return true;
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_CC:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_CN:
        case UTF8PROC_CATEGORY_CO:
            return true;
        default:
            return false;
    }
}

bool is_mark(char32_t c) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_MN;
}

bool is_punctuation(char32_t c) {
    if ((c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126))
        return true;
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

/// The blocks of ideographs that BERT sets apart.
bool is_ideograph(char32_t c) {
    struct Range {
        char32_t first;
        char32_t last;
    };
    static constexpr std::array<Range, 8> ranges = {{{0x4E00, 0x9FFF},
                                                     {0x3400, 0x4DBF},
                                                     {0x20000, 0x2A6DF},
                                                     {0x2A700, 0x2B73F},
                                                     {0x2B740, 0x2B81F},
                                                     {0x2B820, 0x2CEAF},
                                                     {0xF900, 0xFAFF},
                                                     {0x2F800, 0x2FA1F}}};
    return std::ranges::any_of(ranges,
                               [c](const Range& range) { return c >= range.first && c <= range.last; });
}

class Wordpiece final : public Encoder {
  public:
    explicit Wordpiece(const Vocabulary& vocabulary)
        : vocabulary_(vocabulary), index_(vocabulary.tokens.size()) {
        bool has_upper_case = false;
        for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
            const std::string& text = vocabulary.tokens[i];
            const TokenType type = type_of(vocabulary, static_cast<Token>(i));
            if (type == TokenType::control || type == TokenType::unknown || text.empty()) continue;
            index_.add(text, static_cast<Token>(i));
            longest_ = std::max(longest_, text.size());
            if (text.front() == '[' && text.back() == ']') continue;  // [UNK], [unused1]: no word of a text
            if (std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; })) has_upper_case = true;
        }
        folds_case_ = !has_upper_case;
    }

    void encode(std::string_view text, bool /*first*/, std::vector<Token>& out) const override {
        std::string word;
        std::size_t characters = 0;
        const auto end_word = [&] {
            if (characters > 0) encode_word(word, characters, out);
            word.clear();
            characters = 0;
        };
        const auto take = [&](char32_t c) {
            if (folds_case_ && is_mark(c)) return;
            if (folds_case_) c = static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
            const bool alone = is_punctuation(c) || is_ideograph(c);
            if (alone) end_word();
            if (characters <= longest_word_characters) utf8::append(word, c);
            ++characters;
            if (alone) end_word();
        };
        for (std::size_t at = 0; at < text.size();) {
            const utf8::Decoded c = utf8::decode(text, at);
            at += static_cast<std::size_t>(std::max(1, c.length));
            if (c.length == 0) continue;
            if (is_space(c.code_point)) {
                end_word();
            } else if (!is_dropped(c.code_point)) {
                for_each_part(c.code_point, take);
            }
        }
        end_word();
    }

    std::string bytes_of(Token token) const override {
        return unmark_spaces(vocabulary_.tokens[static_cast<std::size_t>(token)]);
    }

  private:
    /// The canonical decomposition, where accents are to go.
    template <class Take>
    void for_each_part(char32_t c, const Take& take) const {
        if (!folds_case_ || c < 0x80) {
            take(c);
            return;
        }
        std::array<utf8proc_int32_t, 32> parts{};
        int last_class = 0;
        const utf8proc_ssize_t count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(),
                                                               static_cast<utf8proc_ssize_t>(parts.size()),
                                                               UTF8PROC_DECOMPOSE, &last_class);
        if (count <= 0 || static_cast<std::size_t>(count) > parts.size()) {
            take(c);
            return;
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
            take(static_cast<char32_t>(parts[i]));
    }

    void encode_word(std::string_view word, std::size_t characters, std::vector<Token>& out) const {
        const std::size_t before = out.size();
        if (characters <= longest_word_characters) {
            std::string marked(space_mark);
            marked += word;
            std::size_t at = 0;
            while (at < marked.size()) {
                std::size_t length = std::min(longest_, marked.size() - at);
                Token piece = no_token;
                for (; length > 0 && piece == no_token; --length) {
                    piece = index_.find(std::string_view(marked).substr(at, length));
                    if (piece != no_token) break;
                }
                if (piece == no_token) break;
                out.push_back(piece);
                at += length;
            }
            if (at == marked.size()) return;
        }
        out.resize(before);
        if (vocabulary_.unknown != no_token) out.push_back(vocabulary_.unknown);
    }

    const Vocabulary& vocabulary_;
    TextIndex index_;
    std::size_t longest_ = 0;
    bool folds_case_ = true;
};

}  // namespace

Result<std::unique_ptr<Encoder>> make_wordpiece(const Vocabulary& vocabulary) {
    return std::make_unique<Wordpiece>(vocabulary);
}

}  // namespace kinglet::tokenizer
