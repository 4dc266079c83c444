#include "inference/tokenizer/merge_list.h"

#include <fmt/format.h>

#include "inference/tokenizer/encoder.h"

namespace kinglet::tokenizer {

MergeList::MergeList(const Vocabulary& vocabulary)
    : by_spelling_(vocabulary.tokens.size() + 256),
      joins_(vocabulary.merges.size()),
      next_(static_cast<std::int32_t>(vocabulary.tokens.size())) {
    for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
        const auto id = static_cast<Token>(i);
        const TokenType type = type_of(vocabulary, id);
        if (type == TokenType::control || type == TokenType::unknown || vocabulary.tokens[i].empty())
            continue;
        by_spelling_.add(vocabulary.tokens[i], id);
    }
    std::uint32_t rank = 0;
    std::string joined;
    for (const std::string& merge : vocabulary.merges) {
        const std::size_t space = merge.find(' ', 1);
        const std::string_view left = std::string_view(merge).substr(0, space);
        const std::string_view right = std::string_view(merge).substr(space + 1);
        joined.assign(left);
        joined += right;
        const std::int32_t left_number = number_of(left);
        const std::int32_t right_number = number_of(right);
        joins_.add(left_number, right_number, {rank++, number_of(joined)});
    }
}

std::int32_t MergeList::number_of(std::string_view spelling) {
    const std::int32_t found = by_spelling_.find(spelling);
    if (found >= 0) return found;
    spare_.emplace_back(spelling);
    return by_spelling_.add(spare_.back(), next_++);
}

Status check_merges(const Vocabulary& vocabulary) {
    for (const std::string& merge : vocabulary.merges) {
        if (merge.empty() || merge.find(' ', 1) == std::string::npos || merge.back() == ' ') {
            return fail(ErrorCode::bad_format, fmt::format("the merge \"{}\" is not two symbols", merge));
        }
    }
    return {};
}

}  // namespace kinglet::tokenizer
