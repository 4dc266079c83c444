#include "inference/convert/config.h"

#include <fmt/format.h>

#include <array>

namespace kinglet::convert {
namespace {

constexpr std::array<std::string_view, 3> inner_names = {"text_config", "llm_config", "language_config"};

constexpr const char* damaged = "The file is damaged or not a model's; download it again.";

}  // namespace

Config::Config(Json json, std::string file) : json_(std::move(json)), file_(std::move(file)) {}

const Json* Config::find(Names names) const {
    for (const std::string_view part : inner_names) {
        const Json* inner = member(json_, part);
        if (inner == nullptr) continue;
        for (const std::string_view name : names) {
            if (const Json* found = member(*inner, name); found != nullptr && !found->is_null()) return found;
        }
    }
    for (const std::string_view name : names) {
        if (const Json* found = member(json_, name); found != nullptr && !found->is_null()) return found;
    }
    return nullptr;
}

void Config::fail(ErrorCode code, const std::string& what, std::string hint) {
    if (error_) return;
    error_ = Error{code, fmt::format("{}: {}", file_, what), std::move(hint), file_, {}};
}

void Config::require(bool right, const std::string& what) {
    if (!right) fail(ErrorCode::unsupported, what, "Choose another model of this family.");
}

void Config::missing(Names names) {
    fail(ErrorCode::bad_format, fmt::format("{} is missing or of the wrong kind", *names.begin()), damaged);
}

template <class Number>
Number Config::bounded(Names names, std::optional<Number> value, Number least, Number most) {
    if (!value) {
        missing(names);
        return least;
    }
    if (*value >= least && *value <= most) return *value;
    fail(ErrorCode::bad_format,
         fmt::format("{} is {}, not between {} and {}", *names.begin(), *value, least, most), damaged);
    return least;
}

std::int64_t Config::integer(Names names, std::int64_t least, std::int64_t most) {
    return bounded(names, integer_of(find(names)), least, most);
}

std::int64_t Config::integer(Names names, std::int64_t least, std::int64_t most, std::int64_t fallback) {
    return has(names) ? integer(names, least, most) : fallback;
}

double Config::number(Names names, double least, double most) {
    return bounded(names, number_of(find(names)), least, most);
}

double Config::number(Names names, double least, double most, double fallback) {
    return has(names) ? number(names, least, most) : fallback;
}

bool Config::flag(Names names, bool fallback) {
    const Json* json = find(names);
    if (json == nullptr) return fallback;
    if (const auto value = flag_of(json)) return *value;
    missing(names);
    return fallback;
}

std::string Config::text(Names names, std::string_view fallback) const {
    const std::string* value = text_of(find(names));
    return value == nullptr ? std::string(fallback) : *value;
}

std::vector<std::string> Config::texts(Names names) const {
    std::vector<std::string> out;
    const Json* list = find(names);
    if (list == nullptr || !list->is_array()) return out;
    for (const Json& item : *list) {
        const std::string* value = text_of(&item);
        out.push_back(value == nullptr ? std::string() : *value);
    }
    return out;
}

std::string Config::model_class() const {
    const Json* list = member(json_, "architectures");
    if (list == nullptr || !list->is_array() || list->empty()) return {};
    const std::string* name = text_of(&(*list)[0]);
    return name == nullptr ? std::string() : *name;
}

}  // namespace kinglet::convert
