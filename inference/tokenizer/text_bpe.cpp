// Byte-pair encoding of characters, as Gemma 4 has it: spaces are written as marks, lines are words, and the
// characters of a word join in the order of the merge list.
#include <algorithm>

#include "inference/base/utf8.h"
#include "inference/tokenizer/encoder.h"
#include "inference/tokenizer/marked_text.h"
#include "inference/tokenizer/merge.h"
#include "inference/tokenizer/merge_list.h"

namespace kinglet::tokenizer {
namespace {

class TextBpe final : public Encoder {
  public:
    explicit TextBpe(const Vocabulary& vocabulary)
        : vocabulary_(vocabulary), merges_(vocabulary), bytes_(vocabulary) {}

    void encode(std::string_view text, bool /*first*/, std::vector<Token>& out) const override {
        const std::string marked = mark_spaces(text);
        const std::string_view all = marked;
        MergeScratch scratch;
        for (std::size_t at = 0; at < all.size();) {
            const bool line = all[at] != '\n';
            const std::size_t end =
                std::min(line ? all.find('\n', at) : all.find_first_not_of('\n', at), all.size());
            const std::string_view word = all.substr(at, end - at);
            at = end;
            // Line feeds that are a token together are taken as it, whatever the merges say.
            const Token whole = line ? no_token : merges_.find(word);
            if (whole >= 0 && is_token(whole)) {
                out.push_back(whole);
            } else {
                encode_word(word, scratch, out);
            }
        }
    }

    std::string bytes_of(Token token) const override { return bytes_.bytes_of(token); }

  private:
    bool is_token(std::int32_t number) const {
        return number < static_cast<std::int32_t>(vocabulary_.tokens.size());
    }

    void encode_word(std::string_view word, MergeScratch& scratch, std::vector<Token>& out) const {
        auto& symbols = scratch.symbols;
        symbols.clear();
        for (std::size_t at = 0; at < word.size();) {
            const auto length = static_cast<std::size_t>(std::max(1, utf8::decode(word, at).length));
            const std::string_view character = word.substr(at, length);
            const std::int32_t known = merges_.find(character);
            symbols.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length),
                               known >= 0 ? known : number_of_unknown(character)});
            at += length;
        }
        merge(scratch, [&](const Symbol& left, const Symbol& right) -> Join {
            if (left.id < 0 || right.id < 0) return {};
            return merges_.join_of(left.id, right.id);
        });
        for (const Symbol& symbol : symbols) {
            if (symbol.id >= 0 && is_token(symbol.id)) {
                out.push_back(symbol.id);
            } else {
                bytes_.spell(word.substr(symbol.begin, symbol.length), out);
            }
        }
    }

    const Vocabulary& vocabulary_;
    MergeList merges_;
    ByteTokens bytes_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> make_text_bpe(const Vocabulary& vocabulary) {
    if (Status status = check_merges(vocabulary); !status) return tl::unexpected(status.error());
    return std::make_unique<TextBpe>(vocabulary);
}

}  // namespace kinglet::tokenizer
