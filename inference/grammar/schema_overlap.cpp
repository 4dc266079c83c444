// Whether two schemas of a oneOf can accept the same value: then an answer to one would break the other.
#include <algorithm>

#include "inference/grammar/schema_converter.h"

namespace kinglet::grammar {
namespace {

/// How far into properties two schemas are compared.
constexpr int deepest = 8;

std::vector<std::string> kinds(const Json& schema) {
    if (schema.contains("const")) return {schema["const"].type_name()};
    std::vector<std::string> out;
    if (schema.contains("enum")) {
        for (const Json& value : schema["enum"]) out.push_back(value.type_name());
        return out;
    }
    if (schema.contains("type")) {
        const Json& type = schema["type"];
        for (const Json& each : type.is_array() ? type : Json::array({type})) {
            out.push_back(each == "integer" ? "number" : each.get<std::string>());
        }
    }
    return out;
}

/// Of the kind that compares objects whatever the order of their members.
std::vector<nlohmann::json> values(const Json& schema) {
    std::vector<nlohmann::json> out;
    if (schema.contains("const")) out.emplace_back(schema["const"]);
    if (schema.contains("enum")) {
        for (const Json& value : schema["enum"]) out.emplace_back(value);
    }
    return out;
}

bool requires_name(const Json& schema, const std::string& name) {
    if (!schema.contains("required")) return false;
    const Json& names = schema["required"];
    return std::find(names.begin(), names.end(), Json(name)) != names.end();
}

const Json* property(const Json& schema, const std::string& name) {
    if (!schema.contains("properties") || !schema["properties"].contains(name)) return nullptr;
    return &schema["properties"][name];
}

}  // namespace

const Json& SchemaConverter::resolved(const Json& schema) {
    const Json* at = &schema;
    // A circle of references ends here as one that is not resolved, which counts as overlapping.
    for (int i = 0; i < 32 && at->is_object() && at->contains("$ref"); ++i) {
        std::string name;
        const Json* next = target({*at, "#"}, name);
        if (next == nullptr) break;
        at = next;
    }
    return *at;
}

bool SchemaConverter::never_accepted(const Json& written_schema, const Json& other_schema, int depth) {
    const Json& written = resolved(written_schema);
    const Json& other = resolved(other_schema);
    if (failed() || depth > deepest || !written.is_object() || !other.is_object()) return false;

    const auto written_kinds = kinds(written);
    const auto other_kinds = kinds(other);
    const auto shared = [&](const std::string& kind) {
        return std::ranges::find(other_kinds, kind) != other_kinds.end();
    };
    if (!written_kinds.empty() && !other_kinds.empty() && std::ranges::none_of(written_kinds, shared))
        return true;

    const auto written_values = values(written);
    const auto other_values = values(other);
    if (!written_values.empty() && !other_values.empty()) {
        return std::ranges::none_of(written_values, [&](const nlohmann::json& value) {
            return std::ranges::find(other_values, value) != other_values.end();
        });
    }
    if (!other.contains("required") && !written.contains("required")) return false;
    const bool is_object = written_kinds.empty() ? written.contains("properties")
                                                 : written_kinds == std::vector<std::string>{"object"};
    if (!is_object) return false;
    // A name that the other one needs and that is never written.
    const bool writes_others =
        written.contains("additionalProperties") && written["additionalProperties"] != false;
    if (other.contains("required") && !writes_others && written.contains("properties")) {
        for (const Json& name : other["required"]) {
            const auto text = name.get<std::string>();
            if (property(written, text) == nullptr && !requires_name(written, text)) return true;
        }
    }
    if (!written.contains("required")) return false;
    for (const Json& name : written["required"]) {
        const auto text = name.get<std::string>();
        const Json* mine = property(written, text);
        const Json* theirs = property(other, text);
        const bool closed = other.contains("additionalProperties") && other["additionalProperties"] == false;
        if (theirs == nullptr && closed) return true;
        if (mine != nullptr && theirs != nullptr && never_accepted(*mine, *theirs, depth + 1)) return true;
    }
    return false;
}

}  // namespace kinglet::grammar
