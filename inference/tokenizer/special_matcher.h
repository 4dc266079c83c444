// Finds the special tokens that are spelled out in a text.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "inference/tokenizer/text_index.h"
#include "inference/tokenizer/token.h"

namespace kinglet::tokenizer {

/// A set of texts as a trie; of those that begin at one place the longest counts. Built once, then only read.
class SpecialMatcher {
  public:
    struct Match {
        std::size_t begin = 0;
        std::size_t length = 0;  ///< 0 = none
        Token token = no_token;
    };

    /// Texts that are longer are never matched, which bounds the time at each place.
    static constexpr std::size_t longest = 256;

    struct Entry {
        std::string_view text;
        Token token;
    };
    explicit SpecialMatcher(const std::vector<Entry>& entries = {});

    /// The first match at or after `from`.
    Match find(std::string_view text, std::size_t from) const;

  private:
    std::array<bool, 256> begins_{};
    std::vector<Token> token_of_node_;
    PairIndex children_;
};

}  // namespace kinglet::tokenizer
