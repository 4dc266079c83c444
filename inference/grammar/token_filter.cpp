#include "inference/grammar/token_filter.h"

#include <algorithm>
#include <array>

namespace kinglet::grammar {
namespace {

constexpr std::size_t most_masks = 256;

}  // namespace

TokenTrie::TokenTrie(std::span<const std::string_view> pieces) : count_(pieces.size()) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (!pieces[i].empty() && pieces[i].size() <= longest)
            tokens_.push_back(static_cast<std::int32_t>(i));
    }
    const auto piece = [&](std::int32_t token) { return pieces[static_cast<std::size_t>(token)]; };
    std::sort(tokens_.begin(), tokens_.end(), [&](std::int32_t a, std::int32_t b) {
        return piece(a) != piece(b) ? piece(a) < piece(b) : a < b;
    });
    std::vector<std::uint32_t> path;  // the nodes on the way to the token before
    std::string_view before;
    for (std::uint32_t i = 0; i < tokens_.size(); ++i) {
        const std::string_view text = piece(tokens_[i]);
        const auto same = static_cast<std::size_t>(
            std::mismatch(text.begin(), text.end(), before.begin(), before.end()).first - text.begin());
        while (path.size() > same) {
            nodes_[path.back()].after = static_cast<std::uint32_t>(nodes_.size());
            path.pop_back();
        }
        for (std::size_t at = same; at < text.size(); ++at) {
            path.push_back(static_cast<std::uint32_t>(nodes_.size()));
            nodes_.push_back({0, i, i, static_cast<std::uint16_t>(at), static_cast<std::uint8_t>(text[at])});
        }
        nodes_[path.back()].token_end = i + 1;
        before = text;
    }
    for (const std::uint32_t node : path) nodes_[node].after = static_cast<std::uint32_t>(nodes_.size());
}

TokenFilter::TokenFilter(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const TokenTrie> trie)
    : grammar_(std::move(grammar)),
      trie_(std::move(trie)),
      matcher_(grammar_->program()),
      state_(matcher_.start()) {}

bool TokenFilter::allows(std::string_view piece) {
    return !piece.empty() && matcher_.next(state_, piece) != Matcher::dead;
}

void TokenFilter::accept(std::string_view piece) {
    state_ = matcher_.next(state_, piece);
    if (matcher_.crowded()) {
        masks_.clear();
        matcher_.compact({&state_, 1});
    }
}

std::span<const std::uint64_t> TokenFilter::allowed() {
    if (const auto known = masks_.find(state_); known != masks_.end()) return known->second;
    if (masks_.size() >= most_masks) masks_.clear();
    std::vector<std::uint64_t> mask((trie_->token_count() + 63) / 64, 0);
    walk(mask);
    return masks_[state_] = std::move(mask);
}

void TokenFilter::walk(std::vector<std::uint64_t>& mask) {
    const auto nodes = trie_->nodes();
    const auto tokens = trie_->tokens();
    // states[0] is where the answer stands, states[d + 1] that after the byte of depth d.
    std::array<Matcher::State, TokenTrie::longest + 1> states{};
    states[0] = state_;
    for (std::size_t i = 0; i < nodes.size();) {
        const TokenTrie::Node& node = nodes[i];
        const Matcher::State state = matcher_.next(states[node.depth], node.byte);
        if (state == Matcher::dead) {
            i = node.after;
            continue;
        }
        states[node.depth + 1u] = state;
        for (std::uint32_t t = node.token_begin; t < node.token_end; ++t) {
            const auto token = static_cast<std::size_t>(tokens[t]);
            mask[token / 64] |= std::uint64_t{1} << (token % 64);
        }
        ++i;
        if (matcher_.crowded()) {
            masks_.clear();
            matcher_.compact({states.data(), node.depth + 2u});
            state_ = states[0];
        }
    }
}

}  // namespace kinglet::grammar
