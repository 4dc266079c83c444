// Byte-level byte-pair encoding: text is cut into words by a regular expression, the bytes of a word join in
// the order of the merge list.
#include <algorithm>
#include <array>
#include <deque>

#include <fmt/format.h>

#include "inference/base/utf8.h"
#include "inference/tokenizer/byte_letters.h"
#include "inference/tokenizer/encoder.h"
#include "inference/tokenizer/merge.h"
#include "inference/tokenizer/merge_list.h"
#include "inference/tokenizer/pretokenizer.h"
#include "inference/tokenizer/text_index.h"

namespace kinglet::tokenizer {
namespace {

/// Remembers where a word was encoded before within the same text.
class WordMemory {
  public:
    struct Entry {
        std::string_view word;
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    static constexpr std::size_t longest_word = 32;

    explicit WordMemory(std::size_t text_bytes) : slots_(text_bytes < 4096 ? 64 : 8192) {}

    Entry& slot(std::string_view word) {
        return slots_[mix(std::hash<std::string_view>{}(word)) & (slots_.size() - 1)];
    }

  private:
    std::vector<Entry> slots_;
};

class ByteBpe final : public Encoder {
  public:
    ByteBpe(const Vocabulary& vocabulary, std::unique_ptr<Pretokenizer> pretokenizer, bool whole_words_first)
        : vocabulary_(vocabulary),
          pretokenizer_(std::move(pretokenizer)),
          whole_words_first_(whole_words_first),
          by_bytes_(whole_words_first ? vocabulary.tokens.size() : 0),
          merges_(vocabulary) {
        if (whole_words_first) index_whole_words();
        for (std::size_t byte = 0; byte < 256; ++byte) {
            std::string letter;
            utf8::append(letter, letter_of_byte(static_cast<unsigned char>(byte)));
            symbol_of_byte_[byte] = merges_.number_of(letter);
        }
        // Every word begins with pairs of bytes; a table of their own keeps them out of the big one.
        byte_joins_.reserve(std::size_t{256} * 256);
        for (const std::int32_t left : symbol_of_byte_) {
            for (const std::int32_t right : symbol_of_byte_)
                byte_joins_.push_back(merges_.join_of(left, right));
        }
    }

    void encode(std::string_view text, bool /*first*/, std::vector<Token>& out) const override {
        MergeScratch scratch;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t valid = utf8::valid_run(text, at);
            if (valid == 0) {
                encode_word(text.substr(at, 1), scratch, out);  // a stray byte is a word of its own
                ++at;
                continue;
            }
            encode_valid(text.substr(at, valid), scratch, out);
            at += valid;
        }
    }

    std::string bytes_of(Token token) const override {
        return bytes_of_letters(vocabulary_.tokens[static_cast<std::size_t>(token)]);
    }

  private:
    void index_whole_words() {
        for (std::size_t i = 0; i < vocabulary_.tokens.size(); ++i) {
            const auto id = static_cast<Token>(i);
            const TokenType type = type_of(vocabulary_, id);
            if (type == TokenType::control || type == TokenType::unknown || vocabulary_.tokens[i].empty())
                continue;
            whole_words_.push_back(bytes_of_letters(vocabulary_.tokens[i]));
            by_bytes_.add(whole_words_.back(), id);
            longest_token_ = std::max(longest_token_, whole_words_.back().size());
        }
    }

    void encode_valid(std::string_view text, MergeScratch& scratch, std::vector<Token>& out) const {
        WordMemory memory(text.size());
        std::size_t begin = 0;
        for (const std::uint32_t end : pretokenizer_->cut(text)) {
            const std::string_view word = text.substr(begin, end - begin);
            begin = end;
            if (word.size() > WordMemory::longest_word) {
                encode_word(word, scratch, out);
                continue;
            }
            WordMemory::Entry& known = memory.slot(word);
            if (known.word == word) {
                for (std::uint32_t i = 0; i < known.count; ++i) out.push_back(out[known.first + i]);
                continue;
            }
            const std::size_t first = out.size();
            encode_word(word, scratch, out);
            known = {word, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(out.size() - first)};
        }
    }

    void encode_word(std::string_view word, MergeScratch& scratch, std::vector<Token>& out) const {
        if (whole_words_first_ && word.size() <= longest_token_) {
            const std::int32_t whole = by_bytes_.find(word);
            if (whole >= 0) {
                out.push_back(whole);
                return;
            }
        }
        auto& symbols = scratch.symbols;
        symbols.clear();
        for (std::uint32_t i = 0; i < word.size(); ++i) {
            symbols.push_back({i, 1, symbol_of_byte_[static_cast<unsigned char>(word[i])]});
        }
        merge(scratch, [&](const Symbol& left, const Symbol& right) -> Join {
            if (left.length + right.length > 2) return merges_.join_of(left.id, right.id);
            const auto byte_at = [&](const Symbol& symbol) {
                return std::size_t{static_cast<unsigned char>(word[symbol.begin])};
            };
            return byte_joins_[byte_at(left) * 256 + byte_at(right)];
        });
        const auto size = static_cast<std::int32_t>(vocabulary_.tokens.size());
        for (const Symbol& symbol : symbols) {
            if (symbol.id < size) {
                out.push_back(symbol.id);
            } else {
                spell(word.substr(symbol.begin, symbol.length), out);
            }
        }
    }

    /// A symbol that is no token: its bytes, and "unknown" for those that are no tokens either.
    void spell(std::string_view bytes, std::vector<Token>& out) const {
        for (const char c : bytes) {
            const std::int32_t id = symbol_of_byte_[static_cast<unsigned char>(c)];
            if (id < static_cast<std::int32_t>(vocabulary_.tokens.size())) {
                out.push_back(id);
            } else if (vocabulary_.unknown != no_token) {
                out.push_back(vocabulary_.unknown);
            }
        }
    }

    const Vocabulary& vocabulary_;
    std::unique_ptr<Pretokenizer> pretokenizer_;
    bool whole_words_first_;
    std::deque<std::string> whole_words_;  ///< what by_bytes_ views
    TextIndex by_bytes_;
    std::size_t longest_token_ = 0;
    MergeList merges_;
    std::vector<Join> byte_joins_;  ///< of two bytes, the left one times 256 and the right one
    std::array<std::int32_t, 256> symbol_of_byte_{};
};

}  // namespace

Result<std::unique_ptr<Encoder>> make_byte_bpe(const Vocabulary& vocabulary) {
    const PretokenizerRow* row = find_pretokenizer(vocabulary.pre);
    if (row == nullptr) {
        std::string known;
        for (const PretokenizerRow& each : pretokenizer_table()) {
            known += known.empty() ? "" : ", ";
            known += each.name;
        }
        return fail(ErrorCode::unsupported,
                    fmt::format("the pre-tokenizer \"{}\" is not known", vocabulary.pre),
                    fmt::format("Kinglet knows {} and their relatives.", known));
    }
    if (Status status = check_merges(vocabulary); !status) return tl::unexpected(status.error());
    auto pretokenizer = Pretokenizer::compile(*row);
    if (!pretokenizer) return tl::unexpected(pretokenizer.error());
    return std::make_unique<ByteBpe>(vocabulary, std::move(*pretokenizer), row->whole_words_first);
}

}  // namespace kinglet::tokenizer
