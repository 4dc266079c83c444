#include "inference/grammar/gbnf.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "inference/base/utf8.h"
#include "inference/grammar/place.h"

namespace kinglet::grammar {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}

/// What stands at one place, for people.
std::string shown(std::string_view text, std::size_t at) {
    if (at >= text.size()) return "the end of the grammar";
    const utf8::Decoded c = utf8::decode(text, at);
    if (c.length == 0) return "a byte that is no UTF-8";
    if (c.code_point < 0x20)
        return fmt::format("the character U+{:04X}", static_cast<unsigned>(c.code_point));
    return fmt::format("\"{}\"", text.substr(at, static_cast<std::size_t>(c.length)));
}

/// A descent through the text. The first error stays; everything unwinds once there is one.
class Parser {
  public:
    Parser(std::string_view text, std::string_view name) : text_(text), name_(name) {}

    Result<Rules> run() {
        if (text_.size() > max_text_bytes) {
            return fail(ErrorCode::too_large, fmt::format("{}: the grammar is longer than 1 MiB", name_));
        }
        // Whatever the order in the text, the grammar begins with "root".
        number_of("root");
        skip();
        while (!failed() && at_ < text_.size()) rule();
        if (!failed()) check_names();
        if (failed()) return tl::unexpected(*error_);
        return std::move(rules_);
    }

  private:
    bool failed() const { return error_.has_value(); }

    /// Returns a node that is not to be used.
    NodeId stop(std::size_t at, const std::string& what, const char* hint = "Correct the grammar.") {
        if (!failed()) {
            error_ = Error{ErrorCode::bad_format,
                           fmt::format("{}: {}", place_text(name_, text_, at), what),
                           hint,
                           {},
                           at};
        }
        return 0;
    }

    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    bool take(std::string_view what) {
        if (text_.substr(at_, what.size()) != what) return false;
        at_ += what.size();
        return true;
    }
    void skip() {
        while (at_ < text_.size()) {
            if (peek() == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if (peek() == ' ' || (peek() >= '\t' && peek() <= '\r')) {
                ++at_;
            } else {
                return;
            }
        }
    }

    std::string_view name() {
        const std::size_t begin = at_;
        if (is_letter(peek())) {
            while (is_name(peek())) ++at_;
        }
        return text_.substr(begin, at_ - begin);
    }

    /// A name and ::= stand here.
    bool at_rule() {
        const std::size_t begin = at_;
        const bool named = !name().empty();
        skip();
        const bool found = named && text_.substr(at_, 3) == "::=";
        at_ = begin;
        return found;
    }

    RuleId number_of(std::string_view name) {
        const auto [at, added] = numbers_.try_emplace(std::string(name), 0);
        if (added) {
            at->second = rules_.declare(std::string(name));
            first_use_.push_back(at_);
        }
        return at->second;
    }

    void rule() {
        const std::size_t begin = at_;
        const std::string_view rule_name = name();
        if (rule_name.empty()) {
            stop(begin, fmt::format("a rule's name is expected here, not {}", shown(text_, begin)),
                 "Write a rule as: name ::= alternatives");
            return;
        }
        at_ = begin;
        const RuleId number = number_of(rule_name);
        at_ = begin + rule_name.size();
        if (rules_.too_large()) {
            stop(begin, "the grammar has too many rules");
            return;
        }
        if (rules_.rules()[number].defined) {
            stop(begin, fmt::format("the rule \"{}\" is there already", rule_name));
            return;
        }
        skip();
        if (!take("::=")) {
            stop(at_, fmt::format("::= is expected after \"{}\", not {}", rule_name, shown(text_, at_)));
            return;
        }
        const NodeId body = alternatives(0);
        if (failed()) return;
        if (at_ < text_.size() && !at_rule()) {
            stop(at_, fmt::format("{} is not expected here", shown(text_, at_)));
            return;
        }
        rules_.define(number, body);
    }

    NodeId alternatives(int depth) {
        if (depth > max_nesting) return stop(at_, fmt::format("groups are more than {} deep", max_nesting));
        std::vector<NodeId> choices;
        do {
            choices.push_back(sequence(depth));
            if (failed()) return 0;
        } while (take("|"));
        return rules_.choice(std::move(choices));
    }

    NodeId sequence(int depth) {
        std::vector<NodeId> items;
        for (skip(); at_ < text_.size() && peek() != '|' && peek() != ')'; skip()) {
            if (at_rule()) break;
            NodeId item = atom(depth);
            skip();
            while (!failed() && at_ < text_.size() &&
                   std::string_view("?*+{").find(peek()) != std::string_view::npos) {
                item = repetition(item);
                skip();
            }
            if (failed()) return 0;
            if (rules_.too_large()) return stop(at_, "the grammar is too large");
            items.push_back(item);
        }
        return rules_.sequence(std::move(items));
    }

    NodeId atom(int depth) {
        const std::size_t begin = at_;
        if (take("\"")) return literal(begin);
        if (take("[")) return set(begin);
        if (take(".")) return rules_.set(all_characters());
        if (take("(")) {
            const NodeId inner = alternatives(depth + 1);
            if (!failed() && !take(")")) return stop(begin, "this group is not closed", "Add a \")\".");
            return inner;
        }
        const std::string_view rule_name = name();
        if (rule_name.empty())
            return stop(begin, fmt::format("{} is not expected here", shown(text_, begin)));
        at_ = begin;
        const RuleId number = number_of(rule_name);
        at_ = begin + rule_name.size();
        return rules_.refer(number);
    }

    NodeId repetition(NodeId item) {
        const std::size_t begin = at_;
        if (take("?")) return rules_.repeat(item, 0, 1);
        if (take("*")) return rules_.repeat(item, 0, no_limit);
        if (take("+")) return rules_.repeat(item, 1, no_limit);
        ++at_;  // {
        skip();
        const auto min = number();
        skip();
        std::optional<std::uint32_t> max = min;
        if (take(",")) {
            skip();
            max = peek() == '}' ? std::optional<std::uint32_t>(no_limit) : number();
            skip();
        }
        if (failed()) return 0;
        if (!min || !max || !take("}")) {
            return stop(begin, "a repetition is written {n}, {least,} or {least,most}");
        }
        if (*min > *max)
            return stop(begin, fmt::format("the repetition {{{},{}}} ends before it begins", *min, *max));
        return rules_.repeat(item, *min, *max);
    }

    std::optional<std::uint32_t> number() {
        if (peek() < '0' || peek() > '9') return std::nullopt;
        std::uint32_t value = 0;
        const std::size_t begin = at_;
        for (; peek() >= '0' && peek() <= '9'; ++at_) {
            value = value * 10 + static_cast<std::uint32_t>(peek() - '0');
            if (value > max_repeats) {
                stop(begin, fmt::format("more than {} repetitions are not possible", max_repeats));
                return std::nullopt;
            }
        }
        return value;
    }

    NodeId literal(std::size_t begin) {
        std::string bytes;
        while (!take("\"")) {
            if (at_ >= text_.size() || peek() == '\n') {
                return stop(begin, "this text is not closed on its line",
                            "Add a quotation mark; write a new line as \\n.");
            }
            const char32_t c = character();
            if (failed()) return 0;
            utf8::append(bytes, c);
        }
        return rules_.text(std::move(bytes));
    }

    NodeId set(std::size_t begin) {
        const bool inverted = take("^");
        Ranges ranges;
        while (!take("]")) {
            if (at_ >= text_.size() || peek() == '\n')
                return stop(begin, "this set is not closed on its line", "Add a \"]\".");
            const std::size_t at = at_;
            Range range{character(), 0};
            range.last = range.first;
            if (!failed() && peek() == '-' && peek(1) != ']') {
                ++at_;
                range.last = at_ < text_.size() ? character() : 0;
            }
            if (failed()) return 0;
            if (range.last < range.first) return stop(at, "this range ends before it begins");
            ranges.push_back(range);
        }
        ranges = inverted ? complement(ranges) : normalised(std::move(ranges));
        if (ranges.empty()) return stop(begin, "no character is in this set");
        return rules_.set(std::move(ranges));
    }

    /// One character of a text or set, with its escapes.
    char32_t character() {
        const utf8::Decoded c = utf8::decode(text_, at_);
        if (c.length == 0) return stop(at_, "the grammar is not valid UTF-8");
        at_ += static_cast<std::size_t>(c.length);
        return c.code_point == '\\' ? escape(at_ - 1) : c.code_point;
    }

    char32_t escape(std::size_t begin) {
        const char kind = peek();
        ++at_;
        switch (kind) {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case '\\':
            case '"':
            case '[':
            case ']':
            case '-':
            case '^':
                return static_cast<char32_t>(kind);
            case 'x':
                return hexadecimal(begin, 2);
            case 'u':
                return hexadecimal(begin, 4);
            case 'U':
                return hexadecimal(begin, 8);
            default:
                return stop(begin, "this escape is not known",
                            R"(Known are \n \r \t \\ \" \[ \] \- \^ \xHH \uHHHH \UHHHHHHHH.)");
        }
    }

    char32_t hexadecimal(std::size_t begin, int digits) {
        std::uint64_t value = 0;
        for (int i = 0; i < digits; ++i, ++at_) {
            const char c = peek();
            const bool decimal = c >= '0' && c <= '9';
            const char lower = static_cast<char>(c | 0x20);
            if (!decimal && (lower < 'a' || lower > 'f')) {
                return stop(begin, fmt::format("this escape needs {} hexadecimal digits", digits));
            }
            value = value * 16 + static_cast<std::uint64_t>(decimal ? c - '0' : lower - 'a' + 10);
        }
        if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
            return stop(begin, fmt::format("U+{:04X} is no character", value));
        }
        return static_cast<char32_t>(value);
    }

    void check_names() {
        for (std::size_t i = 0; i < rules_.rules().size(); ++i) {
            const Rule& rule = rules_.rules()[i];
            if (rule.defined) continue;
            if (i == 0 && first_use_[0] == 0) {
                stop(text_.size(), "there is no rule \"root\"", "Add one: the answer is what it describes.");
            } else {
                stop(first_use_[i], fmt::format("there is no rule \"{}\"", rule.name));
            }
            return;
        }
    }

    std::string_view text_;
    std::string_view name_;
    std::size_t at_ = 0;
    Rules rules_;
    std::map<std::string, RuleId, std::less<>> numbers_;
    std::vector<std::size_t> first_use_;  ///< one a rule
    std::optional<Error> error_;
};

}  // namespace

Result<Rules> parse_gbnf(std::string_view text, std::string_view name) {
    return Parser(text, name).run();
}

}  // namespace kinglet::grammar
