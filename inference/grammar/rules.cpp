#include "inference/grammar/rules.h"

#include <algorithm>

namespace kinglet::grammar {

Ranges normalised(Ranges ranges) {
    std::sort(ranges.begin(), ranges.end(), [](Range a, Range b) { return a.first < b.first; });
    Ranges joined;
    for (const Range& range : ranges) {
        if (range.last < range.first) continue;
        if (!joined.empty() && range.first <= joined.back().last + 1) {
            joined.back().last = std::max(joined.back().last, range.last);
        } else {
            joined.push_back(range);
        }
    }
    Ranges out;
    for (const Range& range : joined) {
        for (const Range& valid : all_characters()) {
            const Range part{std::max(range.first, valid.first), std::min(range.last, valid.last)};
            if (part.first <= part.last) out.push_back(part);
        }
    }
    return out;
}

Ranges complement(const Ranges& ranges) {
    Ranges out;
    char32_t next = 0;
    for (const Range& range : normalised(ranges)) {
        if (range.first > next) out.push_back({next, range.first - 1});
        next = range.last + 1;
    }
    if (next <= 0x10FFFF) out.push_back({next, 0x10FFFF});
    return normalised(std::move(out));
}

Ranges difference(const Ranges& ranges, const Ranges& without) {
    Ranges outside = complement(ranges);
    outside.insert(outside.end(), without.begin(), without.end());
    return complement(outside);
}

NodeId Rules::add(Node node) {
    // Beyond the limit the tree stops growing; too_large() tells.
    if (nodes_.size() > max_nodes) return 0;
    nodes_.push_back(std::move(node));
    return static_cast<NodeId>(nodes_.size() - 1);
}

NodeId Rules::text(std::string bytes) {
    Node node;
    node.kind = Node::Kind::text;
    node.text = std::move(bytes);
    return add(std::move(node));
}

NodeId Rules::set(Ranges ranges) {
    Node node;
    node.kind = Node::Kind::set;
    node.ranges = normalised(std::move(ranges));
    return add(std::move(node));
}

NodeId Rules::sequence(std::vector<NodeId> children) {
    if (children.size() == 1) return children.front();
    Node node;
    node.kind = Node::Kind::sequence;
    node.children = std::move(children);
    return add(std::move(node));
}

NodeId Rules::choice(std::vector<NodeId> children) {
    if (children.empty()) return set({});
    if (children.size() == 1) return children.front();
    Node node;
    node.kind = Node::Kind::choice;
    node.children = std::move(children);
    return add(std::move(node));
}

NodeId Rules::repeat(NodeId child, std::uint32_t min, std::uint32_t max) {
    Node node;
    node.kind = Node::Kind::repeat;
    node.children = {child};
    node.min = min;
    node.max = max;
    return add(std::move(node));
}

NodeId Rules::refer(RuleId rule) {
    Node node;
    node.kind = Node::Kind::rule;
    node.rule = rule;
    return add(std::move(node));
}

RuleId Rules::declare(std::string name) {
    if (rules_.size() > max_rules) return 0;
    rules_.push_back({std::move(name), 0, false});
    return static_cast<RuleId>(rules_.size() - 1);
}

void Rules::define(RuleId rule, NodeId body) {
    rules_[rule].body = body;
    rules_[rule].defined = true;
}

}  // namespace kinglet::grammar
