#include "inference/grammar/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "inference/grammar/place.h"
#include "inference/grammar/schema_converter.h"

namespace kinglet::grammar {
namespace {

/// Say something to people or to other programs, nothing about values.
constexpr std::array<std::string_view, 15> notes = {
    "$schema",    "$id",         "$comment",  "$defs",           "definitions",
    "title",      "description", "default",   "example",         "examples",
    "deprecated", "readOnly",    "writeOnly", "contentEncoding", "contentMediaType"};

constexpr std::array<std::string_view, 27> known = {"type",
                                                    "enum",
                                                    "const",
                                                    "$ref",
                                                    "anyOf",
                                                    "oneOf",
                                                    "allOf",
                                                    "minimum",
                                                    "maximum",
                                                    "exclusiveMinimum",
                                                    "exclusiveMaximum",
                                                    "minLength",
                                                    "maxLength",
                                                    "pattern",
                                                    "format",
                                                    "items",
                                                    "prefixItems",
                                                    "minItems",
                                                    "maxItems",
                                                    "uniqueItems",
                                                    "properties",
                                                    "required",
                                                    "additionalProperties",
                                                    "additionalItems",
                                                    "minProperties",
                                                    "multipleOf",
                                                    "propertyNames"};

constexpr std::array<std::string_view, 7> type_names = {"object",  "array",   "string", "number",
                                                        "integer", "boolean", "null"};

bool is_note(std::string_view key) {
    return std::ranges::find(notes, key) != notes.end() || key.starts_with("x-");
}

/// Brackets inside each other, counted before a recursive reader sees them.
bool nested_too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > 4 * max_nesting) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

}  // namespace

NodeId SchemaConverter::stop(ErrorCode code, const std::string& at, const std::string& what,
                             const char* hint) {
    if (!failed()) error_ = Error{code, fmt::format("{}: at {}: {}", name_, at, what), hint, {}, {}};
    return 0;
}

NodeId SchemaConverter::wrong(const std::string& at, const std::string& what) {
    return stop(ErrorCode::bad_format, at, what, "Correct the schema.");
}

NodeId SchemaConverter::unsupported(const std::string& at, const std::string& what) {
    return stop(ErrorCode::unsupported, at, what, "Take it out of the schema, or write a GBNF grammar.");
}

Result<Rules> SchemaConverter::run() {
    const RuleId root = rules_.declare("#");
    references_["#"] = root;
    rules_.define(root, convert({document_, "#"}));
    if (failed()) return tl::unexpected(*error_);
    return std::move(rules_);
}

NodeId SchemaConverter::convert(const Place& place) {
    if (failed()) return 0;
    if (place.depth > max_nesting) return unsupported(place.at, "the schema is nested too deeply");
    if (rules_.too_large()) return unsupported(place.at, "the schema is too large");
    if (place.schema.is_boolean()) {
        return place.schema.get<bool>() ? json_.any_value()
                                        : wrong(place.at, "false accepts no value at all");
    }
    if (!place.schema.is_object()) return wrong(place.at, "a schema is an object, true or false");
    if (!check_keywords(place)) return 0;
    return convert_checked(place);
}

bool SchemaConverter::check_keywords(const Place& place) {
    for (const auto& [key, value] : place.schema.items()) {
        if (is_note(key)) continue;
        if (std::ranges::find(known, key) == known.end()) {
            unsupported(place.at, fmt::format("the keyword \"{}\" is not supported", key));
            return false;
        }
        // Of these only what asks for nothing.
        const bool idle =
            (key == "uniqueItems" && value == false) || (key == "minProperties" && value == 0) ||
            (key == "multipleOf" && value == 1 && place.schema.value("type", Json()) == "integer") ||
            (key == "propertyNames" && value == true) ||
            (key == "additionalItems" && (value.is_boolean() || !place.schema.contains("items")));
        const bool asks = key == "uniqueItems" || key == "minProperties" || key == "multipleOf" ||
                          key == "propertyNames" || key == "additionalItems";
        if (asks && !idle) {
            unsupported(place.at, fmt::format("the keyword \"{}\" is not supported", key));
            return false;
        }
    }
    return true;
}

bool SchemaConverter::only(const Place& place, std::initializer_list<std::string_view> keywords) {
    for (const auto& [key, value] : place.schema.items()) {
        if (is_note(key) || std::ranges::find(keywords, key) != keywords.end()) continue;
        unsupported(place.at, fmt::format("\"{}\" beside \"{}\" is not supported", key, *keywords.begin()));
        return false;
    }
    return true;
}

NodeId SchemaConverter::convert_checked(const Place& place) {
    const Json& schema = place.schema;
    if (schema.contains("$ref")) return only(place, {"$ref"}) ? reference(place) : 0;
    if (schema.contains("allOf")) return all_of(place);
    if (schema.contains("const")) return only(place, {"const", "type"}) ? fixed_values(place) : 0;
    if (schema.contains("enum")) return only(place, {"enum", "type"}) ? fixed_values(place) : 0;
    if (schema.contains("anyOf")) return only(place, {"anyOf"}) ? alternatives(place, "anyOf") : 0;
    if (schema.contains("oneOf")) return only(place, {"oneOf"}) ? alternatives(place, "oneOf") : 0;
    return typed(place);
}

const Json* SchemaConverter::target(const Place& place, std::string& at) {
    const Json& reference = place.schema["$ref"];
    if (!reference.is_string()) {
        wrong(place.at, "\"$ref\" is not a text");
        return nullptr;
    }
    at = reference.get<std::string>();
    if (at != "#" && !at.starts_with("#/")) {
        unsupported(place.at, fmt::format("\"$ref\": \"{}\" is not a place in this document (#/...)", at));
        return nullptr;
    }
    std::string pointer;
    for (std::size_t i = 1; i < at.size(); ++i) {
        int code = 0;
        const char* digits = at.data() + i + 1;
        if (at[i] == '%' && i + 2 < at.size() &&
            std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2) {
            pointer += static_cast<char>(code);
            i += 2;
        } else {
            pointer += at[i];
        }
    }
    try {
        const Json::json_pointer path(pointer);
        if (document_.contains(path)) return &document_.at(path);
    } catch (const Json::exception&) {
        // A pointer that cannot be read leads nowhere either.
    }
    wrong(place.at, fmt::format("\"$ref\": \"{}\" leads nowhere", at));
    return nullptr;
}

NodeId SchemaConverter::reference(const Place& place) {
    std::string at;
    const Json* schema = target(place, at);
    if (schema == nullptr) return 0;
    if (const auto found = references_.find(at); found != references_.end())
        return rules_.refer(found->second);
    const RuleId rule = rules_.declare(at);
    references_[at] = rule;
    rules_.define(rule, convert({*schema, at, place.depth + 1}));
    return rules_.refer(rule);
}

NodeId SchemaConverter::fixed_values(const Place& place) {
    const bool one = place.schema.contains("const");
    const Json values = one ? Json::array({place.schema["const"]}) : place.schema["enum"];
    if (!values.is_array()) return wrong(place.at, "\"enum\" is not a list");
    const std::vector<std::string> types =
        place.schema.contains("type") ? types_of(place) : std::vector<std::string>{};
    if (failed()) return 0;
    const auto has_type = [&](const Json& value) {
        if (!place.schema.contains("type")) return true;
        return std::ranges::any_of(types, [&](const std::string& type) {
            if (type == "integer") return value.is_number_integer();
            if (type == "number") return value.is_number();
            return type == value.type_name();
        });
    };
    std::vector<NodeId> choices;
    for (const Json& value : values) {
        if (has_type(value)) choices.push_back(json_.value(value));
    }
    if (choices.empty()) return wrong(place.at, "none of the values is possible");
    return rules_.choice(std::move(choices));
}

NodeId SchemaConverter::alternatives(const Place& place, const char* keyword) {
    const Json& list = place.schema[keyword];
    if (!list.is_array() || list.empty())
        return wrong(place.at, fmt::format("\"{}\" is not a list of schemas", keyword));
    std::vector<NodeId> choices;
    for (std::size_t i = 0; i < list.size(); ++i) {
        choices.push_back(convert(place.inside(list[i], fmt::format("{}/{}", keyword, i))));
        if (failed()) return 0;
    }
    if (keyword == std::string_view("oneOf")) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            for (std::size_t j = 0; j < list.size(); ++j) {
                if (i == j || never_accepted(list[i], list[j], 0)) continue;
                return unsupported(place.at,
                                   fmt::format("a value may fit both {} and {} of \"oneOf\"; say \"anyOf\" "
                                               "where that does not matter",
                                               std::min(i, j), std::max(i, j)));
            }
        }
    }
    return rules_.choice(std::move(choices));
}

std::vector<std::string> SchemaConverter::types_of(const Place& place) {
    const auto has = [&](std::initializer_list<const char*> keys) {
        return std::ranges::any_of(keys, [&](const char* key) { return place.schema.contains(key); });
    };
    if (!place.schema.contains("type")) {
        // Without a type a keyword speaks of values of one type alone; those are the ones to write.
        if (has({"properties", "required", "additionalProperties"})) return {"object"};
        if (has({"items", "prefixItems", "minItems", "maxItems"})) return {"array"};
        if (has({"minLength", "maxLength", "pattern", "format"})) return {"string"};
        if (has({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})) return {"number"};
        return {};
    }
    const Json& type = place.schema["type"];
    std::vector<std::string> types;
    for (const Json& each : type.is_array() ? type : Json::array({type})) {
        if (!each.is_string() || std::ranges::find(type_names, each.get<std::string>()) == type_names.end()) {
            wrong(place.at,
                  fmt::format("{} is not a type", each.dump(-1, ' ', true, Json::error_handler_t::replace)));
            return {};
        }
        types.push_back(each.get<std::string>());
    }
    if (types.empty()) wrong(place.at, "\"type\" names no type");
    return types;
}

NodeId SchemaConverter::typed(const Place& place) {
    const std::vector<std::string> types = types_of(place);
    if (failed()) return 0;
    if (types.empty()) return json_.any_value();
    std::vector<NodeId> choices;
    for (const std::string& type : types) {
        choices.push_back(of_type(place, type));
        if (failed()) return 0;
    }
    return rules_.choice(std::move(choices));
}

NodeId SchemaConverter::of_type(const Place& place, std::string_view type) {
    if (type == "object") return object_value(place);
    if (type == "array") return array_value(place);
    if (type == "string") return string_value(place);
    if (type == "number") return number_value(place, false);
    if (type == "integer") return number_value(place, true);
    if (type == "boolean") return rules_.choice({rules_.text("true"), rules_.text("false")});
    return rules_.text("null");
}

Result<Rules> convert_schema(std::string_view text, std::string_view name) {
    if (text.size() > max_text_bytes) {
        return fail(ErrorCode::too_large, fmt::format("{}: the schema is longer than 1 MiB", name));
    }
    if (nested_too_deep(text)) {
        return fail(ErrorCode::too_large, fmt::format("{}: the schema is nested too deeply", name));
    }
    try {
        const Json document = Json::parse(text);
        return SchemaConverter(document, name).run();
    } catch (const Json::parse_error& error) {
        const std::size_t at = error.byte == 0 ? 0 : error.byte - 1;
        return fail(ErrorCode::bad_format,
                    fmt::format("{}: this is not valid JSON", place_text(name, text, at)),
                    "Correct the schema.");
    } catch (const Json::exception& error) {
        return fail(ErrorCode::bad_format, fmt::format("{}: {}", name, error.what()), "Correct the schema.");
    }
}

}  // namespace kinglet::grammar
