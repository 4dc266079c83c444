#include "inference/grammar/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace kinglet::grammar {
namespace {

/// Of something that may be empty, no more repetitions than this are told apart.
constexpr std::uint32_t most_empty_repeats = 256;

/// Finds for every node whether a property holds that follows from its children's. Rules may go round, and
/// refer forwards or backwards: passes take turns in both directions.
template <class Holds>
std::vector<bool> settle(const Rules& rules, const Holds& holds) {
    std::vector<bool> flags(rules.nodes().size(), false);
    for (bool changed = true, forwards = true; changed; forwards = !forwards) {
        changed = false;
        for (std::size_t n = 0; n < flags.size(); ++n) {
            const std::size_t i = forwards ? n : flags.size() - 1 - n;
            if (flags[i] || !holds(rules.node(static_cast<NodeId>(i)), flags)) continue;
            flags[i] = true;
            changed = true;
        }
    }
    return flags;
}

bool all_of(const std::vector<NodeId>& nodes, const std::vector<bool>& flags) {
    return std::all_of(nodes.begin(), nodes.end(), [&](NodeId id) { return flags[id]; });
}

bool any_of(const std::vector<NodeId>& nodes, const std::vector<bool>& flags) {
    return std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) { return flags[id]; });
}

/// What a node of several parts is, where what its parts are is known.
bool by_parts(const Rules& rules, const Node& node, const std::vector<bool>& flags) {
    switch (node.kind) {
        case Node::Kind::sequence:
            return all_of(node.children, flags);
        case Node::Kind::choice:
            return any_of(node.children, flags);
        case Node::Kind::repeat:
            return node.min == 0 || flags[node.children.front()];
        case Node::Kind::rule:
            return flags[rules.rules()[node.rule].body];
        case Node::Kind::text:
        case Node::Kind::set:
            break;
    }
    return false;
}

std::vector<bool> ending_nodes(const Rules& rules) {
    return settle(rules, [&](const Node& node, const std::vector<bool>& flags) {
        switch (node.kind) {
            case Node::Kind::text:
                return true;
            case Node::Kind::set:
                return !node.ranges.empty();
            default:
                return by_parts(rules, node, flags);
        }
    });
}

/// The rules that may stand at the very beginning of a node.
void collect_first(const Rules& rules, const std::vector<bool>& nullable, NodeId id,
                   std::vector<RuleId>& out) {
    std::vector<NodeId> open{id};
    while (!open.empty()) {
        const Node& node = rules.node(open.back());
        open.pop_back();
        if (node.kind == Node::Kind::rule) out.push_back(node.rule);
        for (const NodeId child : node.children) {
            open.push_back(child);
            if (node.kind == Node::Kind::sequence && !nullable[child]) break;
        }
    }
}

/// A rule that can begin with itself; no_limit where there is none.
RuleId left_recursive_rule(const Rules& rules, const std::vector<bool>& nullable) {
    const std::size_t count = rules.rules().size();
    std::vector<std::vector<RuleId>> first(count);
    for (std::size_t i = 0; i < count; ++i) {
        collect_first(rules, nullable, rules.rules()[i].body, first[i]);
    }
    enum : char { untouched, open, done };
    std::vector<char> colour(count, untouched);
    struct Visit {
        RuleId rule;
        std::size_t child;
    };
    for (std::size_t begin = 0; begin < count; ++begin) {
        if (colour[begin] != untouched) continue;
        std::vector<Visit> path{{static_cast<RuleId>(begin), 0}};
        colour[begin] = open;
        while (!path.empty()) {
            Visit& visit = path.back();
            if (visit.child == first[visit.rule].size()) {
                colour[visit.rule] = done;
                path.pop_back();
                continue;
            }
            const RuleId next = first[visit.rule][visit.child++];
            if (colour[next] == open) return next;
            if (colour[next] == done) continue;
            colour[next] = open;
            path.push_back({next, 0});
        }
    }
    return no_limit;
}

tl::unexpected<Error> refuse(std::string_view name, const std::string& what, const char* hint) {
    return fail(ErrorCode::bad_format, fmt::format("{}: {}", name, what), hint);
}

}  // namespace

std::vector<bool> nullable_nodes(const Rules& rules) {
    return settle(rules, [&](const Node& node, const std::vector<bool>& flags) {
        switch (node.kind) {
            case Node::Kind::text:
                return node.text.empty();
            case Node::Kind::set:
                return false;
            default:
                return by_parts(rules, node, flags);
        }
    });
}

Status check(const Rules& rules, const std::vector<bool>& nullable, std::string_view name) {
    const RuleId loop = left_recursive_rule(rules, nullable);
    if (loop != no_limit) {
        return refuse(
            name,
            fmt::format("the rule \"{}\" can begin with itself (left recursion)", rules.rules()[loop].name),
            "Write the repetition with * or +, or put the recursion at the end of the rule.");
    }
    const std::vector<bool> ends = ending_nodes(rules);
    for (const Rule& rule : rules.rules()) {
        if (ends[rule.body]) continue;
        return refuse(name, fmt::format("no text can ever complete the rule \"{}\"", rule.name),
                      "Give it an alternative that does not need itself.");
    }
    for (const Node& node : rules.nodes()) {
        if (node.kind != Node::Kind::repeat || node.max == no_limit || node.max <= most_empty_repeats)
            continue;
        if (!nullable[node.children.front()]) continue;
        return refuse(name, fmt::format("something that may be empty is repeated up to {} times", node.max),
                      "Use * for it, or repeat something that is never empty.");
    }
    return {};
}

}  // namespace kinglet::grammar
