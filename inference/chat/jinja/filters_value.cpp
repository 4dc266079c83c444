// Filters of numbers and of values of any kind.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/operations.h"
#include "inference/chat/jinja/text.h"

namespace kinglet::chat::jinja {
namespace {

using Names = std::initializer_list<std::string_view>;

List take(std::string_view filter, Arguments& arguments, Names names, std::size_t required = 1) {
    return place_arguments(filter, arguments, std::span(names.begin(), names.size()), required);
}

Value filter_default(Runtime& runtime, Arguments& arguments) {
    const List a = take("default", arguments, {"value", "default_value", "boolean"});
    if (!a[0].is_undefined() && (!a[2].truthy() || a[0].truthy())) return a[0];
    return a[1].is_undefined() ? runtime.text({}) : a[1];
}

Value filter_abs(Runtime& /*runtime*/, Arguments& arguments) {
    const List a = take("abs", arguments, {"x"});
    require_defined(a[0]);
    if (!a[0].is_number()) raise(fmt::format("bad operand type for abs(): '{}'", a[0].type_name()));
    return a[0].number() < 0 ? negative(a[0]) : a[0].is_bool() ? Value(a[0].integer()) : a[0];
}

/// The number that a text spells, without the white space around it; false where it spells none.
bool read_real(std::string_view text, double& value) {
    text = strip_right(strip_left(text));
    std::string bare(text);
    std::erase(bare, '_');
    if (bare.starts_with('+')) bare.erase(0, 1);
    const std::string lower = to_lower(bare);
    const char* end = lower.data() + lower.size();
    const auto read = std::from_chars(lower.data(), end, value);
    return !lower.empty() && read.ptr == end && read.ec == std::errc();
}

bool read_integer(std::string_view text, std::int64_t base, std::int64_t& value) {
    std::string bare(strip_right(strip_left(text)));
    std::erase(bare, '_');
    bool is_negative = false;
    if (bare.starts_with('-') || bare.starts_with('+')) {
        is_negative = bare[0] == '-';
        bare.erase(0, 1);
    }
    const std::string prefix = to_lower(bare.substr(0, 2));
    const std::int64_t named = prefix == "0x" ? 16 : prefix == "0o" ? 8 : prefix == "0b" ? 2 : 0;
    if (named != 0 && (base == named || base == 0)) {
        bare.erase(0, 2);
        base = named;
    }
    if (base == 0) base = 10;
    if (base < 2 || base > 36 || bare.empty() || bare[0] == '-') return false;
    const char* end = bare.data() + bare.size();
    const auto read = std::from_chars(bare.data(), end, value, static_cast<int>(base));
    if (is_negative) value = -value;
    return read.ptr == end && read.ec == std::errc();
}

Value filter_int(Runtime& /*runtime*/, Arguments& arguments) {
    const List a = take("int", arguments, {"value", "default", "base"});
    require_defined(a[0]);
    const Value otherwise = a[1].is_undefined() ? Value(std::int64_t{0}) : a[1];
    double real = 0;
    if (a[0].is_integral()) return a[0].integer();
    if (a[0].is_real()) {
        real = a[0].number();
    } else if (const Text* text = a[0].text()) {
        std::int64_t value = 0;
        if (read_integer(text->bytes, a[2].is_undefined() ? 10 : to_index(a[2]), value)) return value;
        if (!read_real(text->bytes, real)) return otherwise;
    } else {
        return otherwise;
    }
    if (std::isnan(real) || std::isinf(real)) return otherwise;
    if (std::fabs(real) >= 9.2e18) raise("a number is too large");
    return static_cast<std::int64_t>(real);
}

Value filter_float(Runtime& /*runtime*/, Arguments& arguments) {
    const List a = take("float", arguments, {"value", "default"});
    require_defined(a[0]);
    double value = 0;
    if (a[0].is_number()) return a[0].number();
    if (a[0].text() != nullptr && read_real(a[0].bytes(), value)) return value;
    return a[1].is_undefined() ? Value(0.0) : a[1];
}

/// Rounds the exact decimal value of a float, ties to even, as Python does.
double round_to(double value, int precision) {
    if (!std::isfinite(value) || precision > 300) return value;
    if (precision >= 0) {
        double rounded = value;
        const std::string text = fmt::format("{:.{}f}", value, precision);
        std::from_chars(text.data(), text.data() + text.size(), rounded);
        return rounded;
    }
    const double unit = std::pow(10.0, -precision);
    return std::isfinite(unit) ? std::nearbyint(value / unit) * unit : 0.0;
}

Value filter_round(Runtime& runtime, Arguments& arguments) {
    const List a = take("round", arguments, {"value", "precision", "method"});
    require_defined(a[0]);
    if (!a[0].is_number()) raise(fmt::format("type {} doesn't define __round__ method", a[0].type_name()));
    const std::int64_t wanted = a[1].is_undefined() ? 0 : to_index(a[1]);
    const int precision = static_cast<int>(std::clamp<std::int64_t>(wanted, -400, 400));
    const std::string method = a[2].is_undefined() ? "common" : to_text(runtime, a[2]);
    if (method == "common") {
        if (a[0].is_integral() && precision >= 0) return a[0].integer();
        if (a[0].is_integral()) return static_cast<std::int64_t>(round_to(a[0].number(), precision));
        return round_to(a[0].number(), precision);
    }
    if (method != "ceil" && method != "floor") raise("method must be common, ceil or floor");
    const double unit = std::pow(10.0, precision);
    const double scaled = a[0].number() * unit;
    return (method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / unit;
}

Value filter_attr(Runtime& runtime, Arguments& arguments) {
    const List a = take("attr", arguments, {"obj", "name"}, 2);
    require_defined(a[0]);
    const std::string name = to_text(runtime, a[1]);
    if (const Object* object = a[0].object()) return object->attribute(runtime, name);
    Value method = find_method(runtime, a[0], name);
    if (!method.is_undefined()) return method;
    return Value::undefined(fmt::format("'{} object' has no attribute '{}'", a[0].type_name(), name));
}

Value filter_xmlattr(Runtime& runtime, Arguments& arguments) {
    const List a = take("xmlattr", arguments, {"d", "autospace"});
    if (a[0].dict() == nullptr) raise("xmlattr() needs a dict");
    const Builtin escape = find_filter("escape");
    std::string all;
    for (const auto& [key, value] : a[0].dict()->entries) {
        if (value.is_none() || value.is_undefined()) continue;
        const std::string name = to_text(runtime, key);
        if (name.find_first_of(" \t\n\f\r/>=") != std::string::npos) {
            raise(fmt::format("Invalid character in attribute name: {}", quote(name)));
        }
        Arguments key_argument{{key}, {}};
        Arguments value_argument{{value}, {}};
        if (!all.empty()) all += ' ';
        all += fmt::format("{}=\"{}\"", escape(runtime, key_argument).bytes(),
                           escape(runtime, value_argument).bytes());
    }
    const bool spaced = a[1].is_undefined() || a[1].truthy();
    return runtime.text(spaced && !all.empty() ? " " + all : all);
}

constexpr std::array<BuiltinRow, 8> rows = {{
    {"default", filter_default},
    {"d", filter_default},
    {"abs", filter_abs},
    {"int", filter_int},
    {"float", filter_float},
    {"round", filter_round},
    {"attr", filter_attr},
    {"xmlattr", filter_xmlattr},
}};

}  // namespace

std::span<const BuiltinRow> value_filters() {
    return rows;
}

}  // namespace kinglet::chat::jinja
