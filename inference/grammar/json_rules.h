// The parts that JSON texts are made of, as grammar.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/grammar/rules.h"

namespace kinglet::grammar {

/// Bounds of a number; those that are exclusive leave out the bound itself.
struct NumberBounds {
    std::optional<std::int64_t> least;
    std::optional<std::int64_t> most;
    bool least_exclusive = false;
    bool most_exclusive = false;
};

/// Writes JSON's own rules into a grammar; each common one is written once.
class JsonRules {
  public:
    explicit JsonRules(Rules& rules) : rules_(rules) {}

    /// White space between values: none, a space, or a new line with what it is indented by.
    NodeId space();
    /// One character of a string: itself or an escape, never half a surrogate pair.
    NodeId character();
    /// A string of so many characters.
    NodeId string(std::uint32_t min, std::uint32_t max);
    /// `content` between quotation marks.
    NodeId quoted(NodeId content);
    /// The name of a property that is none of these; at most 64 characters, without escapes.
    NodeId other_name(const std::vector<std::string>& names);
    /// A number that every reader can hold: at most 15 digits before and after the point.
    NodeId number();
    /// An integer of at most 15 digits, or within the bounds (inclusive ones only). Bounds that leave
    /// nothing give a node that matches nothing.
    NodeId integer(const NumberBounds& bounds);
    /// A number within bounds.
    NodeId bounded_number(const NumberBounds& bounds);
    /// Exactly this value, written without white space.
    NodeId value(const nlohmann::ordered_json& value);
    /// Any value, object, array.
    NodeId any_value();
    NodeId any_object();
    NodeId any_array();

    /// The content of strings in these formats (RFC 3339, RFC 4122), years from 1000 to 9999.
    NodeId date();
    NodeId time();
    NodeId date_time();
    NodeId uuid();

    /// "[" items "]" and "{" members "}": what stands inside may be empty and brings its own white space.
    NodeId bracketed(const char* open, NodeId inside, const char* close);
    /// A comma and the space after it, then `next`.
    NodeId after_comma(NodeId next);
    /// "name": value
    NodeId member(NodeId name, NodeId value);

  private:
    /// A reference to the rule of this name, which is written the first time.
    NodeId once(const char* name, const std::function<NodeId()>& write);
    NodeId digits(std::uint32_t min, std::uint32_t max);
    NodeId digit(char first, char last);
    NodeId two_digits(int least, int most);
    NodeId unsigned_range(std::uint64_t least, std::uint64_t most);
    NodeId same_length(std::string_view least, std::string_view most);
    NodeId magnitude(std::uint64_t least, bool least_exclusive, std::uint64_t most, bool most_exclusive);
    NodeId name_without(const std::vector<std::u32string>& names, std::size_t depth);

    struct Known {
        std::string name;
        RuleId rule;
    };
    Rules& rules_;
    std::vector<Known> known_;
};

}  // namespace kinglet::grammar
