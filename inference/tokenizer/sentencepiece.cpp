// Sentencepiece vocabularies of the BPE type: neighbours join in the order of the score of what they become.
#include <algorithm>
#include <bit>
#include <cmath>

#include "inference/base/utf8.h"
#include "inference/tokenizer/encoder.h"
#include "inference/tokenizer/marked_text.h"
#include "inference/tokenizer/merge.h"
#include "inference/tokenizer/text_index.h"

namespace kinglet::tokenizer {
namespace {

/// Maps scores to integers that sort the other way round: the best score becomes the lowest key.
std::uint32_t key_of_score(float score) {
    if (std::isnan(score)) return Join::never - 1;
    const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);  // + 0 makes -0 equal to 0
    const std::uint32_t ascending = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
    return std::min(~ascending, Join::never - 1);
}

class Sentencepiece final : public Encoder {
  public:
    explicit Sentencepiece(const Vocabulary& vocabulary)
        : vocabulary_(vocabulary),
          bytes_(vocabulary),
          index_(vocabulary.tokens.size()),
          add_space_(vocabulary.add_space_prefix.value_or(true)) {
        for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
            const std::string& text = vocabulary.tokens[i];
            const auto id = static_cast<Token>(i);
            const TokenType type = type_of(vocabulary, id);
            if (type == TokenType::byte) continue;
            // What a text spells must never become a control token: those come from special-token parsing
            // alone.
            if (type == TokenType::control || type == TokenType::unknown || text.empty()) continue;
            index_.add(text, id);
            longest_ = std::max(longest_, text.size());
            if (marks_inside(text)) splits_at_marks_ = false;
        }
    }

    void encode(std::string_view text, bool first, std::vector<Token>& out) const override {
        if (text.empty()) return;
        std::string marked = mark_spaces(text);
        if (first && add_space_) marked.insert(0, space_mark);
        MergeScratch scratch;
        std::size_t begin = 0;
        while (begin < marked.size()) {
            const std::size_t end = splits_at_marks_ ? word_end(marked, begin) : marked.size();
            encode_word(std::string_view(marked).substr(begin, end - begin), scratch, out);
            begin = end;
        }
    }

    std::string bytes_of(Token token) const override { return bytes_.bytes_of(token); }

  private:
    /// True where a space mark follows something else: then words are not independent of each other.
    static bool marks_inside(std::string_view text) {
        for (std::size_t at = text.find(space_mark); at != std::string_view::npos;
             at = text.find(space_mark, at + 1)) {
            if (at == 0) continue;
            if (at < space_mark.size() ||
                text.substr(at - space_mark.size(), space_mark.size()) != space_mark) {
                return true;
            }
        }
        return false;
    }

    /// Where the next space mark after something else begins.
    static std::size_t word_end(std::string_view text, std::size_t at) {
        while (text.substr(at, space_mark.size()) == space_mark) at += space_mark.size();
        return std::min(text.find(space_mark, at), text.size());
    }

    void encode_word(std::string_view word, MergeScratch& scratch, std::vector<Token>& out) const {
        auto& symbols = scratch.symbols;
        symbols.clear();
        for (std::size_t at = 0; at < word.size();) {
            const auto length = static_cast<std::size_t>(std::max(1, utf8::decode(word, at).length));
            const std::string_view character = word.substr(at, length);
            const Token known = index_.find(character);
            symbols.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length),
                               known >= 0 ? known : number_of_unknown(character)});
            at += length;
        }
        merge(scratch, [&](const Symbol& left, const Symbol& right) -> Join {
            const std::size_t length = left.length + right.length;
            if (length > longest_) return {};
            const Token id = index_.find(word.substr(left.begin, length));
            return id < 0 ? Join{} : Join{key_of_score(vocabulary_.scores[static_cast<std::size_t>(id)]), id};
        });
        for (const Symbol& symbol : symbols) {
            if (symbol.id >= 0) {
                out.push_back(symbol.id);
            } else {
                bytes_.spell(word.substr(symbol.begin, symbol.length), out);
            }
        }
    }

    const Vocabulary& vocabulary_;
    ByteTokens bytes_;
    TextIndex index_;
    std::size_t longest_ = 0;
    bool splits_at_marks_ = true;
    bool add_space_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> make_sentencepiece(const Vocabulary& vocabulary) {
    if (vocabulary.scores.size() != vocabulary.tokens.size()) {
        return fail(ErrorCode::bad_format, "the vocabulary has no score for each of its tokens");
    }
    return std::make_unique<Sentencepiece>(vocabulary);
}

}  // namespace kinglet::tokenizer
