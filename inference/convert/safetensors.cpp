#include "inference/convert/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <set>

#include "inference/convert/json_file.h"

namespace kinglet::convert {
namespace {

constexpr std::uint64_t max_header_bytes = 32u << 20;
constexpr std::size_t max_dimensions = 8;
constexpr std::size_t max_name_bytes = 1024;

constexpr std::string_view hint_download = "The download may be incomplete; download the file again.";

struct ElementRow {
    std::string_view name;
    Element element;
    std::size_t bytes;
};

// Those with Element::other may stand in a file (masks, position ids), but weights of them are not read.
constexpr std::array<ElementRow, 15> elements = {{
    {"F32", Element::f32, 4},
    {"F16", Element::f16, 2},
    {"BF16", Element::bf16, 2},
    {"F64", Element::f64, 8},
    {"I64", Element::other, 8},
    {"I32", Element::other, 4},
    {"I16", Element::other, 2},
    {"I8", Element::other, 1},
    {"U64", Element::other, 8},
    {"U32", Element::other, 4},
    {"U16", Element::other, 2},
    {"U8", Element::other, 1},
    {"BOOL", Element::other, 1},
    {"F8_E4M3", Element::other, 1},
    {"F8_E5M2", Element::other, 1},
}};

tl::unexpected<Error> stop(ErrorCode code, const std::string& name, const std::string& what) {
    return tl::unexpected(
        Error{code, fmt::format("{}: {}", name, what), std::string(hint_download), name, {}});
}

std::optional<std::uint64_t> unsigned_of(const Json& json) {
    const auto value = integer_of(&json);
    if (!value || *value < 0) return {};
    return static_cast<std::uint64_t>(*value);
}

/// The header as JSON; a name given twice, which a JSON object would hide, is found while parsing.
Result<Json> parse_header(std::string_view text, const std::string& name) {
    std::set<std::string> seen;
    std::string twice;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::key && depth == 1) {
            const std::string* key = text_of(&parsed);
            if (key != nullptr && !seen.insert(*key).second) twice = *key;
        }
        // Tensors are objects with lists of numbers; what nests deeper is dropped.
        return depth <= 4;
    };
    Json json = Json::parse(text, watch, false);
    if (!json.is_object()) return stop(ErrorCode::bad_format, name, "the header is not a JSON object");
    if (!twice.empty()) {
        return stop(ErrorCode::bad_format, name, fmt::format("the tensor {} is given twice", shown(twice)));
    }
    return json;
}

/// One entry of the header; `data` is what follows the header.
Result<SourceTensor> parse_tensor(const std::string& key, const Json& entry, std::span<const std::byte> data,
                                  const std::string& file) {
    const auto wrong = [&](std::string_view what) {
        return stop(ErrorCode::bad_format, file, fmt::format("the tensor {} {}", shown(key), what));
    };
    if (key.empty() || key.size() > max_name_bytes) return wrong("has a name of no sensible length");
    SourceTensor tensor;
    tensor.name = key;
    const std::string* type = text_of(member(entry, "dtype"));
    const Json* shape = member(entry, "shape");
    const Json* offsets = member(entry, "data_offsets");
    if (type == nullptr || shape == nullptr || !shape->is_array() || offsets == nullptr ||
        !offsets->is_array() || offsets->size() != 2) {
        return wrong("lacks its type, its shape or its place");
    }
    const auto row =
        std::find_if(elements.begin(), elements.end(), [&](const ElementRow& r) { return r.name == *type; });
    if (row == elements.end()) return wrong(fmt::format("has the unknown type {}", shown(*type)));
    tensor.element = row->element;
    tensor.element_name = *type;
    if (shape->size() > max_dimensions) return wrong("has too many dimensions");
    std::uint64_t bytes = row->bytes;
    for (const Json& dimension : *shape) {
        const auto size = unsigned_of(dimension);
        if (!size) return wrong("has a dimension that is no number");
        if (*size != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / *size)
            return wrong("is larger than any file");
        bytes *= *size;
        tensor.shape.push_back(*size);
    }
    const auto begin = unsigned_of((*offsets)[0]);
    const auto end = unsigned_of((*offsets)[1]);
    if (!begin || !end || *begin > *end || *end > data.size()) return wrong("lies outside the file");
    if (*end - *begin != bytes) return wrong("has a place that does not fit its shape and type");
    tensor.data = data.subspan(static_cast<std::size_t>(*begin), static_cast<std::size_t>(bytes));
    return tensor;
}

Status check_overlap(const std::vector<SourceTensor>& tensors, const std::string& name) {
    std::vector<const SourceTensor*> order;
    for (const SourceTensor& tensor : tensors) {
        if (!tensor.data.empty()) order.push_back(&tensor);
    }
    std::sort(order.begin(), order.end(),
              [](const auto* a, const auto* b) { return a->data.data() < b->data.data(); });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const SourceTensor& before = *order[i - 1];
        if (before.data.data() + before.data.size() <= order[i]->data.data()) continue;
        return stop(ErrorCode::bad_format, name,
                    fmt::format("the tensors {} and {} lie over one another", shown(before.name),
                                shown(order[i]->name)));
    }
    return {};
}

}  // namespace

std::size_t element_bytes(Element element) {
    for (const ElementRow& row : elements) {
        if (row.element == element && element != Element::other) return row.bytes;
    }
    return 0;
}

std::uint64_t SourceTensor::count() const {
    std::uint64_t n = 1;
    for (const std::uint64_t size : shape) n *= size;
    return n;
}

Result<std::vector<SourceTensor>> parse_safetensors(std::span<const std::byte> bytes,
                                                    const std::string& name) {
    std::uint64_t length = 0;
    if (bytes.size() < sizeof(length)) {
        return stop(ErrorCode::truncated, name, "the file is too short for a safetensors file");
    }
    std::memcpy(&length, bytes.data(), sizeof(length));
    const auto rest = bytes.subspan(sizeof(length));
    if (length > max_header_bytes) {
        return stop(ErrorCode::too_large, name, fmt::format("the header claims {} bytes", length));
    }
    if (length > rest.size()) {
        return stop(ErrorCode::truncated, name, "the file ends inside its header");
    }
    const std::string_view text(reinterpret_cast<const char*>(rest.data()), static_cast<std::size_t>(length));
    const auto header = parse_header(text, name);
    if (!header) return tl::unexpected(header.error());
    const auto data = rest.subspan(static_cast<std::size_t>(length));
    std::vector<SourceTensor> tensors;
    for (const auto& [key, entry] : header->items()) {
        if (key == "__metadata__") continue;
        auto tensor = parse_tensor(key, entry, data, name);
        if (!tensor) return tl::unexpected(tensor.error());
        tensors.push_back(std::move(*tensor));
    }
    if (auto status = check_overlap(tensors, name); !status) return tl::unexpected(status.error());
    return tensors;
}

}  // namespace kinglet::convert
