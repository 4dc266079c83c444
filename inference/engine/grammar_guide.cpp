#include "inference/engine/grammar_guide.h"

#include <limits>
#include <string_view>
#include <vector>

namespace kinglet::engine {
namespace {

/// The bytes by which a grammar sees a token; empty for one that is no text.
std::string_view text_of(const tokenizer::Tokenizer& tokenizer, Token token) {
    const tokenizer::TokenType type = tokenizer.type(token);
    if (type == tokenizer::TokenType::unknown || type == tokenizer::TokenType::unused) return {};
    return tokenizer.is_end_of_generation(token) ? std::string_view() : tokenizer.piece(token);
}

}  // namespace

std::shared_ptr<const grammar::TokenTrie> make_token_trie(const tokenizer::Tokenizer& tokenizer) {
    std::vector<std::string_view> pieces;
    pieces.reserve(static_cast<std::size_t>(tokenizer.size()));
    for (Token token = 0; token < tokenizer.size(); ++token) pieces.push_back(text_of(tokenizer, token));
    return std::make_shared<const grammar::TokenTrie>(pieces);
}

bool GrammarGuide::allows(Token token) {
    if (tokenizer_.is_end_of_generation(token)) return filter_.can_end();
    return filter_.allows(text_of(tokenizer_, token));
}

Status GrammarGuide::refuse_others(std::span<float> logits) {
    const std::span<const std::uint64_t> allowed = filter_.allowed();
    const bool can_end = filter_.can_end();
    bool any = false;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const bool fits = i / 64 < allowed.size() && (allowed[i / 64] >> (i % 64) & 1) != 0;
        if (fits || (can_end && tokenizer_.is_end_of_generation(static_cast<Token>(i)))) {
            any = true;
        } else {
            logits[i] = -std::numeric_limits<float>::infinity();
        }
    }
    if (any) return {};
    if (filter_.too_ambiguous()) {
        return fail(ErrorCode::unsupported, "The grammar allows too many readings of this answer at once",
                    "Write the grammar so that it is clear early which alternative is meant.");
    }
    return fail(ErrorCode::unsupported, "The model has no token that the grammar allows here",
                "Use characters in the grammar that the model can write.");
}

void GrammarGuide::accept(Token token) {
    filter_.accept(text_of(tokenizer_, token));
}

}  // namespace kinglet::engine
