// Strings, numbers and arrays of a schema.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "inference/grammar/pattern.h"
#include "inference/grammar/schema_converter.h"

namespace kinglet::grammar {

std::uint32_t SchemaConverter::count(const Place& place, const char* keyword, std::uint32_t otherwise) {
    const auto found = place.schema.find(keyword);
    if (found == place.schema.end()) return otherwise;
    const bool whole =
        found->is_number_unsigned() || (found->is_number() && found->get<double>() >= 0 &&
                                        found->get<double>() == std::floor(found->get<double>()));
    if (!whole) {
        wrong(place.at, fmt::format("\"{}\" is not a whole number", keyword));
        return 0;
    }
    return static_cast<std::uint32_t>(std::min(found->get<double>(), static_cast<double>(max_repeats)));
}

NodeId SchemaConverter::string_value(const Place& place) {
    const Json& schema = place.schema;
    const bool lengths = schema.contains("minLength") || schema.contains("maxLength");
    const bool formatted = schema.contains("format");
    const bool patterned = schema.contains("pattern");
    if (lengths + formatted + patterned > 1) {
        const char* second = patterned ? "pattern" : "format";
        const char* first = lengths ? "minLength or maxLength" : "format";
        return unsupported(place.at, fmt::format("{} together with \"{}\" is not supported", first, second));
    }
    if (patterned) {
        if (!schema["pattern"].is_string()) return wrong(place.at, "\"pattern\" is not a text");
        const auto content = pattern_content(rules_, schema["pattern"].get<std::string>());
        if (!content) return unsupported(place.at, fmt::format("\"pattern\": {}", content.error()));
        return json_.quoted(*content);
    }
    if (formatted) {
        const Json& format = schema["format"];
        if (format == "date") return json_.quoted(json_.date());
        if (format == "time") return json_.quoted(json_.time());
        if (format == "date-time") return json_.quoted(json_.date_time());
        if (format == "uuid") return json_.quoted(json_.uuid());
        return unsupported(place.at,
                           fmt::format("\"format\": {} is not supported; date, time, date-time and uuid are",
                                       format.dump(-1, ' ', true, Json::error_handler_t::replace)));
    }
    const std::uint32_t min = count(place, "minLength", 0);
    const std::uint32_t max = count(place, "maxLength", no_limit);
    if (min > max) return wrong(place.at, "\"minLength\" is more than \"maxLength\"");
    return json_.string(min, max);
}

bool SchemaConverter::read_bound(const Place& place, const char* keyword, bool integer, bool lower,
                                 bool exclusive, NumberBounds& out) {
    const auto found = place.schema.find(keyword);
    if (found == place.schema.end()) return true;
    if (!found->is_number()) {
        wrong(place.at, fmt::format("\"{}\" is not a number", keyword));
        return false;
    }
    double value = found->get<double>();
    bool excludes = exclusive;
    if (integer) {
        const double whole = lower ? std::ceil(value) : std::floor(value);
        if (exclusive && whole == value)
            value += lower ? 1 : -1;
        else
            value = whole;
        excludes = false;
    } else if (value != std::floor(value)) {
        unsupported(place.at, fmt::format("\"{}\" of a number is supported for whole bounds only", keyword));
        return false;
    }
    if (std::abs(value) > 1e15) {
        unsupported(place.at, fmt::format("\"{}\" is supported up to 15 digits only", keyword));
        return false;
    }
    auto& bound = lower ? out.least : out.most;
    bool& bound_exclusive = lower ? out.least_exclusive : out.most_exclusive;
    const auto number = static_cast<std::int64_t>(value);
    if (!bound || (lower ? number > *bound : number < *bound)) {
        bound = number;
        bound_exclusive = excludes;
    } else if (number == *bound) {
        bound_exclusive = bound_exclusive || excludes;
    }
    return true;
}

std::optional<NumberBounds> SchemaConverter::bounds(const Place& place, bool integer) {
    NumberBounds out;
    const bool read = read_bound(place, "minimum", integer, true, false, out) &&
                      read_bound(place, "exclusiveMinimum", integer, true, true, out) &&
                      read_bound(place, "maximum", integer, false, false, out) &&
                      read_bound(place, "exclusiveMaximum", integer, false, true, out);
    if (!read) return std::nullopt;
    const bool nothing =
        out.least && out.most &&
        (*out.least > *out.most || (*out.least == *out.most && (out.least_exclusive || out.most_exclusive)));
    if (nothing) {
        wrong(place.at, "no number is within the bounds");
        return std::nullopt;
    }
    return out;
}

NodeId SchemaConverter::number_value(const Place& place, bool integer) {
    const auto range = bounds(place, integer);
    if (!range) return 0;
    if (integer) return json_.integer(*range);
    return range->least || range->most ? json_.bounded_number(*range) : json_.number();
}

NodeId SchemaConverter::array_value(const Place& place) {
    const Json& schema = place.schema;
    // Older drafts write the first items as a list in "items".
    const bool old_list = schema.contains("items") && schema["items"].is_array();
    const char* list_key = old_list ? "items" : "prefixItems";
    const char* rest_key = old_list ? "additionalItems" : "items";
    std::vector<NodeId> first;
    if (schema.contains(list_key)) {
        const Json& list = schema[list_key];
        if (!list.is_array()) return wrong(place.at, "\"prefixItems\" is not a list");
        for (std::size_t i = 0; i < list.size() && !failed(); ++i) {
            first.push_back(convert(place.inside(list[i], fmt::format("{}/{}", list_key, i))));
        }
    }
    const bool no_rest = schema.contains(rest_key) && schema[rest_key] == false;
    const std::uint32_t min = count(place, "minItems", 0);
    const std::uint32_t written = static_cast<std::uint32_t>(first.size());
    std::uint32_t max = count(place, "maxItems", no_limit);
    if (failed()) return 0;
    if (min > max || (no_rest && min > written)) {
        return wrong(place.at, "\"minItems\" is more than the items there may be");
    }
    // Items that nothing is said about are written only where there must be some.
    if (no_rest) max = std::min(max, written);
    if (written > 0 && !schema.contains(rest_key)) max = std::min(max, std::max(min, written));
    if (first.empty() && !schema.contains(rest_key) && min == 0 && max == no_limit) return json_.any_array();
    NodeId rest = 0;
    if (max > written) {
        rest =
            schema.contains(rest_key) ? convert(place.inside(schema[rest_key], rest_key)) : json_.any_value();
    }
    if (failed()) return 0;
    return array_items(first, rest, min, max);
}

NodeId SchemaConverter::array_items(const std::vector<NodeId>& first, NodeId rest, std::uint32_t min,
                                    std::uint32_t max) {
    if (max == 0) return json_.bracketed("[", rules_.empty(), "]");
    const auto written = std::min(static_cast<std::uint32_t>(first.size()), max);
    const auto up_to = [&](std::uint32_t done) { return max == no_limit ? no_limit : max - done; };
    const auto at_least = [&](std::uint32_t done) { return min > done ? min - done : 0; };
    if (written == 0) {
        rest = own_rule("item", rest);
        const NodeId more = rules_.repeat(json_.after_comma(rest), at_least(1), up_to(1));
        const NodeId items = rules_.sequence({rest, more, json_.space()});
        return json_.bracketed("[", min == 0 ? rules_.optional(items) : items, "]");
    }
    // From the last to the first: each may be the end once there are enough.
    NodeId tail = max > written ? rules_.repeat(json_.after_comma(rest), at_least(written), up_to(written))
                                : rules_.empty();
    for (std::uint32_t i = written; i-- > 1;) {
        const NodeId item = rules_.sequence({json_.after_comma(first[i]), tail});
        tail = min > i ? item : rules_.optional(item);
    }
    const NodeId items = rules_.sequence({first[0], tail, json_.space()});
    return json_.bracketed("[", min == 0 ? rules_.optional(items) : items, "]");
}

}  // namespace kinglet::grammar
