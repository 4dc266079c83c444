// Keeps the choice of tokens inside a grammar.
#pragma once

#include <memory>
#include <span>

#include "inference/base/result.h"
#include "inference/grammar/token_filter.h"
#include "inference/tokenizer/tokenizer.h"

namespace kinglet::engine {

/// The bytes of every token that text is made of; control tokens and what stands for no text are left out.
std::shared_ptr<const grammar::TokenTrie> make_token_trie(const tokenizer::Tokenizer& tokenizer);

/// Lives for one answer. The tokenizer must outlive it.
class GrammarGuide {
  public:
    GrammarGuide(std::shared_ptr<const grammar::Grammar> grammar,
                 std::shared_ptr<const grammar::TokenTrie> trie, const tokenizer::Tokenizer& tokenizer)
        : filter_(std::move(grammar), std::move(trie)), tokenizer_(tokenizer) {}

    /// Whether the token may come next; the end of an answer only where the grammar can end.
    bool allows(Token token);
    /// Sets the logits of all tokens that may not come next to -infinity. Errors: unsupported where nothing
    /// is left, because no token of the model spells what the grammar wants.
    Status refuse_others(std::span<float> logits);
    /// Takes a token that is allowed.
    void accept(Token token);

    /// Whether the answer is whole as it stands.
    bool complete() const { return filter_.can_end(); }
    /// Whether nothing but its end can follow.
    bool must_end() const { return filter_.can_end() && filter_.must_end(); }

  private:
    grammar::TokenFilter filter_;
    const tokenizer::Tokenizer& tokenizer_;
};

}  // namespace kinglet::engine
