// Python's two ways of formatting text.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "inference/base/utf8.h"
#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/operations.h"
#include "inference/chat/jinja/text.h"

namespace kinglet::chat::jinja {
namespace {

/// Widths and precisions that a template may ask for.
constexpr int max_width = 10'000;

/// What both ways know of a field.
struct Field {
    char align = 0;  ///< '<', '>', '^' or '='
    std::string fill = " ";
    char sign = '-';
    bool alternate = false;
    bool grouped = false;  ///< thousands by commas
    int width = 0;
    int precision = -1;
    char type = 0;
};

int read_number(std::string_view text, std::size_t& at, int otherwise) {
    int value = 0;
    const std::size_t begin = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        value = std::min(value * 10 + (text[at] - '0'), max_width + 1);
    }
    if (value > max_width) raise("a field of the format is too wide");
    return at == begin ? otherwise : value;
}

std::string pad(std::string text, const Field& field, char usual_align, std::size_t sign_length = 0) {
    const std::size_t length = Text(text).length;
    const auto width = static_cast<std::size_t>(field.width);
    if (length >= width) return text;
    const std::size_t missing = width - length;
    const char align = field.align != 0 ? field.align : usual_align;
    const std::size_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
    std::string before;
    std::string after;
    for (std::size_t i = 0; i < left; ++i) before += field.fill;
    for (std::size_t i = left; i < missing; ++i) after += field.fill;
    if (align == '=') return text.substr(0, sign_length) + before + text.substr(sign_length);
    return before + text + after;
}

std::string group_thousands(std::string digits) {
    const std::size_t whole = std::min(digits.find('.'), digits.size());
    for (std::size_t at = whole; at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

std::string finish_number(bool is_negative, std::string digits, const Field& field) {
    if (field.grouped) digits = group_thousands(std::move(digits));
    std::string sign = is_negative ? "-" : field.sign == '+' ? "+" : field.sign == ' ' ? " " : "";
    const std::size_t sign_length = sign.size();
    return pad(sign + digits, field, '>', sign_length);
}

std::string format_integer(std::int64_t value, const Field& field) {
    const bool is_negative = value < 0;
    const std::uint64_t size =
        is_negative ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
    switch (field.type) {
        case 'x':
            return finish_number(is_negative, fmt::format("{}{:x}", field.alternate ? "0x" : "", size),
                                 field);
        case 'X':
            return finish_number(is_negative, fmt::format("{}{:X}", field.alternate ? "0X" : "", size),
                                 field);
        case 'o':
            return finish_number(is_negative, fmt::format("{}{:o}", field.alternate ? "0o" : "", size),
                                 field);
        case 'b':
            return finish_number(is_negative, fmt::format("{}{:b}", field.alternate ? "0b" : "", size),
                                 field);
        default:
            return finish_number(is_negative, fmt::format("{}", size), field);
    }
}

std::string format_real(double value, const Field& field) {
    const bool is_negative = std::signbit(value);
    const double size = std::fabs(value);
    const int precision = field.precision < 0 ? 6 : field.precision;
    switch (field.type) {
        case 'f':
        case 'F':
            return finish_number(is_negative, fmt::format("{:.{}f}", size, precision), field);
        case '%':
            return finish_number(is_negative, fmt::format("{:.{}f}%", size * 100, precision), field);
        case 'e':
            return finish_number(is_negative, fmt::format("{:.{}e}", size, precision), field);
        case 'E':
            return finish_number(is_negative, fmt::format("{:.{}E}", size, precision), field);
        case 'g':
        case 'G':
            return finish_number(is_negative, fmt::format("{:.{}g}", size, std::max(precision, 1)), field);
        default:
            if (field.precision >= 0)
                return finish_number(is_negative, fmt::format("{:.{}g}", size, precision), field);
            return finish_number(is_negative, float_text(size), field);
    }
}

bool is_one_of(char c, std::string_view set) {
    return c != 0 && set.find(c) != std::string_view::npos;
}

std::string cut_text(std::string text, int precision) {
    if (precision < 0) return text;
    return from_code_points(to_code_points(text).substr(0, static_cast<std::size_t>(precision)));
}

/// One value after "%".
std::string percent_field(Runtime& runtime, const Value& value, Field field) {
    require_defined(value);
    switch (field.type) {
        case 's':
        case 'r':
        case 'a': {
            std::string text = field.type == 's' ? to_text(runtime, value) : repr(runtime, value);
            field.fill = " ";
            if (field.align == '=') field.align = '>';
            return pad(cut_text(std::move(text), field.precision), field, '>');
        }
        case 'c':
            if (value.text() != nullptr && value.text()->length == 1) return pad(value.bytes(), field, '>');
            return pad(from_code_points(std::u32string(1, static_cast<char32_t>(to_index(value)))), field,
                       '>');
        case 'd':
        case 'i':
        case 'u':
            if (!value.is_number())
                raise(fmt::format("%d format: a real number is required, not {}", value.type_name()));
            return format_integer(
                value.is_real() ? static_cast<std::int64_t>(value.number()) : value.integer(), field);
        case 'x':
        case 'X':
        case 'o':
            return format_integer(to_index(value), field);
        default:
            if (!is_one_of(field.type, "fFeEgG"))
                raise(fmt::format("unsupported format character '{}'", field.type));
            if (!value.is_number()) raise(fmt::format("must be real number, not {}", value.type_name()));
            return format_real(value.number(), field);
    }
}

/// Reads the flags, width and precision of a "%" field.
Field read_percent_field(std::string_view format, std::size_t& at) {
    Field field;
    bool left = false;
    bool zero = false;
    for (; at < format.size() && is_one_of(format[at], "-+ #0"); ++at) {
        left = left || format[at] == '-';
        zero = zero || format[at] == '0';
        if (format[at] == '+' || format[at] == ' ') field.sign = format[at];
        if (format[at] == '#') field.alternate = true;
    }
    field.width = read_number(format, at, 0);
    if (at < format.size() && format[at] == '.') field.precision = read_number(format, ++at, 0);
    if (at >= format.size()) raise("incomplete format");
    field.type = format[at++];
    field.align = left ? '<' : zero ? '=' : '>';
    if (zero && !left) field.fill = "0";
    return field;
}

}  // namespace

std::string format_percent(Runtime& runtime, std::string_view format, const List& values, const Dict* named) {
    std::string out;
    std::size_t used = 0;
    bool by_name = false;
    for (std::size_t at = 0; at < format.size();) {
        if (format[at] != '%') {
            out += format[at++];
            continue;
        }
        if (++at >= format.size()) raise("incomplete format");
        if (format[at] == '%') {
            out += format[at++];
            continue;
        }
        Value value;
        const bool has_name = format[at] == '(';
        if (has_name) {
            const std::size_t end = format.find(')', at);
            if (end == std::string_view::npos) raise("incomplete format key");
            if (named == nullptr) raise("format requires a mapping");
            const Value* found = named->find(format.substr(at + 1, end - at - 1));
            if (found == nullptr) raise(fmt::format("'{}'", format.substr(at + 1, end - at - 1)));
            value = *found;
            at = end + 1;
            by_name = true;
        }
        const Field field = read_percent_field(format, at);
        if (!has_name) {
            if (used >= values.size()) raise("not enough arguments for format string");
            value = values[used++];
        }
        runtime.step();
        out += percent_field(runtime, value, field);
        if (out.size() > runtime.limits().output_bytes) raise("the formatted text is too long");
    }
    if (!by_name && named == nullptr && used < values.size()) {
        raise("not all arguments converted during string formatting");
    }
    return out;
}

namespace {

Field read_brace_spec(std::string_view spec) {
    Field field;
    std::size_t at = 0;
    const std::size_t first = spec.empty() ? 0 : character_length(spec, 0);
    if (first < spec.size() && is_one_of(spec[first], "<>^=")) {
        field.fill = spec.substr(0, first);
        field.align = spec[first];
        at = first + 1;
    } else if (!spec.empty() && is_one_of(spec[0], "<>^=")) {
        field.align = spec[at++];
    }
    if (at < spec.size() && is_one_of(spec[at], "+- ")) field.sign = spec[at++];
    if (at < spec.size() && spec[at] == '#') field.alternate = true, ++at;
    if (at < spec.size() && spec[at] == '0') {
        if (field.align == 0) field.align = '=', field.fill = "0";
        ++at;
    }
    field.width = read_number(spec, at, 0);
    if (at < spec.size() && is_one_of(spec[at], ",_")) field.grouped = true, ++at;
    if (at < spec.size() && spec[at] == '.') field.precision = read_number(spec, ++at, 0);
    if (at < spec.size()) field.type = spec[at++];
    if (at < spec.size()) raise("Invalid format specifier");
    return field;
}

std::string brace_field(Runtime& runtime, const Value& value, char conversion, std::string_view spec) {
    if (conversion != 0 || !value.is_number() || (value.is_bool() && spec.empty())) {
        const Field field = read_brace_spec(spec);
        if (field.type != 0 && field.type != 's') raise(fmt::format("Unknown format code '{}'", field.type));
        std::string text = conversion == 'r' ? repr(runtime, value) : to_text(runtime, value);
        return pad(cut_text(std::move(text), field.precision), field, '<');
    }
    const Field field = read_brace_spec(spec);
    if (value.is_real() || is_one_of(field.type, "fFeEgG%")) return format_real(value.number(), field);
    return format_integer(value.integer(), field);
}

/// The value that the name of a field stands for: a place or a keyword, then attributes and items.
Value brace_value(Runtime& runtime, std::string_view name, const Arguments& arguments, std::size_t& next) {
    const std::size_t end = std::min(name.find_first_of(".["), name.size());
    const std::string_view base = name.substr(0, end);
    Value value;
    const bool is_place = base.empty() || (base.front() >= '0' && base.front() <= '9');
    if (is_place) {
        std::size_t place = 0;
        if (base.empty()) {
            place = next++;
        } else {
            std::from_chars(base.data(), base.data() + base.size(), place);
        }
        if (place >= arguments.positional.size()) {
            raise(fmt::format("Replacement index {} out of range for positional args tuple", place));
        }
        value = arguments.positional[place];
    } else {
        const auto found = std::ranges::find(arguments.named, base, &std::pair<std::string, Value>::first);
        if (found == arguments.named.end()) raise(fmt::format("'{}'", base));
        value = found->second;
    }
    for (std::size_t at = end; at < name.size();) {
        const bool is_item = name[at] == '[';
        const std::size_t stop =
            std::min(is_item ? name.find(']', at) : name.find_first_of(".[", at + 1), name.size());
        const std::string_view part = name.substr(at + 1, stop - at - 1);
        std::int64_t index = 0;
        const auto read = std::from_chars(part.data(), part.data() + part.size(), index);
        const bool is_index = is_item && !part.empty() && read.ptr == part.data() + part.size();
        value = is_index  ? get_item(runtime, value, index)
                : is_item ? get_item(runtime, value, Value::plain_text(std::string(part)))
                          : get_attribute(runtime, value, part);
        at = stop + (is_item ? 1 : 0);
    }
    return value;
}

}  // namespace

std::string format_braces(Runtime& runtime, std::string_view format, const Arguments& arguments) {
    std::string out;
    std::size_t next = 0;
    for (std::size_t at = 0; at < format.size();) {
        const char c = format[at];
        const bool doubled = at + 1 < format.size() && format[at + 1] == c;
        if (c != '{' && c != '}') {
            out += format[at++];
        } else if (doubled) {
            out += c;
            at += 2;
        } else if (c == '}') {
            raise("Single '}' encountered in format string");
        } else {
            const std::size_t end = format.find('}', at);
            if (end == std::string_view::npos) raise("expected '}' before end of string");
            const std::string_view inside = format.substr(at + 1, end - at - 1);
            if (inside.find('{') != std::string_view::npos)
                raise("nested fields are not supported in formats");
            const std::size_t colon = std::min(inside.find(':'), inside.size());
            std::string_view name = inside.substr(0, colon);
            const std::string_view spec =
                colon < inside.size() ? inside.substr(colon + 1) : std::string_view();
            char conversion = 0;
            if (const std::size_t mark = name.find('!'); mark != std::string_view::npos) {
                conversion = mark + 1 < name.size() ? name[mark + 1] : 's';
                name = name.substr(0, mark);
            }
            runtime.step();
            out += brace_field(runtime, brace_value(runtime, name, arguments, next), conversion, spec);
            at = end + 1;
        }
        if (out.size() > runtime.limits().output_bytes) raise("the formatted text is too long");
    }
    return out;
}

}  // namespace kinglet::chat::jinja
