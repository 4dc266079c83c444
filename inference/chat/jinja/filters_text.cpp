// Filters that make texts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "inference/base/utf8.h"
#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/operations.h"
#include "inference/chat/jinja/text.h"

namespace kinglet::chat::jinja {

Value replace_text(Runtime& runtime, std::string_view text, std::string_view old, std::string_view fresh,
                   std::int64_t count) {
    std::string out;
    std::size_t at = 0;
    runtime.step(1 + text.size() / 64);
    const auto emit = [&](std::string_view part) {
        out += part;
        if (out.size() > runtime.limits().allocated_bytes) runtime.allocate(out.size());
    };
    while (count != 0) {
        runtime.step();
        if (old.empty()) {
            emit(fresh);
            if (at >= text.size()) break;
            const std::size_t size = character_length(text, at);
            emit(text.substr(at, size));
            at += size;
        } else {
            const std::size_t found = text.find(old, at);
            if (found == std::string_view::npos) break;
            emit(text.substr(at, found - at));
            emit(fresh);
            at = found + old.size();
        }
        if (count > 0) --count;
    }
    emit(text.substr(std::min(at, text.size())));
    return runtime.text(std::move(out));
}

namespace {

using Names = std::initializer_list<std::string_view>;

List take(std::string_view filter, Arguments& arguments, Names names, std::size_t required = 1) {
    return place_arguments(filter, arguments, std::span(names.begin(), names.size()), required);
}

bool given(const Value& value) {
    return !value.is_undefined() && !value.is_none();
}

template <std::string (*Map)(std::string_view)>
Value mapped(Runtime& runtime, Arguments& arguments) {
    const List a = take("filter", arguments, {"s"});
    const std::string text = to_text(runtime, a[0]);
    runtime.step(1 + text.size() / 16);
    return runtime.text(Map(text));
}

/// Jinja's title filter: words begin after white space and opening brackets, and "-".
std::string title_words(std::string_view text) {
    std::string out;
    std::string word;
    const auto flush = [&] {
        out += capitalize(word);
        word.clear();
    };
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = character_length(text, at);
        const std::string_view c = text.substr(at, size);
        const bool parts = c == "-" || c == "(" || c == "{" || c == "[" || c == "<" || strip_left(c).empty();
        word += c;
        if (parts) flush();
        at += size;
    }
    flush();
    return out;
}

Value filter_string(Runtime& runtime, Arguments& arguments) {
    return runtime.text(to_text(runtime, take("string", arguments, {"s"})[0]));
}

Value filter_trim(Runtime& runtime, Arguments& arguments) {
    const List a = take("trim", arguments, {"value", "chars"});
    const std::string text = to_text(runtime, a[0]);
    runtime.step(1 + text.size() / 64);
    if (!given(a[1])) return runtime.text(std::string(strip_right(strip_left(text))));
    const std::string chars = to_text(runtime, a[1]);
    runtime.step(1 + chars.size() * text.size() / 256);
    return runtime.text(std::string(strip_right(strip_left(text, chars), chars)));
}

Value filter_replace(Runtime& runtime, Arguments& arguments) {
    const List a = take("replace", arguments, {"s", "old", "new", "count"}, 3);
    return replace_text(runtime, to_text(runtime, a[0]), to_text(runtime, a[1]), to_text(runtime, a[2]),
                        given(a[3]) ? to_index(a[3]) : -1);
}

Value filter_indent(Runtime& runtime, Arguments& arguments) {
    const List a = take("indent", arguments, {"s", "width", "first", "blank"});
    require_defined(a[0]);
    std::string indent;
    if (a[1].text() != nullptr) {
        indent = a[1].bytes();
    } else {
        const std::int64_t width = given(a[1]) ? to_index(a[1]) : 4;
        indent.assign(static_cast<std::size_t>(std::clamp<std::int64_t>(width, 0, 10'000)), ' ');
    }
    std::string all = to_text(runtime, a[0]) + "\n";
    std::string out;
    bool first = true;
    for (const std::string_view line : split_lines(all)) {
        runtime.step();
        runtime.allocate(indent.size());
        if (!first) out += '\n';
        if (first ? a[2].truthy() : (!line.empty() || a[3].truthy())) out += indent;
        out += line;
        first = false;
    }
    return runtime.text(std::move(out));
}

Value filter_center(Runtime& runtime, Arguments& arguments) {
    List a = take("center", arguments, {"value", "width"});
    Arguments forwarded;
    forwarded.positional = {given(a[1]) ? a[1] : Value(std::int64_t{80})};
    const Value text = runtime.text(to_text(runtime, a[0]));
    return call(runtime, find_method(runtime, text, "center"), std::move(forwarded));
}

Value filter_format(Runtime& runtime, Arguments& arguments) {
    if (arguments.positional.empty()) raise("format() needs a text");
    const std::string format = to_text(runtime, arguments.positional[0]);
    if (!arguments.named.empty()) {
        Dict named;
        for (const auto& [name, value] : arguments.named) named.set(Value::plain_text(name), value);
        return runtime.text(format_percent(runtime, format, {}, &named));
    }
    return runtime.text(format_percent(
        runtime, format, List(arguments.positional.begin() + 1, arguments.positional.end()), nullptr));
}

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '\'':
                out += "&#39;";
                break;
            case '"':
                out += "&#34;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string strip_tags(std::string_view text) {
    std::string bare;
    // Past its last end no tag is closed: without these two, many open ones would each search the rest.
    const std::size_t last_tag = text.rfind('>');
    const std::size_t last_comment = text.rfind("-->");
    for (std::size_t at = 0; at < text.size();) {
        const bool comment = text.substr(at).starts_with("<!--");
        const std::size_t last = comment ? last_comment : last_tag;
        const bool closed = text[at] == '<' && last != std::string_view::npos && last > at;
        const std::size_t end = closed ? text.find(comment ? "-->" : ">", at) : std::string_view::npos;
        if (end == std::string_view::npos) {
            bare += text[at++];
        } else {
            at = end + (comment ? 3 : 1);
        }
    }
    std::string out;
    bool gap = false;
    for (const char32_t c : to_code_points(bare)) {
        if (is_space(c)) {
            gap = !out.empty();
            continue;
        }
        if (gap) out += ' ';
        gap = false;
        utf8::append(out, c);
    }
    return out;
}

std::string url_quote(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("_.-~/").find(c) != std::string_view::npos;
        if (kept) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

Value filter_truncate(Runtime& runtime, Arguments& arguments) {
    const List a = take("truncate", arguments, {"s", "length", "killwords", "end", "leeway"});
    const std::u32string text = to_code_points(to_text(runtime, a[0]));
    const std::u32string end = to_code_points(given(a[3]) ? to_text(runtime, a[3]) : "...");
    const std::int64_t wanted = given(a[1]) ? to_index(a[1]) : 255;
    const std::int64_t leeway = given(a[4]) ? to_index(a[4]) : 5;
    if (wanted < static_cast<std::int64_t>(end.size())) {
        raise(fmt::format("expected length >= {}, got {}", end.size(), wanted));
    }
    if (leeway < 0) raise(fmt::format("expected leeway >= 0, got {}", leeway));
    if (static_cast<std::int64_t>(text.size()) - leeway <= wanted)
        return runtime.text(from_code_points(text));
    std::u32string kept = text.substr(0, static_cast<std::size_t>(wanted) - end.size());
    if (!a[2].truthy()) {
        const std::size_t space = kept.rfind(U' ');
        if (space != std::u32string::npos) kept.resize(space);
    }
    return runtime.text(from_code_points(kept + end));
}

bool is_word_character(char32_t c) {
    return c == '_' || all_of_class(from_code_points(std::u32string(1, c)), CharacterClass::alphanumeric);
}

Value filter_wordcount(Runtime& runtime, Arguments& arguments) {
    const List a = take("wordcount", arguments, {"s"});
    std::int64_t count = 0;
    bool inside = false;
    for (const char32_t c : to_code_points(to_text(runtime, a[0]))) {
        runtime.step();
        const bool word = is_word_character(c);
        if (word && !inside) ++count;
        inside = word;
    }
    return count;
}

Value filter_filesizeformat(Runtime& runtime, Arguments& arguments) {
    const List a = take("filesizeformat", arguments, {"value", "binary"});
    if (!a[0].is_number()) raise("filesizeformat() needs a number");
    const double bytes = a[0].number();
    const bool binary = a[1].truthy();
    const double base = binary ? 1024 : 1000;
    if (bytes == 1) return runtime.text("1 Byte");
    if (bytes < base) return runtime.text(fmt::format("{:.0f} Bytes", std::trunc(bytes)));
    constexpr std::string_view letters = "kMGTPEZY";
    double unit = base * base;
    std::size_t i = 0;
    for (; i + 1 < letters.size() && bytes >= unit; ++i) unit *= base;
    const char letter = binary && i == 0 ? 'K' : letters[i];
    return runtime.text(fmt::format("{:.1f} {}{}B", base * bytes / unit, letter, binary ? "i" : ""));
}

Value filter_pprint(Runtime& runtime, Arguments& arguments) {
    return runtime.text(repr(runtime, take("pprint", arguments, {"value"})[0]));
}

Value filter_safe(Runtime& runtime, Arguments& arguments) {
    return runtime.text(to_text(runtime, take("safe", arguments, {"value"})[0]));
}

constexpr std::array<BuiltinRow, 22> rows = {{
    {"string", filter_string},
    {"trim", filter_trim},
    {"replace", filter_replace},
    {"upper", mapped<to_upper>},
    {"lower", mapped<to_lower>},
    {"capitalize", mapped<capitalize>},
    {"title", mapped<title_words>},
    {"indent", filter_indent},
    {"center", filter_center},
    {"format", filter_format},
    {"escape", mapped<escape_html>},
    {"e", mapped<escape_html>},
    {"forceescape", mapped<escape_html>},
    {"safe", filter_safe},
    {"striptags", mapped<strip_tags>},
    {"urlencode", mapped<url_quote>},
    {"truncate", filter_truncate},
    {"wordcount", filter_wordcount},
    {"wordwrap", filter_wordwrap},
    {"filesizeformat", filter_filesizeformat},
    {"pprint", filter_pprint},
    {"tojson", filter_tojson},
}};

}  // namespace

std::span<const BuiltinRow> text_filters() {
    return rows;
}

}  // namespace kinglet::chat::jinja
