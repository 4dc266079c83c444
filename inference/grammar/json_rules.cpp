#include "inference/grammar/json_rules.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "inference/base/utf8.h"

namespace kinglet::grammar {
namespace {

constexpr std::uint32_t longest_name = 64;

/// Characters that stand for themselves in a JSON string.
const Ranges& plain_characters() {
    static const Ranges ranges = complement({{0, 0x1F}, {'"', '"'}, {'\\', '\\'}, {0x7F, 0x9F}});
    return ranges;
}

Ranges hexadecimal() {
    return {{'0', '9'}, {'A', 'F'}, {'a', 'f'}};
}

}  // namespace

NodeId JsonRules::once(const char* name, const std::function<NodeId()>& write) {
    for (const Known& known : known_) {
        if (known.name == name) return rules_.refer(known.rule);
    }
    const RuleId rule = rules_.declare(name);
    known_.push_back({name, rule});  // before it is written: values hold values
    rules_.define(rule, write());
    return rules_.refer(rule);
}

NodeId JsonRules::space() {
    return once("space", [&] {
        const NodeId indent = rules_.repeat(rules_.set({{' ', ' '}, {'\t', '\t'}}), 0, 20);
        return rules_.choice(
            {rules_.empty(), rules_.text(" "), rules_.sequence({rules_.text("\n"), indent})});
    });
}

NodeId JsonRules::character() {
    return once("character", [&] {
        const NodeId d = rules_.set({{'d', 'd'}, {'D', 'D'}});
        const NodeId high = rules_.set({{'8', '9'}, {'A', 'B'}, {'a', 'b'}});
        const NodeId low = rules_.set({{'C', 'F'}, {'c', 'f'}});
        const NodeId hex2 = rules_.repeat(rules_.set(hexadecimal()), 2, 2);
        const NodeId hex3 = rules_.repeat(rules_.set(hexadecimal()), 3, 3);
        const NodeId no_d = rules_.set(difference(hexadecimal(), {{'D', 'D'}, {'d', 'd'}}));
        const NodeId to7 = rules_.set({{'0', '7'}});
        const NodeId pair = rules_.sequence({d, high, hex2, rules_.text("\\u"), d, low, hex2});
        const NodeId code =
            rules_.choice({rules_.sequence({no_d, hex3}), rules_.sequence({d, to7, hex2}), pair});
        const NodeId letter = rules_.set({{'"', '"'},
                                          {'\\', '\\'},
                                          {'/', '/'},
                                          {'b', 'b'},
                                          {'f', 'f'},
                                          {'n', 'n'},
                                          {'r', 'r'},
                                          {'t', 't'}});
        const NodeId escaped = rules_.choice({letter, rules_.sequence({rules_.text("u"), code})});
        return rules_.choice({rules_.set(plain_characters()), rules_.sequence({rules_.text("\\"), escaped})});
    });
}

NodeId JsonRules::quoted(NodeId content) {
    return rules_.sequence({rules_.text("\""), content, rules_.text("\"")});
}

NodeId JsonRules::string(std::uint32_t min, std::uint32_t max) {
    return quoted(rules_.repeat(character(), min, max));
}

NodeId JsonRules::other_name(const std::vector<std::string>& names) {
    std::vector<std::u32string> spelled;
    for (const std::string& name : names) {
        std::u32string characters;
        for (std::size_t at = 0; at < name.size();) {
            const utf8::Decoded c = utf8::decode(name, at);
            characters += c.code_point;
            at += static_cast<std::size_t>(std::max(1, c.length));
        }
        // Longer ones are never written, and neither is what needs an escape.
        if (characters.size() <= longest_name) spelled.push_back(std::move(characters));
    }
    return quoted(name_without(spelled, 0));
}

NodeId JsonRules::name_without(const std::vector<std::u32string>& names, std::size_t depth) {
    const auto left = static_cast<std::uint32_t>(longest_name - depth);
    const NodeId plain = rules_.set(plain_characters());
    if (names.empty()) return rules_.repeat(plain, depth == 0 ? 1 : 0, left);
    std::vector<NodeId> choices;
    std::vector<char32_t> nexts;
    bool ends_here = depth == 0;
    for (const std::u32string& name : names) {
        if (name.size() == depth) {
            ends_here = true;
        } else {
            nexts.push_back(name[depth]);
        }
    }
    if (!ends_here) choices.push_back(rules_.empty());
    if (left > 0) {
        std::sort(nexts.begin(), nexts.end());
        nexts.erase(std::unique(nexts.begin(), nexts.end()), nexts.end());
        Ranges taken;
        for (const char32_t c : nexts) {
            taken.push_back({c, c});
            std::vector<std::u32string> rest;
            for (const std::u32string& name : names) {
                if (name.size() > depth && name[depth] == c) rest.push_back(name);
            }
            if (difference({{c, c}}, plain_characters()).empty()) {
                choices.push_back(rules_.sequence({rules_.set({{c, c}}), name_without(rest, depth + 1)}));
            }
        }
        const NodeId other = rules_.set(difference(plain_characters(), normalised(taken)));
        choices.push_back(rules_.sequence({other, rules_.repeat(plain, 0, left - 1)}));
    }
    return rules_.choice(std::move(choices));
}

NodeId JsonRules::value(const nlohmann::ordered_json& value) {
    return rules_.text(value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

NodeId JsonRules::bracketed(const char* open, NodeId inside, const char* close) {
    return rules_.sequence({rules_.text(open), space(), inside, rules_.text(close)});
}

NodeId JsonRules::after_comma(NodeId next) {
    return rules_.sequence({rules_.text(","), space(), next});
}

NodeId JsonRules::member(NodeId name, NodeId value) {
    return rules_.sequence({name, rules_.text(":"), space(), value});
}

NodeId JsonRules::any_value() {
    return once("value", [&] {
        return rules_.choice({any_object(), any_array(), string(0, no_limit), number(), rules_.text("true"),
                              rules_.text("false"), rules_.text("null")});
    });
}

NodeId JsonRules::any_object() {
    return once("object", [&] {
        const NodeId first = member(string(0, longest_name), any_value());
        const NodeId more = rules_.repeat(after_comma(first), 0, no_limit);
        return bracketed("{", rules_.optional(rules_.sequence({first, more, space()})), "}");
    });
}

NodeId JsonRules::any_array() {
    return once("array", [&] {
        const NodeId more = rules_.repeat(after_comma(any_value()), 0, no_limit);
        return bracketed("[", rules_.optional(rules_.sequence({any_value(), more, space()})), "]");
    });
}

}  // namespace kinglet::grammar
