// The first byte chooses GBNF or a JSON schema; then comes the grammar up to a zero byte, then a text to
// follow in it.
#include "inference/grammar/grammar.h"

#include <algorithm>
#include <array>
#include <memory>

#include "inference/grammar/matcher.h"
#include "inference/grammar/token_filter.h"
#include "tests/fuzz/fuzz.h"

using namespace kinglet;
using grammar::Grammar;
using grammar::Matcher;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view rest = fuzz::as_text(data + 1, size - 1);
    const std::size_t zero = std::min(rest.find('\0'), rest.size());
    const std::string_view text = rest.substr(0, zero);
    const std::string_view input = zero < rest.size() ? rest.substr(zero + 1) : std::string_view();
    const auto made =
        data[0] % 2 == 0 ? Grammar::from_gbnf(text, "fuzz") : Grammar::from_json_schema(text, "fuzz");
    if (!made) {
        fuzz::require(made.error().message.starts_with("fuzz:"), "an error names the file");
        return 0;
    }
    static const std::array<std::string_view, 12> pieces = {"{", "}", "\"", "a",  "ab",   "1",
                                                            ",", ":", " ",  "\n", "\xC3", "\xA9"};
    static const auto trie = std::make_shared<const grammar::TokenTrie>(pieces);
    grammar::TokenFilter filter(*made, trie);
    Matcher matcher((*made)->program());
    Matcher::State state = matcher.start();
    for (const char c : input.substr(0, 64)) {
        const std::string_view byte(&c, 1);
        const bool allowed = filter.allows(byte);
        state = matcher.next(state, byte);
        fuzz::require(allowed == (state != Matcher::dead), "filter and matcher agree");
        if (!allowed) break;
        filter.accept(byte);
        const auto mask = filter.allowed();
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            fuzz::require(((mask[0] >> i & 1) != 0) == filter.allows(pieces[i]),
                          "a bit says what a walk says");
        }
        fuzz::require(filter.can_end() == matcher.can_end(state), "both say whether the text is whole");
    }
    return 0;
}
