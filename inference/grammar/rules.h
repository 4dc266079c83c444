// A grammar as a tree: what the GBNF parser and the JSON schema converter write and the compiler reads.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kinglet::grammar {

using NodeId = std::uint32_t;
using RuleId = std::uint32_t;

/// No grammar may be larger than this, whatever text it comes from.
inline constexpr std::size_t max_text_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_nodes = 200'000;
inline constexpr std::size_t max_rules = 20'000;
/// Groups, arrays and objects inside each other.
inline constexpr int max_nesting = 100;
inline constexpr std::uint32_t max_repeats = 1'000'000;
inline constexpr std::uint32_t no_limit = ~std::uint32_t{0};

/// Code points from first to last.
struct Range {
    char32_t first = 0;
    char32_t last = 0;
    bool operator==(const Range&) const = default;
};
using Ranges = std::vector<Range>;

/// Every code point that UTF-8 can write.
inline Ranges all_characters() {
    return {{0, 0xD7FF}, {0xE000, 0x10FFFF}};
}

/// Sorted, without overlaps, without surrogates and what lies beyond Unicode.
Ranges normalised(Ranges ranges);
/// The characters that are not in `ranges`.
Ranges complement(const Ranges& ranges);
/// The characters of `ranges` that are not in `without`.
Ranges difference(const Ranges& ranges, const Ranges& without);

/// One expression.
struct Node {
    enum class Kind : std::uint8_t { text, set, sequence, choice, repeat, rule };
    Kind kind = Kind::sequence;
    std::string text;              ///< text: UTF-8 bytes
    Ranges ranges;                 ///< set: normalised
    std::vector<NodeId> children;  ///< sequence, choice: any number; repeat: one
    std::uint32_t min = 0;         ///< repeat
    std::uint32_t max = 0;         ///< repeat; no_limit = without end
    RuleId rule = 0;               ///< rule
};

struct Rule {
    std::string name;
    NodeId body = 0;
    bool defined = false;
};

/// The whole grammar and the means to write one. Rule 0 is where it begins.
class Rules {
  public:
    NodeId text(std::string bytes);
    NodeId set(Ranges ranges);
    NodeId sequence(std::vector<NodeId> children);
    /// Of nothing: what no text matches.
    NodeId choice(std::vector<NodeId> children);
    NodeId repeat(NodeId child, std::uint32_t min, std::uint32_t max);
    NodeId optional(NodeId child) { return repeat(child, 0, 1); }
    NodeId empty() { return sequence({}); }
    NodeId refer(RuleId rule);

    RuleId declare(std::string name);
    void define(RuleId rule, NodeId body);

    const Node& node(NodeId id) const { return nodes_[id]; }
    const std::vector<Node>& nodes() const { return nodes_; }
    const std::vector<Rule>& rules() const { return rules_; }
    /// True when a limit on nodes or rules is passed; what is added then is not to be used.
    bool too_large() const { return nodes_.size() > max_nodes || rules_.size() > max_rules; }

  private:
    NodeId add(Node node);

    std::vector<Node> nodes_;
    std::vector<Rule> rules_;
};

}  // namespace kinglet::grammar
