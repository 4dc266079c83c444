// UTF-8, strictly: no surrogates, no overlong forms, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kinglet::utf8 {

inline constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// What stands at one place of a text.
struct Decoded {
    char32_t code_point = 0;
    int length = 0;           ///< bytes taken; 0 where the bytes there are not valid UTF-8
    bool incomplete = false;  ///< with length 0: the text ends within a character that is right so far
    int wrong = 1;  ///< with length 0: bytes that one U+FFFD stands for (the longest right beginning)
};

/// Decodes the character at `at`, which must lie inside the text.
inline Decoded decode(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1, false};
    int length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    char32_t value = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
        value = lead & 0x1Fu;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        value = lead & 0x0Fu;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        value = lead & 0x07u;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return {};
    }
    for (int i = 1; i < length; ++i) {
        if (at + static_cast<std::size_t>(i) >= text.size()) return {0, 0, true, i};
        const unsigned char next = byte(static_cast<std::size_t>(i));
        if (next < low || next > high) return {0, 0, false, i};
        low = 0x80;
        high = 0xBF;
        value = (value << 6) | (next & 0x3Fu);
    }
    return {value, length, false};
}

/// Appends a code point; what is none is written as U+FFFD.
inline void append(std::string& out, char32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
        out += replacement;
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

/// Bytes from `at` on that are valid UTF-8.
inline std::size_t valid_run(std::string_view text, std::size_t at) {
    const std::size_t begin = at;
    while (at < text.size()) {
        const int length = decode(text, at).length;
        if (length == 0) break;
        at += static_cast<std::size_t>(length);
    }
    return at - begin;
}

}  // namespace kinglet::utf8
