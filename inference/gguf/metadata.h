// The key/value part of a GGUF file, typed and with errors that a person can read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inference/base/result.h"

namespace kinglet::gguf {

/// The types a metadata value may have; the numbers are those in the file.
enum class ValueType : std::uint32_t {
    u8 = 0,
    i8 = 1,
    u16 = 2,
    i16 = 3,
    u32 = 4,
    i32 = 5,
    f32 = 6,
    boolean = 7,
    string = 8,
    array = 9,
    u64 = 10,
    i64 = 11,
    f64 = 12,
};

/// "u32", "string" ...; "unknown" for a number that is no type.
std::string_view type_name(ValueType type);

/// Bytes of a value of a fixed-size type; 0 for strings, arrays and unknown types.
std::size_t type_size(ValueType type);

/// One metadata value. It is a view of the file's bytes and lives as long as they do.
struct Value {
    ValueType type = ValueType::u32;
    /// Of an array: the type of its elements and how many they are.
    ValueType element = ValueType::u32;
    std::uint64_t count = 0;
    /// The bytes of a scalar, of a string (without its length) or of an array of fixed-size elements
    /// (unaligned); of an array of arrays, the extent of the whole.
    std::span<const std::byte> raw;
    /// The elements of an array of strings.
    std::vector<std::string_view> strings;
};

/// All key/value pairs of one file, in the order of the file.
class Metadata {
  public:
    /// `file` is named in errors.
    explicit Metadata(std::string file = {}) : file_(std::move(file)) {}

    const std::string& file() const { return file_; }
    std::size_t size() const { return keys_.size(); }
    std::string_view key(std::size_t i) const { return keys_[i]; }
    const Value& value(std::size_t i) const { return values_[i]; }

    /// The value of a key, or nullptr.
    const Value* find(std::string_view key) const;
    bool has(std::string_view key) const { return find(key) != nullptr; }

    /// Adds a pair; false where the key is there already. The bytes of `key` must outlive this.
    bool add(std::string_view key, Value value);

    // What follows gives an error of code bad_format naming file and key where the key is missing
    // (required_*) or its value is of another kind; optional_* gives an empty optional for a missing key.
    // Integers of every width and sign are taken where the value fits; a float is taken from f32 and f64 and
    // from integers.
    Result<std::int64_t> required_int(std::string_view key) const;
    Result<double> required_float(std::string_view key) const;
    Result<std::string_view> required_string(std::string_view key) const;
    Result<std::optional<std::int64_t>> optional_int(std::string_view key) const;
    Result<std::optional<double>> optional_float(std::string_view key) const;
    Result<std::optional<bool>> optional_bool(std::string_view key) const;
    Result<std::optional<std::string_view>> optional_string(std::string_view key) const;

    /// The strings of an array; an empty span where the key is missing. Valid as long as this object.
    Result<std::span<const std::string_view>> optional_strings(std::string_view key) const;
    /// The numbers of an array; empty where the key is missing.
    Result<std::vector<std::int64_t>> optional_ints(std::string_view key) const;
    Result<std::vector<float>> optional_floats(std::string_view key) const;

  private:
    Error missing(std::string_view key) const;
    Error wrong_kind(std::string_view key, const Value& value, std::string_view wanted) const;

    std::string file_;
    std::vector<std::string_view> keys_;
    std::vector<Value> values_;
    std::unordered_map<std::string_view, std::size_t> index_;
};

}  // namespace kinglet::gguf
