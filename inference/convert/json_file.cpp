#include "inference/convert/json_file.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "inference/gguf/mapped_file.h"

namespace kinglet::convert {
namespace {

// The largest vocabularies of today take 35 MB as JSON.
constexpr std::size_t max_json_bytes = 256u << 20;
constexpr std::size_t max_text_bytes = 16u << 20;

Error too_large(const std::filesystem::path& path, std::size_t limit) {
    return {ErrorCode::too_large,
            fmt::format("{} is larger than {} MiB", path.string(), limit >> 20),
            "A checkpoint's own file is far smaller; download it again.",
            path.string(),
            {}};
}

std::string_view text_in(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<Json> parse_json(std::string_view text, const std::string& name) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_object()) return json;
    return tl::unexpected(Error{ErrorCode::bad_format,
                                fmt::format("{} is not a JSON object", name),
                                "The file is damaged; download it again.",
                                name,
                                {}});
}

Result<Json> read_json(const std::filesystem::path& path) {
    const auto file = gguf::MappedFile::open(path);
    if (!file) return tl::unexpected(file.error());
    if (file->bytes().size() > max_json_bytes) return tl::unexpected(too_large(path, max_json_bytes));
    return parse_json(text_in(file->bytes()), path.string());
}

Result<Json> read_optional_json(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return Json();
    return read_json(path);
}

Result<std::string> read_text_file(const std::filesystem::path& path) {
    const auto file = gguf::MappedFile::open(path);
    if (!file) return tl::unexpected(file.error());
    if (file->bytes().size() > max_text_bytes) return tl::unexpected(too_large(path, max_text_bytes));
    return std::string(text_in(file->bytes()));
}

const Json* member(const Json& json, std::string_view name) {
    if (!json.is_object()) return nullptr;
    const auto found = json.find(name);
    return found == json.end() ? nullptr : &*found;
}

std::optional<std::int64_t> integer_of(const Json* json) {
    if (json == nullptr || !json->is_number()) return {};
    if (json->is_number_unsigned()) {
        const auto value = json->get<std::uint64_t>();
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return {};
        return static_cast<std::int64_t>(value);
    }
    if (json->is_number_integer()) return json->get<std::int64_t>();
    // Some writers put 4096.0 for 4096.
    const double value = json->get<double>();
    if (std::abs(value) > 1e15 || value != std::floor(value)) return {};
    return static_cast<std::int64_t>(value);
}

std::optional<double> number_of(const Json* json) {
    if (json == nullptr || !json->is_number()) return {};
    return json->get<double>();
}

std::optional<bool> flag_of(const Json* json) {
    if (json == nullptr || !json->is_boolean()) return {};
    return json->get<bool>();
}

const std::string* text_of(const Json* json) {
    return json == nullptr ? nullptr : json->get_ptr<const std::string*>();
}

std::string shown(std::string_view name) {
    std::string out;
    for (const char c : name.substr(0, 120)) out += (c >= 0x20 && c < 0x7f) ? c : '?';
    if (name.size() > 120) out += "...";
    return out;
}

}  // namespace kinglet::convert
