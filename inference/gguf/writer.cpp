#include "inference/gguf/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace kinglet::gguf {
namespace {

constexpr std::uint64_t alignment = 32;

template <class T>
void put(std::vector<std::byte>& out, T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof(T));
}

void put_string(std::vector<std::byte>& out, std::string_view text) {
    put(out, static_cast<std::uint64_t>(text.size()));
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    out.insert(out.end(), bytes, bytes + text.size());
}

std::uint64_t padded(std::uint64_t n) {
    return (n + alignment - 1) / alignment * alignment;
}

template <class T>
std::vector<std::byte> array_bytes(ValueType element, std::span<const T> values) {
    std::vector<std::byte> raw;
    put(raw, static_cast<std::uint32_t>(element));
    put(raw, static_cast<std::uint64_t>(values.size()));
    for (const T value : values) put(raw, value);
    return raw;
}

}  // namespace

void Writer::add_raw(std::string_view key, ValueType type, std::span<const std::byte> value) {
    put_string(pairs_, key);
    put(pairs_, static_cast<std::uint32_t>(type));
    pairs_.insert(pairs_.end(), value.begin(), value.end());
    ++pair_count_;
}

template <class T>
void Writer::add_scalar(std::string_view key, ValueType type, T value) {
    add_raw(key, type, std::as_bytes(std::span(&value, 1)));
}

void Writer::add_u32(std::string_view key, std::uint32_t value) {
    add_scalar(key, ValueType::u32, value);
}
void Writer::add_u64(std::string_view key, std::uint64_t value) {
    add_scalar(key, ValueType::u64, value);
}
void Writer::add_i32(std::string_view key, std::int32_t value) {
    add_scalar(key, ValueType::i32, value);
}
void Writer::add_f32(std::string_view key, float value) {
    add_scalar(key, ValueType::f32, value);
}
void Writer::add_bool(std::string_view key, bool value) {
    add_scalar(key, ValueType::boolean, static_cast<std::uint8_t>(value ? 1 : 0));
}

void Writer::add_string(std::string_view key, std::string_view value) {
    std::vector<std::byte> raw;
    put_string(raw, value);
    add_raw(key, ValueType::string, raw);
}

void Writer::add_strings(std::string_view key, std::span<const std::string> values) {
    std::vector<std::byte> raw;
    put(raw, static_cast<std::uint32_t>(ValueType::string));
    put(raw, static_cast<std::uint64_t>(values.size()));
    for (const std::string& value : values) put_string(raw, value);
    add_raw(key, ValueType::array, raw);
}

void Writer::add_i32s(std::string_view key, std::span<const std::int32_t> values) {
    add_raw(key, ValueType::array, array_bytes(ValueType::i32, values));
}

void Writer::add_f32s(std::string_view key, std::span<const float> values) {
    add_raw(key, ValueType::array, array_bytes(ValueType::f32, values));
}

void Writer::add_bools(std::string_view key, std::span<const bool> values) {
    add_raw(key, ValueType::array, array_bytes(ValueType::boolean, values));
}

void Writer::add(std::string_view key, const Value& value) {
    if (value.type == ValueType::string) {
        add_string(key, {reinterpret_cast<const char*>(value.raw.data()), value.raw.size()});
        return;
    }
    if (value.type != ValueType::array) {
        add_raw(key, value.type, value.raw);
        return;
    }
    std::vector<std::byte> raw;
    put(raw, static_cast<std::uint32_t>(value.element));
    put(raw, value.count);
    if (value.element == ValueType::string) {
        for (const std::string_view text : value.strings) put_string(raw, text);
    } else {
        raw.insert(raw.end(), value.raw.begin(), value.raw.end());
    }
    add_raw(key, ValueType::array, raw);
}

void Writer::add_tensor(std::string_view name, std::uint32_t type, std::span<const std::uint64_t> dimensions,
                        std::uint64_t bytes) {
    tensors_.push_back({std::string(name), type, {dimensions.begin(), dimensions.end()}, bytes});
}

std::vector<std::byte> Writer::header() const {
    std::vector<std::byte> out;
    // Without it gcc 12 at -O3 warns of reading where nothing is.
    out.reserve(pairs_.size() + 64 * (tensors_.size() + 1));
    for (const char c : {'G', 'G', 'U', 'F'}) out.push_back(static_cast<std::byte>(c));
    put(out, std::uint32_t{3});
    put(out, static_cast<std::uint64_t>(tensors_.size()));
    put(out, pair_count_);
    out.insert(out.end(), pairs_.begin(), pairs_.end());
    std::uint64_t offset = 0;
    for (const Tensor& tensor : tensors_) {
        put_string(out, tensor.name);
        put(out, static_cast<std::uint32_t>(tensor.dimensions.size()));
        for (const std::uint64_t n : tensor.dimensions) put(out, n);
        put(out, tensor.type);
        put(out, offset);
        offset += padded(tensor.bytes);
    }
    out.resize(padded(out.size()));
    return out;
}

Status Writer::begin(const std::filesystem::path& destination) {
    auto file = AtomicFile::create(destination);
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    current_ = 0;
    written_ = 0;
    if (auto status = file_.write(header()); !status) return status;
    return next_tensor();
}

Status Writer::next_tensor() {
    while (current_ < tensors_.size() && written_ == tensors_[current_].bytes) {
        const std::array<std::byte, alignment> zeros{};
        const auto gap = static_cast<std::size_t>(padded(written_) - written_);
        if (auto status = file_.write(std::span(zeros).first(gap)); !status) return status;
        ++current_;
        written_ = 0;
    }
    return {};
}

Status Writer::write(std::span<const std::byte> bytes) {
    if (!file_.is_open()) return fail(ErrorCode::invalid_argument, "The GGUF writer has no file to write to");
    while (!bytes.empty()) {
        if (current_ == tensors_.size()) {
            return fail(ErrorCode::invalid_argument, "More bytes were written than tensors were announced");
        }
        const auto room = tensors_[current_].bytes - written_;
        const auto part = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size())));
        if (auto status = file_.write(part); !status) return status;
        written_ += part.size();
        bytes = bytes.subspan(part.size());
        if (auto status = next_tensor(); !status) return status;
    }
    return {};
}

Status Writer::finish() {
    if (!file_.is_open()) return fail(ErrorCode::invalid_argument, "The GGUF writer has no file to finish");
    if (current_ != tensors_.size()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("The tensor {} was announced but not written", tensors_[current_].name));
    }
    return file_.commit();
}

}  // namespace kinglet::gguf
