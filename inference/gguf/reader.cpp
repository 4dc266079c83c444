#include "inference/gguf/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "inference/tensor/dtype.h"

namespace kinglet::gguf {
namespace {

constexpr int max_array_depth = 4;
constexpr std::uint64_t max_name_bytes = 1024;
constexpr std::uint64_t max_alignment = 1 << 20;
// The fewest bytes that a pair (key length, one byte of key, type, one byte of value) and a tensor (name
// length, one byte of name, number of dimensions, one dimension, type, offset) take: bounds for counts before
// anything is reserved.
constexpr std::uint64_t min_pair_bytes = 8 + 1 + 4 + 1;
constexpr std::uint64_t min_tensor_bytes = 8 + 1 + 4 + 8 + 4 + 8;

constexpr std::string_view hint_download = "The download may be incomplete; download the file again.";
constexpr std::string_view hint_choose = "Choose another file, or download it again.";

/// A name from the file made fit to stand in a message: short, and nothing unprintable in it.
std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 64)) out += (c >= 0x20 && c < 0x7f) ? c : '?';
    if (text.size() > 64) out += "...";
    return out;
}

bool multiply(std::uint64_t a, std::uint64_t b, std::uint64_t& product) {
    if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) return false;
    product = a * b;
    return true;
}

}  // namespace

/// Walks the bytes once. The first failure is kept in error_ and ends everything.
class Parser {
  public:
    Parser(std::span<const std::byte> bytes, std::string name) : bytes_(bytes) {
        file_.parts_ = {{bytes, 0}};
        file_.metadata_ = Metadata(std::move(name));
    }

    Result<File> run() {
        if (header() && pairs() && alignment() && tensor_infos() && extents()) return std::move(file_);
        return tl::unexpected(std::move(error_));
    }

  private:
    bool stop(ErrorCode code, std::string what, std::string_view hint) {
        error_ = {code, fmt::format("{} {}", file_.name(), what), std::string(hint), {}, position_};
        return false;
    }

    bool truncated(std::string_view while_reading) {
        return stop(ErrorCode::truncated, fmt::format("is cut off: it ends within {}", while_reading),
                    hint_download);
    }

    std::uint64_t left() const { return bytes_.size() - position_; }

    template <class T>
    bool read(T& value, std::string_view what) {
        if (left() < sizeof(T)) return truncated(what);
        std::memcpy(&value, bytes_.data() + position_, sizeof(T));
        position_ += sizeof(T);
        return true;
    }

    bool take(std::uint64_t count, std::span<const std::byte>& out, std::string_view what) {
        if (left() < count) return truncated(what);
        out = bytes_.subspan(position_, count);
        position_ += count;
        return true;
    }

    bool string(std::string_view& out, std::string_view what) {
        std::uint64_t length = 0;
        std::span<const std::byte> raw;
        if (!read(length, what) || !take(length, raw, what)) return false;
        out = {reinterpret_cast<const char*>(raw.data()), raw.size()};
        return true;
    }

    bool name(std::string_view& out, std::string_view what) {
        if (!string(out, what)) return false;
        if (!out.empty() && out.size() <= max_name_bytes) return true;
        return stop(ErrorCode::bad_format, fmt::format("is damaged: {} is {} bytes long", what, out.size()),
                    hint_choose);
    }

    bool header() {
        if (bytes_.size() < 4 || std::memcmp(bytes_.data(), "GGUF", 4) != 0) {
            return stop(ErrorCode::bad_format, "is not a GGUF model file",
                        "Choose a file that ends in .gguf.");
        }
        position_ = 4;
        std::uint32_t version = 0;
        if (!read(version, "its header")) return false;
        if (version == 0x02000000 || version == 0x03000000) {
            return stop(ErrorCode::unsupported, "is a GGUF file for big-endian machines",
                        "Download the little-endian file, which is the usual one.");
        }
        if (version != 2 && version != 3) {
            return stop(ErrorCode::unsupported,
                        fmt::format("has GGUF version {}; versions 2 and 3 can be read", version),
                        "Choose a file that was converted with a current program.");
        }
        file_.version_ = static_cast<int>(version);
        if (!read(tensor_count_, "its header") || !read(pair_count_, "its header")) return false;
        if (pair_count_ > left() / min_pair_bytes) {
            return stop(ErrorCode::bad_format,
                        fmt::format("is damaged: it claims {} metadata values, more than its size allows",
                                    pair_count_),
                        hint_download);
        }
        if (tensor_count_ > left() / min_tensor_bytes) {
            return stop(
                ErrorCode::bad_format,
                fmt::format("is damaged: it claims {} tensors, more than its size allows", tensor_count_),
                hint_download);
        }
        return true;
    }

    bool pairs() {
        for (std::uint64_t i = 0; i < pair_count_; ++i) {
            std::string_view key;
            std::uint32_t type = 0;
            Value value;
            if (!name(key, "a metadata key") || !read(type, "a metadata type")) return false;
            value.type = static_cast<ValueType>(type);
            if (!value_of(key, value)) return false;
            if (!file_.metadata_.add(key, std::move(value))) {
                return stop(ErrorCode::bad_format, fmt::format("is damaged: {} is in it twice", shown(key)),
                            hint_choose);
            }
        }
        return true;
    }

    bool value_of(std::string_view key, Value& value) {
        const std::string what = fmt::format("the value of {}", shown(key));
        if (value.type == ValueType::string) {
            std::string_view text;
            if (!string(text, what)) return false;
            value.raw = std::as_bytes(std::span(text.data(), text.size()));
            return true;
        }
        if (value.type == ValueType::array) return array(what, value, 1);
        const std::size_t size = type_size(value.type);
        if (size == 0) return unknown_type(what, value.type);
        return take(size, value.raw, what);
    }

    bool unknown_type(const std::string& what, ValueType type) {
        return stop(
            ErrorCode::bad_format,
            fmt::format("is damaged: {} has the unknown type {}", what, static_cast<std::uint32_t>(type)),
            hint_choose);
    }

    bool array(const std::string& what, Value& value, int depth) {
        std::uint32_t element = 0;
        if (!read(element, what) || !read(value.count, what)) return false;
        value.element = static_cast<ValueType>(element);
        if (const std::size_t size = type_size(value.element); size > 0) {
            if (value.count > left() / size) return too_many(what, value.count);
            return take(value.count * size, value.raw, what);
        }
        if (value.element == ValueType::string) {
            if (value.count > left() / 8) return too_many(what, value.count);
            value.strings.reserve(value.count);
            for (std::uint64_t i = 0; i < value.count; ++i) {
                if (!string(value.strings.emplace_back(), what)) return false;
            }
            return true;
        }
        if (value.element != ValueType::array) return unknown_type(what, value.element);
        if (depth == max_array_depth) {
            return stop(ErrorCode::unsupported,
                        fmt::format("cannot be read: {} nests arrays too deeply", what), hint_choose);
        }
        if (value.count > left() / 12) return too_many(what, value.count);
        const std::uint64_t begin = position_;
        for (std::uint64_t i = 0; i < value.count; ++i) {
            Value inner;
            if (!array(what, inner, depth + 1)) return false;
        }
        value.raw = bytes_.subspan(begin, position_ - begin);
        return true;
    }

    bool too_many(const std::string& what, std::uint64_t count) {
        return stop(ErrorCode::truncated,
                    fmt::format("is cut off or damaged: {} claims {} elements, more than the file holds",
                                what, count),
                    hint_download);
    }

    bool alignment() {
        const Value* value = file_.metadata_.find("general.alignment");
        if (value == nullptr) return true;
        const auto number = file_.metadata_.required_int("general.alignment");
        if (!number) {
            error_ = number.error();
            return false;
        }
        const auto bytes = static_cast<std::uint64_t>(*number);
        if (*number < 8 || bytes > max_alignment || (bytes & (bytes - 1)) != 0) {
            return stop(ErrorCode::bad_format,
                        fmt::format("is damaged: general.alignment is {}, not a power of two from 8 to {}",
                                    *number, max_alignment),
                        hint_choose);
        }
        file_.alignment_ = bytes;
        return true;
    }

    bool tensor_infos() {
        file_.tensors_.reserve(tensor_count_);
        file_.tensor_index_.reserve(tensor_count_);
        for (std::uint64_t i = 0; i < tensor_count_; ++i) {
            TensorInfo info;
            if (!tensor_info(info)) return false;
            if (!file_.tensor_index_.emplace(info.name, file_.tensors_.size()).second) {
                return stop(ErrorCode::bad_format,
                            fmt::format("is damaged: the tensor {} is in it twice", shown(info.name)),
                            hint_choose);
            }
            file_.tensors_.push_back(info);
        }
        const std::uint64_t align = file_.alignment_;
        data_offset_ = (position_ + align - 1) / align * align;
        file_.parts_.front().data_offset = data_offset_;
        return true;
    }

    bool tensor_info(TensorInfo& info) {
        std::uint32_t dimensions = 0;
        if (!name(info.name, "a tensor name")) return false;
        const std::string what = fmt::format("the tensor {}", shown(info.name));
        if (!read(dimensions, what)) return false;
        if (dimensions < 1 || dimensions > max_dimensions) {
            return stop(ErrorCode::bad_format,
                        fmt::format("is damaged: {} has {} dimensions; 1 to {} are possible", what,
                                    dimensions, max_dimensions),
                        hint_choose);
        }
        info.dimension_count = static_cast<int>(dimensions);
        for (std::uint32_t i = 0; i < dimensions; ++i) {
            if (!read(info.dimensions[i], what)) return false;
        }
        if (!read(info.type, what) || !read(info.offset, what)) return false;
        return size_of(info, what);
    }

    bool size_of(TensorInfo& info, const std::string& what) {
        const DTypeInfo* type = find_dtype(info.type);
        if (type == nullptr) {
            return stop(ErrorCode::unsupported,
                        fmt::format("cannot be used: {} has the element type {}, which Kinglet does not know",
                                    what, info.type),
                        "Choose a common quantization such as Q4_K_M or Q8_0.");
        }
        const auto block = static_cast<std::uint64_t>(type->block_length);
        std::uint64_t elements = 1;
        for (const std::uint64_t n : info.dimensions) {
            if (n == 0) {
                return stop(ErrorCode::bad_format, fmt::format("is damaged: {} has no elements", what),
                            hint_choose);
            }
            if (!multiply(elements, n, elements)) return too_large(what);
        }
        if (info.dimensions[0] % block != 0) {
            return stop(
                ErrorCode::bad_format,
                fmt::format("is damaged: {} has rows of {} elements, not a multiple of {} as {} needs", what,
                            info.dimensions[0], block, type->name),
                hint_choose);
        }
        if (!multiply(elements / block, static_cast<std::uint64_t>(type->block_bytes), info.bytes)) {
            return too_large(what);
        }
        if (info.offset % file_.alignment_ != 0) {
            return stop(ErrorCode::bad_format,
                        fmt::format("is damaged: {} begins at {}, which is not a multiple of {}", what,
                                    info.offset, file_.alignment_),
                        hint_choose);
        }
        return true;
    }

    bool too_large(const std::string& what) {
        return stop(ErrorCode::too_large,
                    fmt::format("is damaged: the size of {} is beyond all bounds", what), hint_choose);
    }

    /// Every tensor lies inside the file, and no two share a byte.
    bool extents() {
        if (file_.tensors_.empty()) return true;
        const std::uint64_t size = bytes_.size() > data_offset_ ? bytes_.size() - data_offset_ : 0;
        for (const TensorInfo& info : file_.tensors_) {
            if (info.offset > size || info.bytes > size - info.offset) {
                position_ = bytes_.size();
                return stop(
                    ErrorCode::truncated,
                    fmt::format("is cut off: the tensor {} should end at byte {}, but the file has {} bytes",
                                shown(info.name), end_of(info), bytes_.size()),
                    hint_download);
            }
        }
        std::vector<const TensorInfo*> order;
        order.reserve(file_.tensors_.size());
        for (const TensorInfo& info : file_.tensors_) order.push_back(&info);
        std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->offset < b->offset; });
        for (std::size_t i = 1; i < order.size(); ++i) {
            if (order[i - 1]->offset + order[i - 1]->bytes > order[i]->offset) {
                position_ = data_offset_ + order[i]->offset;
                return stop(ErrorCode::bad_format,
                            fmt::format("is damaged: the tensors {} and {} overlap",
                                        shown(order[i - 1]->name), shown(order[i]->name)),
                            hint_choose);
            }
        }
        return true;
    }

    /// Where a tensor ends in the file; the largest number where that is beyond all numbers.
    std::uint64_t end_of(const TensorInfo& info) const {
        constexpr auto most = std::numeric_limits<std::uint64_t>::max();
        const std::uint64_t begin = info.offset > most - data_offset_ ? most : info.offset + data_offset_;
        return info.bytes > most - begin ? most : begin + info.bytes;
    }

    std::span<const std::byte> bytes_;
    std::uint64_t position_ = 0;
    std::uint64_t tensor_count_ = 0;
    std::uint64_t pair_count_ = 0;
    std::uint64_t data_offset_ = 0;
    File file_;
    Error error_;
};

Result<File> File::parse(std::span<const std::byte> bytes, std::string name) {
    return Parser(bytes, std::move(name)).run();
}

Result<File> File::join(std::vector<File> files) {
    std::vector<std::string> names;
    for (const File& file : files) names.push_back(file.name());
    File whole = std::move(files.front());
    for (std::size_t i = 1; i < files.size(); ++i) {
        for (TensorInfo& info : files[i].tensors_) {
            info.part = static_cast<std::uint32_t>(i);
            const auto [known, added] = whole.tensor_index_.emplace(info.name, whole.tensors_.size());
            if (!added) {
                const std::uint32_t other = whole.tensors_[known->second].part;
                return fail(ErrorCode::bad_format,
                            fmt::format("{} is damaged: it holds the tensor {}, which {} holds too", names[i],
                                        shown(info.name), names[other]),
                            std::string(hint_choose));
            }
            whole.tensors_.push_back(info);
        }
        whole.parts_.push_back(files[i].parts_.front());
    }
    return whole;
}

const TensorInfo* File::find_tensor(std::string_view name) const {
    const auto it = tensor_index_.find(name);
    return it == tensor_index_.end() ? nullptr : &tensors_[it->second];
}

std::span<const std::byte> File::data(const TensorInfo& tensor) const {
    return parts_[tensor.part].bytes.subspan(position(tensor), tensor.bytes);
}

}  // namespace kinglet::gguf
