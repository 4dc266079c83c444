// A vocabulary's merges by number, which both kinds of byte-pair encoding join by.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "inference/tokenizer/merge.h"
#include "inference/tokenizer/text_index.h"
#include "inference/tokenizer/vocabulary.h"

namespace kinglet::tokenizer {

/// Spellings have numbers: a token's is its id, those that only merges know come after. Control tokens and
/// the unknown token are left out, so that no text can spell them.
class MergeList {
  public:
    /// The vocabulary must outlive it, and its merges must be two symbols each (check_merges).
    explicit MergeList(const Vocabulary& vocabulary);

    /// The number of a spelling; -1 where it has none.
    std::int32_t find(std::string_view spelling) const { return by_spelling_.find(spelling); }

    /// The number of a spelling, a new one where it has none.
    std::int32_t number_of(std::string_view spelling);

    /// What two neighbours may become.
    Join join_of(std::int32_t left, std::int32_t right) const {
        const PairIndex::Entry* entry = joins_.find(left, right);
        return entry == nullptr ? Join{} : Join{entry->rank, entry->result};
    }

  private:
    TextIndex by_spelling_;
    PairIndex joins_;
    std::deque<std::string> spare_;  ///< spellings that the vocabulary lacks
    std::int32_t next_ = 0;
};

/// Errors: bad_format (a merge that is not two symbols).
Status check_merges(const Vocabulary& vocabulary);

}  // namespace kinglet::tokenizer
