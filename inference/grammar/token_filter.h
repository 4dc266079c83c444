// Which tokens of a vocabulary may come next.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inference/grammar/grammar.h"
#include "inference/grammar/matcher.h"

namespace kinglet::grammar {

/// The bytes of all tokens as a trie, flat and in preorder. Immutable; may be shared between threads.
class TokenTrie {
  public:
    /// `pieces[i]` are the bytes of token i; tokens whose piece is empty are never allowed by a grammar.
    explicit TokenTrie(std::span<const std::string_view> pieces);

    struct Node {
        std::uint32_t after = 0;  ///< index behind this node and everything below it
        std::uint32_t token_begin = 0;
        std::uint32_t token_end = 0;  ///< tokens that are spelled by the way to this node
        std::uint16_t depth = 0;      ///< 0 = the first byte
        std::uint8_t byte = 0;
    };
    std::span<const Node> nodes() const { return nodes_; }
    std::span<const std::int32_t> tokens() const { return tokens_; }
    std::size_t token_count() const { return count_; }

    /// Longer tokens are left out.
    static constexpr std::size_t longest = 512;

  private:
    std::vector<Node> nodes_;
    std::vector<std::int32_t> tokens_;
    std::size_t count_ = 0;
};

/// Where an answer stands in its grammar. One a generation; not thread-safe.
class TokenFilter {
  public:
    TokenFilter(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const TokenTrie> trie);

    /// Whether an answer may go on with these bytes; quick. A token may end within a character.
    bool allows(std::string_view piece);
    /// Whether the answer is whole as it stands.
    bool can_end() const { return matcher_.can_end(state_); }
    /// Whether nothing can follow.
    bool must_end() const { return matcher_.must_end(state_); }
    /// True when the grammar had too many readings of the text to follow all: tokens may be refused wrongly.
    bool too_ambiguous() const { return matcher_.too_ambiguous(); }

    /// One bit a token, those that may come next; as many 64-bit words as the vocabulary needs. Valid until
    /// the next call of anything else.
    std::span<const std::uint64_t> allowed();

    /// Takes a token's bytes, which must be allowed.
    void accept(std::string_view piece);

  private:
    void walk(std::vector<std::uint64_t>& mask);

    std::shared_ptr<const Grammar> grammar_;
    std::shared_ptr<const TokenTrie> trie_;
    Matcher matcher_;
    Matcher::State state_;
    std::unordered_map<Matcher::State, std::vector<std::uint64_t>> masks_;
};

}  // namespace kinglet::grammar
