#define PCRE2_CODE_UNIT_WIDTH 8
#include "inference/tokenizer/pretokenizer.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <array>

namespace kinglet::tokenizer {
namespace {

struct CodeFree {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct MatchFree {
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
using Code = std::unique_ptr<pcre2_code, CodeFree>;

// White space as Unicode has it: PCRE2's own \s also takes U+180E, which the models' expressions do not.
constexpr std::string_view space_set =
    R"(\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

/// Writes \s and \S out as sets.
std::string with_unicode_space(std::string_view expression) {
    std::string out;
    bool in_set = false;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const char c = expression[i];
        if (c == '\\' && i + 1 < expression.size()) {
            const char next = expression[++i];
            if (next == 's' || (next == 'S' && !in_set)) {
                out += in_set ? "" : next == 's' ? "[" : "[^";
                out += space_set;
                out += in_set ? "" : "]";
            } else {
                out += c;
                out += next;
            }
            continue;
        }
        if (c == '[') in_set = true;
        if (c == ']') in_set = false;
        out += c;
    }
    return out;
}

}  // namespace

struct Pretokenizer::Expressions {
    std::vector<Code> codes;
};

Pretokenizer::Pretokenizer(std::unique_ptr<Expressions> expressions) : expressions_(std::move(expressions)) {}
Pretokenizer::~Pretokenizer() = default;

Result<std::unique_ptr<Pretokenizer>> Pretokenizer::compile(const PretokenizerRow& row) {
    auto expressions = std::make_unique<Expressions>();
    for (const std::string_view expression : row.expressions) {
        const std::string text = with_unicode_space(expression);
        int error = 0;
        PCRE2_SIZE offset = 0;
        Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), PCRE2_UTF | PCRE2_UCP,
                                &error, &offset, nullptr));
        if (!code) {
            std::array<PCRE2_UCHAR, 200> message{};
            pcre2_get_error_message(error, message.data(), message.size());
            return fail(ErrorCode::bad_format,
                        fmt::format("pre-tokenizer {}: {} at {} of {}", row.name,
                                    reinterpret_cast<const char*>(message.data()), offset, text));
        }
        // Without JIT (a system that forbids making code executable) matching is slower and otherwise the
        // same.
        pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
        expressions->codes.push_back(std::move(code));
    }
    return std::unique_ptr<Pretokenizer>(new Pretokenizer(std::move(expressions)));
}

std::vector<std::uint32_t> Pretokenizer::cut(std::string_view text) const {
    std::vector<std::uint32_t> ends = {static_cast<std::uint32_t>(text.size())};
    std::vector<std::uint32_t> finer;
    for (const Code& code : expressions_->codes) {
        const std::unique_ptr<pcre2_match_data, MatchFree> match(pcre2_match_data_create(1, nullptr));
        finer.clear();
        finer.reserve(ends.size() + text.size() / 4);
        std::size_t begin = 0;
        for (const std::uint32_t end : ends) {
            // A piece is a text of its own: nothing around it is seen, so it is handed over alone.
            const auto* piece = reinterpret_cast<PCRE2_SPTR>(text.data() + begin);
            const std::size_t length = end - begin;
            std::size_t at = 0;
            while (at < length) {
                // Zero is a match, too: of groups within it there is no room to tell.
                if (pcre2_match(code.get(), piece, length, at, PCRE2_NO_UTF_CHECK, match.get(), nullptr) < 0)
                    break;
                const PCRE2_SIZE* range = pcre2_get_ovector_pointer(match.get());
                if (range[1] <= at) break;  // an empty match: none of the table's expressions makes one
                if (range[0] > at) finer.push_back(static_cast<std::uint32_t>(begin + range[0]));
                finer.push_back(static_cast<std::uint32_t>(begin + range[1]));
                at = range[1];
            }
            if (at < length) finer.push_back(end);
            begin = end;
        }
        ends.swap(finer);
    }
    return ends;
}

}  // namespace kinglet::tokenizer
