#include "inference/tokenizer/marked_text.h"

#include <algorithm>

#include "inference/tokenizer/encoder.h"

namespace kinglet::tokenizer {
namespace {

/// The byte that the spelling of a byte token ("<0x0A>") names; -1 where it names none.
int byte_of_name(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return -1;
    };
    if (text.size() != 6 || !text.starts_with("<0x") || text.back() != '>') return -1;
    const int high = digit(text[3]);
    const int low = digit(text[4]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::string mark_spaces(std::string_view text) {
    std::string marked;
    marked.reserve(text.size() + text.size() / 2);
    for (const char c : text) {
        if (c == ' ') {
            marked += space_mark;
        } else {
            marked += c;
        }
    }
    return marked;
}

std::string unmark_spaces(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t mark = std::min(text.find(space_mark, at), text.size());
        out += text.substr(at, mark - at);
        if (mark < text.size()) out += ' ';
        at = mark + space_mark.size();
    }
    return out;
}

std::int32_t number_of_unknown(std::string_view character) {
    std::uint32_t bytes = 0;
    for (const char c : character) bytes = bytes << 8 | static_cast<unsigned char>(c);
    return static_cast<std::int32_t>(bytes | 0x80000000u);
}

ByteTokens::ByteTokens(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {
    tokens_.fill(no_token);
    for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
        const auto id = static_cast<Token>(i);
        if (type_of(vocabulary, id) != TokenType::byte) continue;
        const int byte = byte_of_name(vocabulary.tokens[i]);
        if (byte >= 0) tokens_[static_cast<std::size_t>(byte)] = id;
    }
}

void ByteTokens::spell(std::string_view character, std::vector<Token>& out) const {
    const bool all = std::all_of(character.begin(), character.end(),
                                 [&](char c) { return tokens_[static_cast<unsigned char>(c)] != no_token; });
    if (all) {
        for (const char c : character) out.push_back(tokens_[static_cast<unsigned char>(c)]);
    } else if (vocabulary_.unknown != no_token) {
        out.push_back(vocabulary_.unknown);
    }
}

std::string ByteTokens::bytes_of(Token token) const {
    const std::string& text = vocabulary_.tokens[static_cast<std::size_t>(token)];
    if (type_of(vocabulary_, token) != TokenType::byte) return unmark_spaces(text);
    const int byte = byte_of_name(text);
    return byte < 0 ? std::string() : std::string(1, static_cast<char>(byte));
}

}  // namespace kinglet::tokenizer
