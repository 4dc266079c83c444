#include "inference/tokenizer/special_matcher.h"

namespace kinglet::tokenizer {

SpecialMatcher::SpecialMatcher(const std::vector<Entry>& entries) : token_of_node_(1, no_token) {
    std::size_t nodes = 0;
    for (const Entry& entry : entries) {
        if (entry.text.size() <= longest) nodes += entry.text.size();
    }
    children_ = PairIndex(nodes);
    for (const Entry& entry : entries) {
        if (entry.text.empty() || entry.text.size() > longest) continue;
        begins_[static_cast<unsigned char>(entry.text.front())] = true;
        std::int32_t node = 0;
        for (const char c : entry.text) {
            const auto byte = static_cast<unsigned char>(c);
            if (const auto* child = children_.find(node, byte)) {
                node = child->result;
                continue;
            }
            const auto fresh = static_cast<std::int32_t>(token_of_node_.size());
            children_.add(node, byte, {0, fresh});
            token_of_node_.push_back(no_token);
            node = fresh;
        }
        Token& token = token_of_node_[static_cast<std::size_t>(node)];
        if (token == no_token) token = entry.token;
    }
}

SpecialMatcher::Match SpecialMatcher::find(std::string_view text, std::size_t from) const {
    for (std::size_t begin = from; begin < text.size(); ++begin) {
        if (!begins_[static_cast<unsigned char>(text[begin])]) continue;
        Match best;
        std::int32_t node = 0;
        for (std::size_t at = begin; at < text.size(); ++at) {
            const auto* child = children_.find(node, static_cast<unsigned char>(text[at]));
            if (child == nullptr) break;
            node = child->result;
            const Token token = token_of_node_[static_cast<std::size_t>(node)];
            if (token != no_token) best = {begin, at + 1 - begin, token};
        }
        if (best.length > 0) return best;
    }
    return {};
}

}  // namespace kinglet::tokenizer
