// Sentencepiece vocabularies of the BPE type: neighbours join in the order of the score of what they become.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "inference/base/utf8.h"
#include "inference/tokenizer/encoder.h"
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
          index_(vocabulary.tokens.size()),
          add_space_(vocabulary.add_space_prefix.value_or(true)) {
        byte_tokens_.fill(no_token);
        for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
            const std::string& text = vocabulary.tokens[i];
            const auto id = static_cast<Token>(i);
            const TokenType type = type_of(vocabulary, id);
            if (type == TokenType::byte) {
                const int byte = byte_of_name(text);
                if (byte >= 0) byte_tokens_[static_cast<std::size_t>(byte)] = id;
                continue;
            }
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
        std::string marked;
        marked.reserve(text.size() + text.size() / 2 + space_mark.size());
        if (first && add_space_) marked += space_mark;
        for (const char c : text) {
            if (c == ' ') {
                marked += space_mark;
            } else {
                marked += c;
            }
        }
        MergeScratch scratch;
        std::size_t begin = 0;
        while (begin < marked.size()) {
            const std::size_t end = splits_at_marks_ ? word_end(marked, begin) : marked.size();
            encode_word(std::string_view(marked).substr(begin, end - begin), scratch, out);
            begin = end;
        }
    }

    std::string bytes_of(Token token) const override {
        const std::string& text = vocabulary_.tokens[static_cast<std::size_t>(token)];
        if (type_of(vocabulary_, token) == TokenType::byte) {
            const int byte = byte_of_name(text);
            return byte < 0 ? std::string() : std::string(1, static_cast<char>(byte));
        }
        return unmark_spaces(text);
    }

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
            symbols.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length),
                               index_.find(word.substr(at, length))});
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
                spell(word.substr(symbol.begin, symbol.length), out);
            }
        }
    }

    /// A character that the vocabulary lacks: its bytes, or "unknown" where it has no bytes either.
    void spell(std::string_view character, std::vector<Token>& out) const {
        const bool all = std::all_of(character.begin(), character.end(), [&](char c) {
            return byte_tokens_[static_cast<unsigned char>(c)] != no_token;
        });
        if (all) {
            for (const char c : character) out.push_back(byte_tokens_[static_cast<unsigned char>(c)]);
        } else if (vocabulary_.unknown != no_token) {
            out.push_back(vocabulary_.unknown);
        }
    }

    const Vocabulary& vocabulary_;
    TextIndex index_;
    std::array<Token, 256> byte_tokens_;
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
