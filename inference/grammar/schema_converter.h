// The conversion of one schema. Internal to this folder.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/result.h"
#include "inference/grammar/json_rules.h"
#include "inference/grammar/rules.h"

namespace kinglet::grammar {

using Json = nlohmann::ordered_json;

/// A schema with the place where it stands ("#/properties/name"), for errors.
struct Place {
    const Json& schema;
    std::string at;
    int depth = 0;

    Place inside(const Json& part, std::string_view key) const {
        return {part, at + "/" + std::string(key), depth + 1};
    }
};

/// The first error stays; what is written after it is not to be used.
class SchemaConverter {
  public:
    SchemaConverter(const Json& document, std::string_view name)
        : document_(document), name_(name), json_(rules_) {}

    Result<Rules> run();

  private:
    struct Property {
        std::string name;
        Json schema;
        std::string at;
        bool required = false;
    };
    struct Object {
        std::vector<Property> properties;
        Json additional;      ///< null = none are written
        bool closed = false;  ///< "additionalProperties" is false
    };

    bool failed() const { return error_.has_value(); }
    NodeId stop(ErrorCode code, const std::string& at, const std::string& what, const char* hint);
    /// A schema that makes no sense.
    NodeId wrong(const std::string& at, const std::string& what);
    /// One that makes sense, but that no grammar is written for.
    NodeId unsupported(const std::string& at, const std::string& what);

    // schema.cpp
    NodeId convert(const Place& place);
    NodeId convert_checked(const Place& place);
    bool check_keywords(const Place& place);
    /// True where the schema has no other keywords than these and such that say nothing about values.
    bool only(const Place& place, std::initializer_list<std::string_view> keywords);
    NodeId reference(const Place& place);
    /// What "$ref" points at; null after an error.
    const Json* target(const Place& place, std::string& at);
    NodeId fixed_values(const Place& place);
    NodeId alternatives(const Place& place, const char* keyword);
    NodeId typed(const Place& place);
    NodeId of_type(const Place& place, std::string_view type);
    std::vector<std::string> types_of(const Place& place);

    // schema_values.cpp
    NodeId string_value(const Place& place);
    NodeId number_value(const Place& place, bool integer);
    std::optional<NumberBounds> bounds(const Place& place, bool integer);
    bool read_bound(const Place& place, const char* keyword, bool integer, bool lower, bool exclusive,
                    NumberBounds& out);
    NodeId array_value(const Place& place);
    NodeId array_items(const std::vector<NodeId>& first, NodeId rest, std::uint32_t min, std::uint32_t max);
    std::uint32_t count(const Place& place, const char* keyword, std::uint32_t otherwise);

    // schema_objects.cpp
    NodeId object_value(const Place& place);
    NodeId all_of(const Place& place);
    bool collect_parts(const Place& place, std::vector<Place>& parts);
    std::optional<Object> read_object(const Place& place);
    bool read_required(const Place& place, Object& object);
    std::optional<Object> merge(const std::vector<Object>& objects, const std::string& at);
    NodeId own_rule(std::string name, NodeId body);
    NodeId write_object(const Object& object, int depth);

    // schema_overlap.cpp
    /// True where nothing that is written for `written` can be accepted by `other`.
    bool never_accepted(const Json& written, const Json& other, int depth);
    const Json& resolved(const Json& schema);

    const Json& document_;
    std::string_view name_;
    Rules rules_;
    JsonRules json_;
    std::map<std::string, RuleId> references_;
    std::optional<Error> error_;
};

}  // namespace kinglet::grammar
