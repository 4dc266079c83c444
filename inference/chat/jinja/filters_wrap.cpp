// The wordwrap filter: lines are cut into words, words are put into lines.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/operations.h"
#include "inference/chat/jinja/text.h"

namespace kinglet::chat::jinja {
namespace {

using Text = std::u32string_view;

struct WrapOptions {
    std::size_t width = 79;
    bool break_words = true;    ///< words longer than a line are cut
    bool break_hyphens = true;  ///< hyphenated words may be parted behind a hyphen
};

bool is_gap(char32_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_blank(Text text) {
    return std::all_of(text.begin(), text.end(), is_space);
}

bool has_class(char32_t c, CharacterClass wanted) {
    return all_of_class(from_code_points(std::u32string(1, c)), wanted);
}

bool is_word(char32_t c) {
    return c == '_' || has_class(c, CharacterClass::alphanumeric);
}

bool is_letter(char32_t c) {
    return is_word(c) && !has_class(c, CharacterClass::decimal);
}

/// What may stand before a dash between words.
bool ends_word(char32_t c) {
    return is_word(c) || std::u32string_view(U"!\"'&.,?").find(c) != std::u32string_view::npos;
}

/// Cuts one line as Python's textwrap does.
class WordCutter {
  public:
    WordCutter(Runtime& runtime, Text line, bool hyphens)
        : runtime_(runtime), line_(line), hyphens_(hyphens) {}

    std::deque<std::u32string> words() {
        std::deque<std::u32string> out;
        for (std::size_t at = 0; at < line_.size();) {
            const std::size_t end = end_of_word(at);
            out.emplace_back(line_.substr(at, end - at));
            at = end;
        }
        return out;
    }

  private:
    std::size_t end_of_word(std::size_t at) {
        std::size_t end = at;
        if (is_gap(line_[at])) {
            while (end < line_.size() && is_gap(line_[end])) ++end;
            return end;
        }
        if (!hyphens_) {
            while (end < line_.size() && !is_gap(line_[end])) ++end;
            return end;
        }
        if (const std::size_t dash = behind_dash(at); dash > at) return dash;
        for (end = at + 1; end < line_.size(); ++end) {
            runtime_.step();
            if (is_gap(line_[end]) || behind_dash(end) > end) return end;
            if (parts_behind_hyphen(end)) return end + 1;
        }
        return end;
    }

    /// The end of two or more hyphens between words; `at` where there are none.
    std::size_t behind_dash(std::size_t at) const {
        if (line_[at] != '-' || at == 0 || !ends_word(line_[at - 1])) return at;
        std::size_t end = at;
        while (end < line_.size() && line_[end] == '-') ++end;
        return end - at >= 2 && end < line_.size() && is_word(line_[end]) ? end : at;
    }

    /// A hyphen with two letters on either side, not counting other hyphens.
    bool parts_behind_hyphen(std::size_t at) const {
        if (line_[at] != '-' || at < 2) return false;
        const bool two = is_letter(line_[at - 1]) && is_letter(line_[at - 2]);
        const bool short_part =
            at >= 3 && is_letter(line_[at - 1]) && line_[at - 2] == '-' && is_letter(line_[at - 3]);
        if (!two && !short_part) return false;
        std::size_t next = at + 1;
        if (next >= line_.size() || !is_letter(line_[next++])) return false;
        if (next < line_.size() && line_[next] == '-') ++next;
        return next < line_.size() && is_letter(line_[next]);
    }

    Runtime& runtime_;
    Text line_;
    bool hyphens_;
};

/// Moves as much of a word that is longer than a line as there is room for.
void break_word(std::deque<std::u32string>& words, std::u32string& line, std::size_t room,
                const WrapOptions& options) {
    std::u32string& word = words.front();
    if (!options.break_words) {
        if (!line.empty()) return;
        line = std::move(word);
        words.pop_front();
        return;
    }
    std::size_t end = room;
    if (options.break_hyphens && word.size() > room && room > 0) {
        const std::size_t hyphen = word.rfind(U'-', room - 1);
        const bool inside = hyphen != std::u32string::npos && hyphen > 0;
        if (inside && word.find_first_not_of(U'-') < hyphen) end = hyphen + 1;
    }
    line += word.substr(0, end);
    word.erase(0, end);
}

std::vector<std::u32string> wrapped(Runtime& runtime, Text text, const WrapOptions& options) {
    std::deque<std::u32string> words = WordCutter(runtime, text, options.break_hyphens).words();
    std::vector<std::u32string> lines;
    while (!words.empty()) {
        runtime.step();
        if (!lines.empty() && is_blank(words.front())) words.pop_front();
        std::u32string line;
        std::size_t last = 0;  // where the last word of the line begins
        while (!words.empty() && line.size() + words.front().size() <= options.width) {
            last = line.size();
            line += words.front();
            words.pop_front();
        }
        if (!words.empty() && words.front().size() > options.width) {
            const std::size_t before = line.size();
            break_word(words, line, options.width - before, options);
            // Python counts even an empty piece as the line's last word.
            if (options.break_words || line.size() > before) last = before;
        }
        if (is_blank(Text(line).substr(last))) line.resize(last);
        if (!line.empty()) lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace

Value filter_wordwrap(Runtime& runtime, Arguments& arguments) {
    static constexpr std::array<std::string_view, 5> names = {"s", "width", "break_long_words", "wrapstring",
                                                              "break_on_hyphens"};
    const List a = place_arguments("wordwrap", arguments, names, 1);
    WrapOptions options;
    if (!a[1].is_undefined()) {
        const std::int64_t width = to_index(a[1]);
        if (width <= 0) raise(fmt::format("invalid width {} (must be > 0)", width));
        options.width = static_cast<std::size_t>(width);
    }
    options.break_words = a[2].is_undefined() || a[2].truthy();
    options.break_hyphens = a[4].is_undefined() || a[4].truthy();
    const bool given = !a[3].is_undefined() && !a[3].is_none();
    const std::string separator = given ? to_text(runtime, a[3]) : "\n";
    require_defined(a[0]);
    if (a[0].text() == nullptr) raise("wordwrap() needs a text");
    const std::string text = to_text(runtime, a[0]);
    std::string out;
    bool first = true;
    for (const std::string_view paragraph : split_lines(text)) {
        const auto lines = wrapped(runtime, to_code_points(paragraph), options);
        // A paragraph of nothing is an empty line.
        for (std::size_t i = 0; i < std::max<std::size_t>(lines.size(), 1); ++i) {
            runtime.allocate(separator.size());
            if (!first) out += separator;
            first = false;
            if (i < lines.size()) out += from_code_points(lines[i]);
        }
    }
    return runtime.text(std::move(out));
}

}  // namespace kinglet::chat::jinja
