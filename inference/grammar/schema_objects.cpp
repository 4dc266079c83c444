// Objects of a schema, and allOf, which joins several.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inference/grammar/schema_converter.h"

namespace kinglet::grammar {
namespace {

/// Nothing but allOf, and what holds no rule itself.
bool says_nothing_else(const Json& schema) {
    static constexpr std::array<std::string_view, 7> quiet = {
        "allOf", "$defs", "definitions", "$schema", "$id", "description", "title"};
    return std::ranges::all_of(schema.items(), [](const auto& item) {
        return std::ranges::find(quiet, std::string_view(item.key())) != quiet.end();
    });
}

}  // namespace

bool SchemaConverter::read_required(const Place& place, Object& object) {
    const auto found = place.schema.find("required");
    if (found == place.schema.end()) return true;
    if (!found->is_array()) {
        wrong(place.at, "\"required\" is not a list");
        return false;
    }
    for (const Json& name : *found) {
        if (!name.is_string()) {
            wrong(place.at, "\"required\" holds something that is not a name");
            return false;
        }
        const auto wanted = name.get<std::string>();
        const auto property = std::ranges::find_if(object.properties,
                                                   [&](const Property& each) { return each.name == wanted; });
        if (property != object.properties.end()) {
            property->required = true;
            continue;
        }
        // It may be anything that properties without a name of their own may be.
        const Json schema = object.additional.is_null() ? Json(true) : object.additional;
        object.properties.push_back({wanted, schema, place.at + "/required", true});
        if (object.closed) {
            wrong(place.at,
                  fmt::format("\"{}\" is required, but \"additionalProperties\" forbids it", wanted));
            return false;
        }
    }
    return true;
}

std::optional<SchemaConverter::Object> SchemaConverter::read_object(const Place& place) {
    Object object;
    if (place.schema.contains("properties")) {
        const Json& properties = place.schema["properties"];
        if (!properties.is_object()) {
            wrong(place.at, "\"properties\" is not an object");
            return std::nullopt;
        }
        for (const auto& [name, schema] : properties.items()) {
            object.properties.push_back({name, schema, place.at + "/properties/" + name, false});
        }
    }
    if (place.schema.contains("additionalProperties")) {
        const Json& additional = place.schema["additionalProperties"];
        object.closed = additional == false;
        if (!object.closed) object.additional = additional;
    }
    if (!read_required(place, object)) return std::nullopt;
    return object;
}

NodeId SchemaConverter::object_value(const Place& place) {
    const auto has = [&](const char* key) { return place.schema.contains(key); };
    if (!has("properties") && !has("required") && !has("additionalProperties")) return json_.any_object();
    const auto object = read_object(place);
    return object ? write_object(*object, place.depth) : 0;
}

/// A rule for what is used in two places: written out twice, such parts would double with every level.
NodeId SchemaConverter::own_rule(std::string name, NodeId body) {
    const RuleId rule = rules_.declare(std::move(name));
    rules_.define(rule, body);
    return rules_.refer(rule);
}

/// From the last member to the first: `rest` is what may follow once a member is written, `first` what may be
/// written while there is none.
NodeId SchemaConverter::write_object(const Object& object, int depth) {
    std::vector<std::string> names;
    std::vector<NodeId> members;
    for (const Property& property : object.properties) {
        names.push_back(property.name);
        const NodeId value = convert({property.schema, property.at, depth + 1});
        if (failed()) return 0;
        members.push_back(
            own_rule("\"" + property.name + "\"", json_.member(json_.value(property.name), value)));
    }
    NodeId rest = json_.space();
    NodeId first = rules_.empty();
    if (!object.additional.is_null()) {
        const NodeId value = convert({object.additional, "#additionalProperties", depth + 1});
        if (failed()) return 0;
        const NodeId other = json_.member(json_.other_name(names), value);
        rest = rules_.sequence({rules_.repeat(json_.after_comma(other), 0, no_limit), rest});
        first = rules_.optional(rules_.sequence({other, rest}));
    }
    for (std::size_t i = members.size(); i-- > 0;) {
        rest = own_rule("after \"" + names[i] + "\"", rest);
        const NodeId with = rules_.sequence({members[i], rest});
        const NodeId more = json_.after_comma(members[i]);
        if (object.properties[i].required) {
            first = with;
            rest = rules_.sequence({more, rest});
        } else {
            first = rules_.choice({with, first});
            rest = rules_.sequence({rules_.optional(more), rest});
        }
    }
    return json_.bracketed("{", first, "}");
}

/// The schemas that all hold at once: allOf's own, what they refer to, and what stands beside allOf.
bool SchemaConverter::collect_parts(const Place& place, std::vector<Place>& parts) {
    if (failed()) return false;
    if (place.depth > max_nesting || parts.size() > 1000) {
        unsupported(place.at, "\"allOf\" is nested too deeply");
        return false;
    }
    if (place.schema.is_boolean() && place.schema.get<bool>()) return true;
    if (!place.schema.is_object()) {
        wrong(place.at, "\"allOf\" holds something that is no schema");
        return false;
    }
    if (!check_keywords(place)) return false;
    if (place.schema.contains("$ref")) {
        std::string at;
        if (!only(place, {"$ref"})) return false;
        const Json* schema = target(place, at);
        return schema != nullptr && collect_parts({*schema, at, place.depth + 1}, parts);
    }
    parts.push_back(place);
    if (!place.schema.contains("allOf")) return true;
    const Json& list = place.schema["allOf"];
    if (!list.is_array() || list.empty()) {
        wrong(place.at, "\"allOf\" is not a list of schemas");
        return false;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!collect_parts(place.inside(list[i], fmt::format("allOf/{}", i)), parts)) return false;
    }
    return true;
}

NodeId SchemaConverter::all_of(const Place& place) {
    std::vector<Place> all;
    if (!collect_parts(place, all)) return 0;
    // What says nothing once "allOf" is taken out of it needs no joining.
    std::vector<Place> parts;
    for (const Place& part : all) {
        if (!says_nothing_else(part.schema)) parts.push_back(part);
    }
    if (parts.empty()) return json_.any_value();
    if (parts.size() == 1 && !parts[0].schema.contains("allOf")) return convert_checked(parts[0]);
    std::vector<Object> objects;
    for (const Place& part : parts) {
        if (!only(part, {"allOf", "type", "properties", "required", "additionalProperties"})) return 0;
        if (part.schema.contains("type") && part.schema["type"] != "object") {
            return unsupported(part.at, "\"allOf\" is supported for objects only");
        }
        auto object = read_object(part);
        if (!object) return 0;
        objects.push_back(std::move(*object));
    }
    const auto joined = merge(objects, place.at);
    return joined ? write_object(*joined, place.depth) : 0;
}

std::optional<SchemaConverter::Object> SchemaConverter::merge(const std::vector<Object>& objects,
                                                              const std::string& at) {
    Object out;
    for (const Object& object : objects) {
        if (!object.additional.is_null() && object.additional != true) {
            unsupported(at, "\"allOf\" of a schema in \"additionalProperties\" is not supported");
            return std::nullopt;
        }
        for (const Property& property : object.properties) {
            const auto known = std::ranges::find_if(
                out.properties, [&](const Property& each) { return each.name == property.name; });
            if (known == out.properties.end()) {
                out.properties.push_back(property);
                continue;
            }
            known->required = known->required || property.required;
            if (known->schema == property.schema || property.schema == true) continue;
            known->schema =
                known->schema == true ? property.schema : Json{{"allOf", {known->schema, property.schema}}};
        }
    }
    // One that is closed forbids what the others bring.
    for (const Object& object : objects) {
        if (!object.closed) continue;
        const auto forbidden = [&](const Property& property) {
            return std::ranges::none_of(object.properties,
                                        [&](const Property& own) { return own.name == property.name; });
        };
        for (const Property& property : out.properties) {
            if (!property.required || !forbidden(property)) continue;
            wrong(at, fmt::format("\"{}\" is required by one part of \"allOf\" and forbidden by another",
                                  property.name));
            return std::nullopt;
        }
        std::erase_if(out.properties, forbidden);
    }
    const bool open =
        std::ranges::all_of(objects, [](const Object& each) { return each.additional == true; });
    if (open) out.additional = true;
    return out;
}

}  // namespace kinglet::grammar
