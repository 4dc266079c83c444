// The JSON files of a checkpoint: read whole, bounded, and looked into without exceptions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "inference/base/result.h"

namespace kinglet::convert {

using Json = nlohmann::json;

/// Parses bytes that must be one JSON object. `name` is how errors call them. Errors: bad_format.
Result<Json> parse_json(std::string_view text, const std::string& name);

/// Reads a file that holds one JSON object. Errors: those of opening a file, too_large, bad_format.
Result<Json> read_json(const std::filesystem::path& path);

/// The same, with a null where there is no such file.
Result<Json> read_optional_json(const std::filesystem::path& path);

/// All text of a file, at most 16 MiB. Errors: those of opening a file, too_large.
Result<std::string> read_text_file(const std::filesystem::path& path);

// What follows never throws: a value of another kind counts as missing.

/// The member of an object; null where there is none, or `json` is no object.
const Json* member(const Json& json, std::string_view name);
std::optional<std::int64_t> integer_of(const Json* json);
std::optional<double> number_of(const Json* json);
std::optional<bool> flag_of(const Json* json);
/// The text of a string, or nothing.
const std::string* text_of(const Json* json);

/// A name made fit to stand in a message: short, and nothing unprintable in it.
std::string shown(std::string_view name);

}  // namespace kinglet::convert
