#include "tests/support/json_validator.h"

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>
#include <vector>

#include "inference/base/utf8.h"

namespace kinglet::test {
namespace {

using nlohmann::json;

bool has_type(const json& value, const std::string& type) {
    if (type == "integer") {
        return value.is_number_integer() ||
               (value.is_number() && std::floor(value.get<double>()) == value.get<double>());
    }
    if (type == "number") return value.is_number();
    return type == value.type_name();
}

/// Characters, not bytes.
std::size_t length_of(const std::string& text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) == 0x80 ? 0 : 1;
    return count;
}

/// One element a character, so that expressions count characters.
std::wstring widened(const std::string& text) {
    std::wstring out;
    for (std::size_t at = 0; at < text.size();) {
        const utf8::Decoded c = utf8::decode(text, at);
        out += static_cast<wchar_t>(c.code_point);
        at += static_cast<std::size_t>(std::max(1, c.length));
    }
    return out;
}

bool is_date(const std::string& text) {
    static const std::regex form("([0-9]{4})-([0-9]{2})-([0-9]{2})");
    std::smatch part;
    if (!std::regex_match(text, part, form)) return false;
    const int year = std::stoi(part[1]);
    const int month = std::stoi(part[2]);
    const int day = std::stoi(part[3]);
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int days[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

bool is_time(const std::string& text) {
    static const std::regex form(
        "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])");
    return std::regex_match(text, form);
}

bool has_format(const std::string& text, const std::string& format) {
    if (format == "date") return is_date(text);
    if (format == "time") return is_time(text);
    if (format == "date-time") {
        return text.size() > 11 && text[10] == 'T' && is_date(text.substr(0, 10)) && is_time(text.substr(11));
    }
    static const std::regex uuid("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    return format == "uuid" && std::regex_match(text, uuid);
}

class Validator {
  public:
    explicit Validator(const json& document) : document_(document) {}

    std::string check(const json& value, const json& schema) const {
        if (schema.is_boolean()) return schema.get<bool>() ? "" : "nothing is allowed here";
        for (const auto& [keyword, rule] : schema.items()) {
            const std::string why = check_keyword(value, schema, keyword, rule);
            if (!why.empty()) return why;
        }
        return {};
    }

  private:
    static std::string unless(bool holds, const std::string& keyword, const json& value) {
        return holds ? std::string() : keyword + " does not hold for " + value.dump();
    }

    std::string check_keyword(const json& value, const json& schema, const std::string& keyword,
                              const json& rule) const {
        static const std::set<std::string> about_values = {"type",  "enum",  "const", "$ref",
                                                           "anyOf", "oneOf", "allOf"};
        static const std::set<std::string> notes = {"$defs", "$schema", "title", "description"};
        if (notes.contains(keyword)) return {};
        if (about_values.contains(keyword)) return check_any(value, keyword, rule);
        if (keyword.ends_with("imum")) return value.is_number() ? check_number(value, keyword, rule) : "";
        if (keyword == "minLength" || keyword == "maxLength" || keyword == "pattern" || keyword == "format") {
            return value.is_string() ? check_string(value, keyword, rule) : "";
        }
        if (keyword.find("tems") != std::string::npos) {
            return value.is_array() ? check_array(value, schema, keyword, rule) : "";
        }
        if (keyword == "properties" || keyword == "required" || keyword == "additionalProperties") {
            return value.is_object() ? check_object(value, schema, keyword, rule) : "";
        }
        return "the test does not know " + keyword;
    }

    std::string check_any(const json& value, const std::string& keyword, const json& rule) const {
        if (keyword == "type") {
            for (const json& type : rule.is_array() ? rule : json::array({rule})) {
                if (has_type(value, type)) return {};
            }
            return unless(false, keyword, value);
        }
        if (keyword == "const") return unless(value == rule, keyword, value);
        if (keyword == "$ref") {
            return check(value, document_.at(json::json_pointer(rule.get<std::string>().substr(1))));
        }
        std::size_t fitting = 0;
        for (const json& each : rule) {
            const bool fits = keyword == "enum" ? each == value : check(value, each).empty();
            fitting += fits ? 1 : 0;
        }
        if (keyword == "oneOf") return unless(fitting == 1, keyword, value);
        if (keyword == "allOf") return unless(fitting == rule.size(), keyword, value);
        return unless(fitting > 0, keyword, value);
    }

    static std::string check_number(const json& value, const std::string& keyword, const json& rule) {
        const double number = value.get<double>();
        const double bound = rule.get<double>();
        const bool holds = keyword == "minimum"            ? number >= bound
                           : keyword == "maximum"          ? number <= bound
                           : keyword == "exclusiveMinimum" ? number > bound
                                                           : number < bound;
        return unless(holds, keyword, value);
    }

    static std::string check_string(const json& value, const std::string& keyword, const json& rule) {
        const auto text = value.get<std::string>();
        if (keyword == "minLength") return unless(length_of(text) >= rule.get<std::size_t>(), keyword, value);
        if (keyword == "maxLength") return unless(length_of(text) <= rule.get<std::size_t>(), keyword, value);
        if (keyword == "format") return unless(has_format(text, rule), keyword, value);
        return unless(std::regex_search(widened(text), std::wregex(widened(rule.get<std::string>()))),
                      keyword, value);
    }

    std::string check_array(const json& value, const json& schema, const std::string& keyword,
                            const json& rule) const {
        if (keyword == "minItems") return unless(value.size() >= rule.get<std::size_t>(), keyword, value);
        if (keyword == "maxItems") return unless(value.size() <= rule.get<std::size_t>(), keyword, value);
        const std::size_t first = schema.contains("prefixItems") ? schema["prefixItems"].size() : 0;
        const bool prefix = keyword == "prefixItems";
        for (std::size_t i = prefix ? 0 : first; i < (prefix ? std::min(first, value.size()) : value.size());
             ++i) {
            const std::string why = check(value[i], prefix ? rule[i] : rule);
            if (!why.empty()) return why;
        }
        return {};
    }

    std::string check_object(const json& value, const json& schema, const std::string& keyword,
                             const json& rule) const {
        if (keyword == "required") {
            for (const json& name : rule) {
                if (!value.contains(name.get<std::string>())) return unless(false, keyword, value);
            }
            return {};
        }
        const json names = schema.value("properties", json::object());
        for (const auto& [name, member] : value.items()) {
            const bool named = names.contains(name);
            if (named != (keyword == "properties")) continue;
            const std::string why = check(member, named ? rule[name] : rule);
            if (!why.empty()) return name + ": " + why;
        }
        return {};
    }

    const json& document_;
};

}  // namespace

std::string why_invalid(const json& value, const json& schema, const json& document) {
    return Validator(document).check(value, schema);
}

}  // namespace kinglet::test
