#include "inference/grammar/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "inference/base/utf8.h"

namespace kinglet::grammar {
namespace {

const Ranges digits = {{'0', '9'}};
const Ranges word = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
/// As ECMAScript has it, whose expressions JSON schemas use.
const Ranges space = {{'\t', '\r'},     {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680},
                      {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
                      {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};

class PatternParser {
  public:
    PatternParser(Rules& rules, std::string_view text) : rules_(rules), text_(text) {}

    tl::expected<NodeId, std::string> run() {
        if (text_.starts_with('^')) ++at_;
        const NodeId whole = alternatives(0);
        if (!error_ && at_ < text_.size()) stop(fmt::format("\"{}\" is not expected", text_[at_]));
        if (!error_ && parts_ > 1 && (text_.starts_with('^') || ended_)) {
            stop("^ and $ around several alternatives need a group: ^(a|b)$");
        }
        if (error_) return tl::unexpected(*error_);
        return whole;
    }

  private:
    NodeId stop(const std::string& what) {
        if (!error_) error_ = fmt::format("{} (character {})", what, at_ + 1);
        return 0;
    }
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    NodeId alternatives(int depth) {
        if (depth > max_nesting) return stop("groups are too deep");
        std::vector<NodeId> choices;
        do {
            choices.push_back(sequence(depth));
            if (depth == 0) ++parts_;
        } while (!error_ && take('|'));
        return rules_.choice(std::move(choices));
    }

    NodeId sequence(int depth) {
        std::vector<NodeId> items;
        while (!error_ && at_ < text_.size() && peek() != '|' && peek() != ')') {
            if (peek() == '$' && at_ + 1 == text_.size() && depth == 0) {
                ended_ = true;
                ++at_;
                break;
            }
            NodeId item = atom(depth);
            while (!error_ && at_ < text_.size() &&
                   std::string_view("?*+{").find(peek()) != std::string_view::npos) {
                item = repetition(item);
            }
            items.push_back(item);
            if (rules_.too_large()) return stop("the pattern is too large");
        }
        return rules_.sequence(std::move(items));
    }

    NodeId repetition(NodeId item) {
        std::uint32_t min = 0;
        std::uint32_t max = no_limit;
        if (take('?')) {
            max = 1;
        } else if (take('+')) {
            min = 1;
        } else if (!take('*')) {
            ++at_;  // {
            const auto least = number();
            std::optional<std::uint32_t> most = least;
            if (take(',')) most = peek() == '}' ? std::optional<std::uint32_t>(no_limit) : number();
            if (!least || !most || !take('}') || *least > *most)
                return stop("this repetition cannot be read");
            min = *least;
            max = *most;
        }
        if (peek() == '+') return stop("possessive repetitions are not supported");
        take('?');  // lazy or not, the same texts match
        return rules_.repeat(item, min, max);
    }

    std::optional<std::uint32_t> number() {
        if (peek() < '0' || peek() > '9') return std::nullopt;
        std::uint32_t value = 0;
        for (; peek() >= '0' && peek() <= '9'; ++at_) {
            value = value * 10 + static_cast<std::uint32_t>(peek() - '0');
            if (value > max_repeats) return std::nullopt;
        }
        return value;
    }

    NodeId atom(int depth) {
        if (take('(')) {
            if (take('?') && !take(':'))
                return stop("groups that begin with (? are not supported, but (?: is");
            const NodeId inner = alternatives(depth + 1);
            if (!error_ && !take(')')) return stop("a group is not closed");
            return inner;
        }
        if (take('[')) return characters(set());
        if (take('.')) return characters(complement({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}));
        if (peek() == '^' || peek() == '$') return stop("^ and $ are supported at the two ends only");
        if (take('\\')) return characters(escape());
        return characters(one());
    }

    Ranges one() {
        const utf8::Decoded c = utf8::decode(text_, at_);
        if (c.length == 0) return refuse("the pattern is not valid UTF-8");
        at_ += static_cast<std::size_t>(c.length);
        return {{c.code_point, c.code_point}};
    }

    Ranges refuse(const std::string& what) {
        stop(what);
        return {};
    }

    /// After a backslash.
    Ranges escape() {
        const char c = peek();
        ++at_;
        const auto is = [](char value) {
            return Ranges{{static_cast<char32_t>(value), static_cast<char32_t>(value)}};
        };
        switch (c) {
            case 'd':
                return digits;
            case 'D':
                return complement(digits);
            case 'w':
                return word;
            case 'W':
                return complement(word);
            case 's':
                return space;
            case 'S':
                return complement(space);
            case 'n':
                return is('\n');
            case 'r':
                return is('\r');
            case 't':
                return is('\t');
            case 'f':
                return is('\f');
            case 'v':
                return is('\v');
            case 'x':
                return hexadecimal(2);
            case 'u':
                return hexadecimal(4);
            default:
                break;
        }
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || c == '\0')
            return refuse(c == '\0' ? "a \\ stands at the end" : fmt::format("\\{} is not supported", c));
        --at_;
        return one();
    }

    Ranges hexadecimal(int count) {
        char32_t value = 0;
        for (int i = 0; i < count; ++i, ++at_) {
            const char c = peek();
            const char lower = static_cast<char>(c | 0x20);
            const bool decimal = c >= '0' && c <= '9';
            if (!decimal && (lower < 'a' || lower > 'f')) return refuse("an escape needs more digits");
            value = value * 16 + static_cast<char32_t>(decimal ? c - '0' : lower - 'a' + 10);
        }
        return {{value, value}};
    }

    /// After the opening bracket.
    Ranges set() {
        const bool inverted = take('^');
        Ranges ranges;
        while (!error_ && !take(']')) {
            if (at_ >= text_.size()) return refuse("a set is not closed");
            if (peek() == '[' && peek(1) == ':') return refuse("named classes are not supported");
            Ranges part = take('\\') ? escape() : one();
            const bool single = part.size() == 1 && part[0].first == part[0].last;
            if (!error_ && single && peek() == '-' && peek(1) != ']' && peek(1) != '\0') {
                ++at_;
                const Ranges end = take('\\') ? escape() : one();
                if (error_ || end.size() != 1 || end[0].first != end[0].last ||
                    end[0].first < part[0].first) {
                    return refuse("a range in a set cannot be read");
                }
                part[0].last = end[0].last;
            }
            ranges.insert(ranges.end(), part.begin(), part.end());
        }
        return inverted ? complement(ranges) : normalised(std::move(ranges));
    }

    /// A character of the set as a JSON string holds it.
    NodeId characters(const Ranges& wanted) {
        if (error_) return 0;
        const Ranges needs_escape = {{0, 0x1F}, {'"', '"'}, {'\\', '\\'}};
        std::vector<NodeId> choices;
        const Ranges plain = difference(wanted, needs_escape);
        if (!plain.empty()) choices.push_back(rules_.set(plain));
        for (const Range& range : difference(wanted, complement(needs_escape))) {
            for (char32_t c = range.first; c <= range.last; ++c) choices.push_back(rules_.text(escaped(c)));
        }
        if (choices.empty()) return stop("no character is in this set");
        return rules_.choice(std::move(choices));
    }

    static std::string escaped(char32_t c) {
        switch (c) {
            case '"':
                return "\\\"";
            case '\\':
                return "\\\\";
            case '\n':
                return "\\n";
            case '\r':
                return "\\r";
            case '\t':
                return "\\t";
            default:
                return fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        }
    }

    Rules& rules_;
    std::string_view text_;
    std::size_t at_ = 0;
    int parts_ = 0;
    bool ended_ = false;
    std::optional<std::string> error_;
};

}  // namespace

tl::expected<NodeId, std::string> pattern_content(Rules& rules, std::string_view pattern) {
    return PatternParser(rules, pattern).run();
}

}  // namespace kinglet::grammar
