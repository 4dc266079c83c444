#include "inference/gguf/metadata.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace kinglet::gguf {
namespace {

template <class T>
T load(const std::byte* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
}

/// The integer at `bytes`; empty where the type is no integer or does not fit.
std::optional<std::int64_t> to_int(ValueType type, const std::byte* bytes) {
    switch (type) {
        case ValueType::u8:
            return load<std::uint8_t>(bytes);
        case ValueType::i8:
            return load<std::int8_t>(bytes);
        case ValueType::u16:
            return load<std::uint16_t>(bytes);
        case ValueType::i16:
            return load<std::int16_t>(bytes);
        case ValueType::u32:
            return load<std::uint32_t>(bytes);
        case ValueType::i32:
            return load<std::int32_t>(bytes);
        case ValueType::boolean:
            return load<std::uint8_t>(bytes) != 0 ? 1 : 0;
        case ValueType::i64:
            return load<std::int64_t>(bytes);
        case ValueType::u64: {
            const auto value = load<std::uint64_t>(bytes);
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return std::nullopt;
            return static_cast<std::int64_t>(value);
        }
        default:
            return std::nullopt;
    }
}

std::optional<double> to_float(ValueType type, const std::byte* bytes) {
    if (type == ValueType::f32) return load<float>(bytes);
    if (type == ValueType::f64) return load<double>(bytes);
    if (type == ValueType::boolean) return std::nullopt;
    if (const auto value = to_int(type, bytes)) return static_cast<double>(*value);
    return std::nullopt;
}

}  // namespace

std::string_view type_name(ValueType type) {
    static constexpr std::string_view names[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                                 "bool", "string", "array", "u64", "i64", "f64"};
    const auto i = static_cast<std::uint32_t>(type);
    return i < std::size(names) ? names[i] : "unknown";
}

std::size_t type_size(ValueType type) {
    switch (type) {
        case ValueType::u8:
        case ValueType::i8:
        case ValueType::boolean:
            return 1;
        case ValueType::u16:
        case ValueType::i16:
            return 2;
        case ValueType::u32:
        case ValueType::i32:
        case ValueType::f32:
            return 4;
        case ValueType::u64:
        case ValueType::i64:
        case ValueType::f64:
            return 8;
        default:
            return 0;
    }
}

const Value* Metadata::find(std::string_view key) const {
    const auto it = index_.find(key);
    return it == index_.end() ? nullptr : &values_[it->second];
}

bool Metadata::add(std::string_view key, Value value) {
    if (!index_.emplace(key, values_.size()).second) return false;
    keys_.push_back(key);
    values_.push_back(std::move(value));
    return true;
}

Error Metadata::missing(std::string_view key) const {
    return {
        ErrorCode::bad_format,
        fmt::format("{}: {} is missing", file_, key),
        "The file is incomplete or was converted for another program; download it again or choose another.",
        {},
        {}};
}

Error Metadata::wrong_kind(std::string_view key, const Value& value, std::string_view wanted) const {
    const std::string found = value.type == ValueType::array
                                  ? fmt::format("an array of {} {}", value.count, type_name(value.element))
                                  : fmt::format("a value of type {}", type_name(value.type));
    return {ErrorCode::bad_format,
            fmt::format("{}: {} should be {}, but is {}", file_, key, wanted, found),
            "The file is damaged or was converted for another program; choose another.",
            {},
            {}};
}

Result<std::optional<std::int64_t>> Metadata::optional_int(std::string_view key) const {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (type_size(value->type) > 0) {
        if (const auto number = to_int(value->type, value->raw.data())) return number;
    }
    return tl::unexpected(wrong_kind(key, *value, "an integer"));
}

Result<std::optional<double>> Metadata::optional_float(std::string_view key) const {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (type_size(value->type) > 0) {
        const auto number = to_float(value->type, value->raw.data());
        if (number && std::isfinite(*number)) return number;
    }
    return tl::unexpected(wrong_kind(key, *value, "a finite number"));
}

Result<std::optional<bool>> Metadata::optional_bool(std::string_view key) const {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (type_size(value->type) > 0) {
        const auto number = to_int(value->type, value->raw.data());
        if (number && (*number == 0 || *number == 1)) return *number == 1;
    }
    return tl::unexpected(wrong_kind(key, *value, "true or false"));
}

Result<std::optional<std::string_view>> Metadata::optional_string(std::string_view key) const {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->type != ValueType::string) return tl::unexpected(wrong_kind(key, *value, "a string"));
    return std::string_view(reinterpret_cast<const char*>(value->raw.data()), value->raw.size());
}

Result<std::int64_t> Metadata::required_int(std::string_view key) const {
    auto value = optional_int(key);
    if (!value) return tl::unexpected(value.error());
    if (!*value) return tl::unexpected(missing(key));
    return **value;
}

Result<double> Metadata::required_float(std::string_view key) const {
    auto value = optional_float(key);
    if (!value) return tl::unexpected(value.error());
    if (!*value) return tl::unexpected(missing(key));
    return **value;
}

Result<std::string_view> Metadata::required_string(std::string_view key) const {
    auto value = optional_string(key);
    if (!value) return tl::unexpected(value.error());
    if (!*value) return tl::unexpected(missing(key));
    return **value;
}

Result<std::span<const std::string_view>> Metadata::optional_strings(std::string_view key) const {
    const Value* value = find(key);
    if (value == nullptr) return std::span<const std::string_view>{};
    if (value->type != ValueType::array || (value->element != ValueType::string && value->count > 0)) {
        return tl::unexpected(wrong_kind(key, *value, "an array of strings"));
    }
    return std::span<const std::string_view>(value->strings);
}

Result<std::vector<std::int64_t>> Metadata::optional_ints(std::string_view key) const {
    std::vector<std::int64_t> numbers;
    const Value* value = find(key);
    if (value == nullptr) return numbers;
    const std::size_t size = type_size(value->element);
    if (value->type != ValueType::array || size == 0) {
        return tl::unexpected(wrong_kind(key, *value, "an array of integers"));
    }
    numbers.reserve(value->count);
    for (std::size_t i = 0; i < value->count; ++i) {
        const auto number = to_int(value->element, value->raw.data() + i * size);
        if (!number) return tl::unexpected(wrong_kind(key, *value, "an array of integers"));
        numbers.push_back(*number);
    }
    return numbers;
}

Result<std::vector<float>> Metadata::optional_floats(std::string_view key) const {
    std::vector<float> numbers;
    const Value* value = find(key);
    if (value == nullptr) return numbers;
    const std::size_t size = type_size(value->element);
    if (value->type != ValueType::array || size == 0) {
        return tl::unexpected(wrong_kind(key, *value, "an array of numbers"));
    }
    numbers.reserve(value->count);
    for (std::size_t i = 0; i < value->count; ++i) {
        const auto number = to_float(value->element, value->raw.data() + i * size);
        if (!number) return tl::unexpected(wrong_kind(key, *value, "an array of numbers"));
        numbers.push_back(static_cast<float>(*number));
    }
    return numbers;
}

}  // namespace kinglet::gguf
