#include "inference/chat/jinja/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inference/base/utf8.h"
#include "inference/chat/jinja/text.h"
#include "inference/chat/jinja/value.h"

namespace kinglet::chat::jinja {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// One kind of line end, and the last one dropped.
std::string normalize_newlines(std::string_view source) {
    std::string out;
    out.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] == '\r') {
            out += '\n';
            if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
        } else {
            out += source[i];
        }
    }
    if (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
}

class Lexer {
  public:
    Lexer(std::string_view source, int& line) : source_(normalize_newlines(source)), line_(line) {
        line_ = 1;
    }

    std::vector<Token> run() {
        while (at_ < source_.size()) root();
        push(Token::Kind::end, "");
        return std::move(tokens_);
    }

  private:
    using Kind = Token::Kind;

    void push(Kind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

    void advance(std::size_t to) {
        line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                             source_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
        at_ = to;
    }

    bool looking_at(std::string_view text, std::size_t at) const {
        return std::string_view(source_).substr(std::min(at, source_.size())).starts_with(text);
    }

    std::size_t skip_space(std::size_t at) const {
        const std::string_view rest = std::string_view(source_).substr(at);
        return at + (rest.size() - strip_left(rest).size());
    }

    /// Where the next delimiter begins.
    std::size_t find_begin() const {
        for (std::size_t at = source_.find('{', at_); at != std::string::npos;
             at = source_.find('{', at + 1)) {
            if (at + 1 == source_.size()) break;
            const char next = source_[at + 1];
            if (next == '%' || next == '{' || next == '#') return at;
        }
        return source_.size();
    }

    /// The text before a delimiter, without what the delimiter's sign or lstrip_blocks takes away.
    void data_until(std::size_t end, char sign, bool is_variable) {
        std::string_view text = std::string_view(source_).substr(at_, end - at_);
        if (sign == '-') {
            text = strip_right(text);
        } else if (sign != '+' && !is_variable) {
            const bool line_start = at_ == 0 || source_[at_ - 1] == '\n';
            const std::size_t newline = text.rfind('\n');
            const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
            if ((begin > 0 || line_start) && strip_left(text.substr(begin)).empty())
                text = text.substr(0, begin);
        }
        if (!text.empty()) push(Kind::data, std::string(text));
        advance(end);
    }

    char sign_at(std::size_t at) const {
        if (at < source_.size() && (source_[at] == '-' || source_[at] == '+')) return source_[at];
        return 0;
    }

    void root() {
        const std::size_t begin = find_begin();
        if (begin == source_.size()) {
            push(Kind::data, source_.substr(at_));
            at_ = begin;
            return;
        }
        const char kind = source_[begin + 1];
        const char sign = sign_at(begin + 2);
        data_until(begin, sign, kind == '{');
        const std::size_t inside = begin + 2 + (sign != 0 ? 1 : 0);
        if (kind == '#') {
            comment(inside);
        } else if (kind == '%' && raw(inside)) {
            return;
        } else {
            push(kind == '{' ? Kind::variable_begin : Kind::block_begin, "");
            advance(inside);
            expression(kind == '{');
        }
    }

    /// Steps over the end of a tag: "-" before it takes all white space after it, trim_blocks the newline.
    void after_end(std::size_t end, char sign, bool trims) {
        if (sign == '-') {
            end = skip_space(end);
        } else if (sign != '+' && trims && end < source_.size() && source_[end] == '\n') {
            ++end;
        }
        advance(end);
    }

    void comment(std::size_t inside) {
        const std::size_t end = source_.find("#}", inside);
        if (end == std::string::npos) raise("a comment is not closed");
        after_end(end + 2, end > inside ? sign_at(end - 1) : '\0', true);
    }

    /// "{% raw %}" up to "{% endraw %}"; false where the tag is another one.
    bool raw(std::size_t inside) {
        std::size_t at = skip_space(inside);
        if (!looking_at("raw", at)) return false;
        at = skip_space(at + 3);
        const bool strips = looking_at("-%}", at);
        if (!strips && !looking_at("%}", at)) return false;
        advance(strips ? skip_space(at + 3) : at + 2);
        for (std::size_t begin = source_.find("{%", at_); begin != std::string::npos;
             begin = source_.find("{%", begin + 1)) {
            const char sign = sign_at(begin + 2);
            std::size_t end = skip_space(begin + 2 + (sign != 0 ? 1 : 0));
            if (!looking_at("endraw", end)) continue;
            end = skip_space(end + 6);
            const char end_sign = sign_at(end);
            if (end_sign != 0) ++end;
            if (!looking_at("%}", end)) continue;
            data_until(begin, sign, false);
            after_end(end + 2, end_sign, true);
            return true;
        }
        raise("a raw block is not closed");
    }

    /// The inside of a tag, and its end.
    void expression(bool is_variable) {
        const std::string_view close = is_variable ? "}}" : "%}";
        std::string open_brackets;
        while (true) {
            advance(skip_space(at_));
            if (at_ >= source_.size()) raise(is_variable ? "'{{' is not closed" : "'{%' is not closed");
            if (open_brackets.empty()) {
                const char sign = sign_at(at_);
                const bool signed_end =
                    sign != 0 && (sign == '-' || !is_variable) && looking_at(close, at_ + 1);
                if (signed_end || looking_at(close, at_)) {
                    push(is_variable ? Kind::variable_end : Kind::block_end, "");
                    after_end(at_ + close.size() + (signed_end ? 1 : 0), signed_end ? sign : '\0',
                              !is_variable);
                    return;
                }
            }
            const char c = source_[at_];
            if (is_digit(c)) {
                number();
            } else if (is_name_start(c)) {
                name();
            } else if (c == '"' || c == '\'') {
                string(c);
            } else {
                punctuation(open_brackets);
            }
        }
    }

    std::size_t digits(std::size_t at, bool (*accepts)(char)) const {
        while (at < source_.size()) {
            const bool joins = source_[at] == '_' && at + 1 < source_.size() && accepts(source_[at + 1]);
            if (!accepts(source_[at]) && !joins) break;
            ++at;
        }
        return at;
    }

    void number() {
        std::size_t end = at_;
        const char prefix = at_ + 1 < source_.size() ? static_cast<char>(source_[at_ + 1] | 0x20) : '\0';
        if (source_[at_] == '0' && (prefix == 'x' || prefix == 'o' || prefix == 'b') &&
            at_ + 2 < source_.size() && is_hex(source_[at_ + 2])) {
            take_number(digits(at_ + 2, is_hex), Kind::integer);
            return;
        }
        end = digits(at_, is_digit);
        bool is_real = false;
        const bool after_dot = at_ > 0 && source_[at_ - 1] == '.';
        if (!after_dot && end + 1 < source_.size() && source_[end] == '.' && is_digit(source_[end + 1])) {
            end = digits(end + 1, is_digit);
            is_real = true;
        }
        if (!after_dot && end < source_.size() && (source_[end] == 'e' || source_[end] == 'E')) {
            const std::size_t exponent = end + 1 + (sign_at(end + 1) != 0 ? 1 : 0);
            if (exponent < source_.size() && is_digit(source_[exponent])) {
                end = digits(exponent, is_digit);
                is_real = true;
            }
        }
        take_number(end, is_real ? Kind::real : Kind::integer);
    }

    void take_number(std::size_t end, Kind kind) {
        std::string text = source_.substr(at_, end - at_);
        std::erase(text, '_');
        push(kind, std::move(text));
        at_ = end;
    }

    void name() {
        std::size_t end = at_;
        while (end < source_.size() && (is_name_start(source_[end]) || is_digit(source_[end]))) ++end;
        push(Kind::name, source_.substr(at_, end - at_));
        at_ = end;
    }

    void string(char quote) {
        std::size_t end = at_ + 1;
        while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
        if (end >= source_.size()) raise("a string is not closed");
        push(Kind::string, unescape(std::string_view(source_).substr(at_ + 1, end - at_ - 1)));
        advance(end + 1);
    }

    void punctuation(std::string& open_brackets) {
        static constexpr std::array<std::string_view, 25> all = {
            "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
            "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ","};
        const auto found =
            std::ranges::find_if(all, [&](std::string_view each) { return looking_at(each, at_); });
        if (found == all.end()) raise(fmt::format("unexpected character '{}'", source_[at_]));
        const char c = found->front();
        if (c == '(' || c == '[' || c == '{') open_brackets += c == '(' ? ')' : c == '[' ? ']' : '}';
        if (c == ')' || c == ']' || c == '}') {
            if (open_brackets.empty() || open_brackets.back() != c) raise(fmt::format("unexpected '{}'", c));
            open_brackets.pop_back();
        }
        push(Kind::punctuation, std::string(*found));
        at_ += found->size();
    }

    std::string source_;
    int& line_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source, int& line) {
    return Lexer(source, line).run();
}

}  // namespace kinglet::chat::jinja
