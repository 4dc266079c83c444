#include "inference/chat/jinja/text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "inference/base/utf8.h"

namespace kinglet::chat::jinja {
namespace {

utf8proc_category_t category(char32_t c) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

char32_t upper(char32_t c) {
    return static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
}
char32_t lower(char32_t c) {
    return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

bool is_letter(char32_t c) {
    const auto kind = category(c);
    return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_cased(char32_t c) {
    const auto kind = category(c);
    return kind == UTF8PROC_CATEGORY_LU || kind == UTF8PROC_CATEGORY_LL || kind == UTF8PROC_CATEGORY_LT;
}

bool is_printable(char32_t c) {
    if (c == ' ') return true;
    const auto kind = category(c);
    return kind != UTF8PROC_CATEGORY_CC && kind != UTF8PROC_CATEGORY_CF && kind != UTF8PROC_CATEGORY_CS &&
           kind != UTF8PROC_CATEGORY_CO && kind != UTF8PROC_CATEGORY_CN && kind != UTF8PROC_CATEGORY_ZL &&
           kind != UTF8PROC_CATEGORY_ZP && kind != UTF8PROC_CATEGORY_ZS;
}

/// Superscripts and the like count as digits, fractions as numeric only.
bool is_digit(char32_t c) {
    if (category(c) == UTF8PROC_CATEGORY_ND) return true;
    return c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0x2070 && c <= 0x2079) ||
           (c >= 0x2080 && c <= 0x2089) || (c >= 0x2460 && c <= 0x2468);
}

bool is_numeric(char32_t c) {
    const auto kind = category(c);
    return kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_NL || kind == UTF8PROC_CATEGORY_NO;
}

bool ends_line(char32_t c) {
    return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char low = static_cast<char>(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

template <class Map>
std::string map_characters(std::string_view text, const Map& map) {
    std::string out;
    out.reserve(text.size());
    for (const char32_t c : to_code_points(text)) utf8::append(out, map(c));
    return out;
}

}  // namespace

bool is_space(char32_t c) {
    if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::size_t character_length(std::string_view text, std::size_t at) {
    return static_cast<std::size_t>(std::max(1, utf8::decode(text, at).length));
}

namespace {

/// Where the character before `end` begins.
std::size_t previous_character(std::string_view text, std::size_t end) {
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, end); ++length) {
        const utf8::Decoded c = utf8::decode(text, end - length);
        if (c.length > 0 && static_cast<std::size_t>(c.length) == length) return end - length;
    }
    return end - 1;
}

template <class Wanted>
std::string_view strip_left_if(std::string_view text, const Wanted& wanted) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t length = character_length(text, at);
        if (!wanted(text.substr(at, length))) break;
        at += length;
    }
    return text.substr(at);
}

template <class Wanted>
std::string_view strip_right_if(std::string_view text, const Wanted& wanted) {
    std::size_t end = text.size();
    while (end > 0) {
        const std::size_t begin = previous_character(text, end);
        if (!wanted(text.substr(begin, end - begin))) break;
        end = begin;
    }
    return text.substr(0, end);
}

bool is_space_character(std::string_view c) {
    const utf8::Decoded decoded = utf8::decode(c, 0);
    return decoded.length > 0 && is_space(decoded.code_point);
}

/// Whether one of the characters of `chars` is `c`.
bool holds_character(std::string_view chars, std::string_view c) {
    for (std::size_t at = 0; at < chars.size(); at += character_length(chars, at)) {
        if (chars.substr(at, character_length(chars, at)) == c) return true;
    }
    return false;
}

}  // namespace

std::string_view strip_left(std::string_view text) {
    return strip_left_if(text, is_space_character);
}
std::string_view strip_right(std::string_view text) {
    return strip_right_if(text, is_space_character);
}
std::string_view strip_left(std::string_view text, std::string_view chars) {
    return strip_left_if(text, [chars](std::string_view c) { return holds_character(chars, c); });
}
std::string_view strip_right(std::string_view text, std::string_view chars) {
    return strip_right_if(text, [chars](std::string_view c) { return holds_character(chars, c); });
}

std::u32string to_code_points(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const utf8::Decoded c = utf8::decode(text, at);
        out += c.length == 0 ? char32_t{0xFFFD} : c.code_point;
        at += static_cast<std::size_t>(std::max(1, c.length));
    }
    return out;
}

std::string from_code_points(std::u32string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char32_t c : text) utf8::append(out, c);
    return out;
}

std::string unescape(std::string_view literal) {
    std::string out;
    out.reserve(literal.size());
    for (std::size_t i = 0; i < literal.size(); ++i) {
        if (literal[i] != '\\' || i + 1 == literal.size()) {
            out += literal[i];
            continue;
        }
        const char c = literal[++i];
        static constexpr std::string_view names = "abfnrtv\\'\"";
        static constexpr std::string_view values = "\a\b\f\n\r\t\v\\'\"";
        if (const std::size_t simple = names.find(c); simple != std::string_view::npos) {
            out += values[simple];
        } else if (c == '\n') {
            continue;
        } else if (c >= '0' && c <= '7') {
            char32_t value = 0;
            std::size_t count = 0;
            for (; count < 3 && i + count < literal.size() && literal[i + count] >= '0' &&
                   literal[i + count] <= '7';
                 ++count) {
                value = value * 8 + static_cast<char32_t>(literal[i + count] - '0');
            }
            i += count - 1;
            utf8::append(out, value);
        } else {
            const std::size_t wanted = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
            char32_t value = 0;
            std::size_t count = 0;
            for (; count < wanted && i + 1 + count < literal.size() && hex_value(literal[i + 1 + count]) >= 0;
                 ++count) {
                value = value * 16 + static_cast<char32_t>(hex_value(literal[i + 1 + count]));
            }
            if (wanted > 0 && count == wanted) {
                utf8::append(out, value);
                i += count;
            } else {
                out += '\\';
                out += c;
            }
        }
    }
    return out;
}

std::string quote(std::string_view text) {
    const bool doubled =
        text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
    const char mark = doubled ? '"' : '\'';
    std::string out(1, mark);
    for (const char32_t c : to_code_points(text)) {
        if (c == static_cast<char32_t>(mark) || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (is_printable(c)) {
            utf8::append(out, c);
        } else if (c < 0x100) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
        } else if (c < 0x10000) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += fmt::format("\\U{:08x}", static_cast<unsigned>(c));
        }
    }
    return out + mark;
}

std::string float_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
    char buffer[400];
    const double size = std::fabs(value);
    // Python writes exponents outside 1e-4 .. 1e16.
    const bool plain = size >= 1e-4 && size < 1e16;
    const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
    std::string text(buffer, end);
    if (plain && text.find('.') == std::string::npos) text += ".0";
    return text;
}

std::string to_upper(std::string_view text) {
    std::string out;
    for (const char32_t c : to_code_points(text)) {
        if (c == 0xDF) {
            out += "SS";
        } else {
            utf8::append(out, upper(c));
        }
    }
    return out;
}

std::string to_lower(std::string_view text) {
    return map_characters(text, lower);
}

std::string capitalize(std::string_view text) {
    bool first = true;
    return map_characters(text, [&first](char32_t c) {
        const char32_t mapped = first ? upper(c) : lower(c);
        first = false;
        return mapped;
    });
}

std::string title(std::string_view text) {
    bool inside = false;
    return map_characters(text, [&inside](char32_t c) {
        const char32_t mapped = inside ? lower(c) : upper(c);
        inside = is_cased(c);
        return mapped;
    });
}

bool all_of_class(std::string_view text, CharacterClass wanted) {
    const std::u32string characters = to_code_points(text);
    if (characters.empty()) return false;
    if (wanted == CharacterClass::upper || wanted == CharacterClass::lower) {
        const auto opposite = wanted == CharacterClass::upper ? UTF8PROC_CATEGORY_LL : UTF8PROC_CATEGORY_LU;
        bool any = false;
        for (const char32_t c : characters) {
            const auto kind = category(c);
            if (kind == opposite || kind == UTF8PROC_CATEGORY_LT) return false;
            if (is_cased(c)) any = true;
        }
        return any;
    }
    return std::ranges::all_of(characters, [wanted](char32_t c) {
        switch (wanted) {
            case CharacterClass::letter:
                return is_letter(c);
            case CharacterClass::digit:
                return is_digit(c);
            case CharacterClass::decimal:
                return category(c) == UTF8PROC_CATEGORY_ND;
            case CharacterClass::numeric:
                return is_numeric(c);
            case CharacterClass::space:
                return is_space(c);
            default:
                return is_letter(c) || is_numeric(c);
        }
    });
}

std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends) {
    std::vector<std::string_view> lines;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        const utf8::Decoded c = utf8::decode(text, at);
        const std::size_t start = at;
        at += static_cast<std::size_t>(std::max(1, c.length));
        if (c.length == 0 || !ends_line(c.code_point)) continue;
        if (c.code_point == '\r' && at < text.size() && text[at] == '\n') ++at;
        lines.push_back(text.substr(begin, (keep_ends ? at : start) - begin));
        begin = at;
    }
    if (begin < text.size()) lines.push_back(text.substr(begin));
    return lines;
}

}  // namespace kinglet::chat::jinja
