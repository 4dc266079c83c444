#include "inference/arch/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace kinglet::arch {
namespace {

// Bounds that no model of today comes near, so that sizes computed from them stay far from overflow.
constexpr int max_width = 1 << 17;
constexpr int max_layers = 1024;
constexpr int max_heads = 4096;
constexpr int max_head_size = 1024;
constexpr int max_context = 1 << 26;
constexpr int max_vocabulary = 1 << 23;

constexpr std::string_view hint_other =
    "The file is damaged or was converted for another program; choose another.";

float from_half(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t exponent = (bits >> 10) & 0x1fU;
    const std::uint32_t fraction = bits & 0x3ffU;
    if (exponent == 0) {
        const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
        return sign != 0 ? -magnitude : magnitude;
    }
    if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | (fraction << 13));
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

std::string shape_text(std::initializer_list<std::int64_t> shape) {
    std::string out;
    for (auto it = std::rbegin(shape); it != std::rend(shape); ++it) {
        out += fmt::format("{}{}", out.empty() ? "" : " x ", *it);
    }
    return out;
}

std::string shape_text(const gguf::TensorInfo& info) {
    std::string out;
    for (int i = 0; i < info.dimension_count; ++i)
        out += fmt::format("{}{}", i == 0 ? "" : " x ", info.dimensions[i]);
    return out;
}

}  // namespace

Builder::Builder(const gguf::File& file, std::string architecture, Adapters* adapters)
    : file_(file), adapters_(adapters), architecture_(std::move(architecture)) {
    model_.architecture = architecture_;
}

void Builder::fail(ErrorCode code, std::string message, std::string hint) {
    if (error_) return;
    error_ = Error{code, fmt::format("{}: {}", file_.name(), message), std::move(hint), {}, {}};
}

Result<Description> Builder::finish() {
    const bool computed = std::any_of(model_.layers.begin(), model_.layers.end(),
                                      [](const Layer& layer) { return layer.ffn.expert_count > 0; });
    if (!computed && integer("expert_count", 0, 1 << 16, 0) > 0) {
        // Without them it would answer, but nonsense.
        fail(ErrorCode::unsupported, fmt::format("{} models with experts are not supported", architecture_),
             "Choose a model of this family without experts.");
    }
    if (error_) return tl::unexpected(std::move(*error_));
    if (adapters_ != nullptr) {
        if (auto status = adapters_->check_all_taken(file_.name()); !status)
            return tl::unexpected(status.error());
    }
    return std::move(model_);
}

std::string Builder::key(std::string_view name) const {
    return fmt::format("{}.{}", architecture_, name);
}

std::string Builder::block(int layer, std::string_view name) {
    return fmt::format("blk.{}.{}", layer, name);
}

bool Builder::has(std::string_view name) const {
    return file_.metadata().has(key(name));
}

int Builder::checked(std::string_view name, std::int64_t value, int least, int most) {
    if (value >= least && value <= most) return static_cast<int>(value);
    fail(ErrorCode::bad_format, fmt::format("{} is {}, not between {} and {}", key(name), value, least, most),
         std::string(hint_other));
    return least;
}

double Builder::checked(std::string_view name, double value, double least, double most) {
    if (value >= least && value <= most) return value;
    fail(ErrorCode::bad_format, fmt::format("{} is {}, not between {} and {}", key(name), value, least, most),
         std::string(hint_other));
    return least;
}

int Builder::integer(std::string_view name, int least, int most) {
    const auto value = file_.metadata().required_int(key(name));
    if (value) return checked(name, *value, least, most);
    if (!error_) error_ = value.error();
    return least;
}

int Builder::integer(std::string_view name, int least, int most, int fallback) {
    return has(name) ? integer(name, least, most) : fallback;
}

double Builder::number(std::string_view name, double least, double most) {
    const auto value = file_.metadata().required_float(key(name));
    if (value) return checked(name, *value, least, most);
    if (!error_) error_ = value.error();
    return least;
}

double Builder::number(std::string_view name, double least, double most, double fallback) {
    return has(name) ? number(name, least, most) : fallback;
}

bool Builder::flag(std::string_view name, bool fallback) {
    const auto value = file_.metadata().optional_bool(key(name));
    if (value) return value->value_or(fallback);
    if (!error_) error_ = value.error();
    return fallback;
}

std::string Builder::text(std::string_view name, std::string_view fallback) {
    const auto value = file_.metadata().optional_string(key(name));
    if (value) return std::string(value->value_or(fallback));
    if (!error_) error_ = value.error();
    return std::string(fallback);
}

std::vector<int> Builder::per_layer(std::string_view name, int least, int most, std::optional<int> fallback) {
    const auto layers = static_cast<std::size_t>(hyper_.layers);
    const gguf::Value* value = file_.metadata().find(key(name));
    if (value == nullptr && fallback) return std::vector<int>(layers, *fallback);
    if (value == nullptr || value->type != gguf::ValueType::array) {
        return std::vector<int>(layers, integer(name, least, most));
    }
    std::vector<int> out;
    const auto numbers = file_.metadata().optional_ints(key(name));
    if (!numbers) {
        if (!error_) error_ = numbers.error();
        return std::vector<int>(layers, least);
    }
    if (numbers->size() < layers) {
        fail(ErrorCode::bad_format,
             fmt::format("{} has {} elements for {} layers", key(name), numbers->size(), layers),
             std::string(hint_other));
        return std::vector<int>(layers, least);
    }
    for (std::size_t i = 0; i < layers; ++i) out.push_back(checked(name, (*numbers)[i], least, most));
    return out;
}

std::vector<bool> Builder::layer_flags(std::string_view name) {
    if (!has(name)) return {};
    const std::vector<int> numbers = per_layer(name, 0, 1, std::nullopt);
    return {numbers.begin(), numbers.end()};
}

void Builder::read_common(NormKind norm) {
    norm_kind_ = norm;
    Hyper& h = hyper_;
    h.context_length = integer("context_length", 1, max_context);
    h.width = integer("embedding_length", 1, max_width);
    h.layers = integer("block_count", 1, max_layers);
    h.heads = per_layer("attention.head_count", 0, max_heads, std::nullopt);
    const int most_heads = *std::max_element(h.heads.begin(), h.heads.end());
    h.kv_heads = per_layer("attention.head_count_kv", 0, max_heads, most_heads);
    h.ff = per_layer("feed_forward_length", 0, max_width, 0);
    const int usual_size = most_heads > 0 ? std::clamp(h.width / most_heads, 1, max_head_size) : 1;
    h.key_size = integer("attention.key_length", 1, max_head_size, usual_size);
    h.value_size = integer("attention.value_length", 1, max_head_size, h.key_size);
    h.rope_dimensions = integer("rope.dimension_count", 0, max_head_size, h.key_size);
    h.epsilon = static_cast<float>(
        number(norm == NormKind::rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon",
               0.0, 1.0));

    Description& m = model_;
    m.context_length = h.context_length;
    m.width = h.width;
    m.head_count = most_heads;
    m.head_count_kv = *std::max_element(h.kv_heads.begin(), h.kv_heads.end());
    const gguf::TensorInfo* embedding = file_.find_tensor("token_embd.weight");
    if (embedding != nullptr && embedding->dimensions[1] <= max_vocabulary) {
        h.vocabulary = static_cast<int>(embedding->dimensions[1]);
    } else if (embedding != nullptr) {
        fail(ErrorCode::too_large, fmt::format("the vocabulary has {} entries", embedding->dimensions[1]),
             std::string(hint_other));
    }
    m.vocabulary_size = h.vocabulary;
    m.token_embedding = matrix("token_embd.weight", h.vocabulary, h.width);
    if (ok()) m.layers.resize(static_cast<std::size_t>(h.layers));
}

bool Builder::has_tensor(std::string_view name) const {
    return file_.find_tensor(name) != nullptr;
}

const gguf::TensorInfo* Builder::tensor(std::string_view name, std::initializer_list<std::int64_t> shape) {
    if (error_) return nullptr;
    const gguf::TensorInfo* info = file_.find_tensor(name);
    if (info == nullptr) {
        fail(ErrorCode::bad_format,
             fmt::format("the tensor {} is missing ({} expected)", name, shape_text(shape)),
             std::string(hint_other));
        return nullptr;
    }
    // `shape` is slowest first, the file's is fastest first; what a file leaves out is 1.
    bool same = true;
    std::size_t i = shape.size();
    for (const std::int64_t n : shape) same = same && info->dimensions[--i] == static_cast<std::uint64_t>(n);
    for (i = shape.size(); i < info->dimensions.size(); ++i) same = same && info->dimensions[i] == 1;
    if (same) return info;
    fail(ErrorCode::bad_format,
         fmt::format("the tensor {} should be {}, but is {}", name, shape_text(shape), shape_text(*info)),
         std::string(hint_other));
    return nullptr;
}

TensorView Builder::matrix(std::string_view name, std::int64_t rows, std::int64_t columns) {
    return matrix(name, 1, rows, columns);
}

TensorView Builder::matrix(std::string_view name, std::int64_t planes, std::int64_t rows,
                           std::int64_t columns) {
    const gguf::TensorInfo* info =
        planes == 1 ? tensor(name, {rows, columns}) : tensor(name, {planes, rows, columns});
    if (info == nullptr) return {};
    const DTypeInfo* type = find_dtype(info->type);
    if (!type->has_kernel) {
        fail(ErrorCode::unsupported,
             fmt::format("the tensor {} is {}, a quantization that Kinglet cannot compute with", name,
                         type->name),
             "Choose a common quantization such as Q4_K_M or Q8_0.");
        return {};
    }
    TensorView view;
    view.data = file_.data(*info).data();
    view.type = type->type;
    view.dims = info->dimensions;
    return view;
}

const float* Builder::vector(std::string_view name, std::int64_t length) {
    if (error_) return nullptr;
    const gguf::TensorInfo* info = file_.find_tensor(name);
    if (info == nullptr) {
        tensor(name, {length});
        return nullptr;
    }
    std::uint64_t count = 1;
    for (const std::uint64_t n : info->dimensions) count *= n;
    if (count != static_cast<std::uint64_t>(length)) {
        fail(ErrorCode::bad_format,
             fmt::format("the tensor {} should have {} elements, but is {}", name, length, shape_text(*info)),
             std::string(hint_other));
        return nullptr;
    }
    const DType type = find_dtype(info->type)->type;
    if (type != DType::f32 && type != DType::f16 && type != DType::bf16) {
        fail(ErrorCode::unsupported,
             fmt::format("the tensor {} is {}; F32, F16 or BF16 is expected", name, dtype_info(type).name),
             std::string(hint_other));
        return nullptr;
    }
    auto floats = std::make_unique<float[]>(count);
    const std::byte* data = file_.data(*info).data();
    if (type == DType::f32) {
        std::memcpy(floats.get(), data, count * sizeof(float));
    } else {
        for (std::uint64_t i = 0; i < count; ++i) {
            std::uint16_t bits = 0;
            std::memcpy(&bits, data + 2 * i, 2);
            floats[i] = type == DType::f16 ? from_half(bits)
                                           : std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
        }
    }
    return model_.owned.emplace_back(std::move(floats)).get();
}

const float* Builder::optional_vector(std::string_view name, std::int64_t length) {
    return has_tensor(name) ? vector(name, length) : nullptr;
}

std::vector<LowRank> Builder::additions(std::string_view tensor, std::int64_t outputs, std::int64_t inputs) {
    if (adapters_ == nullptr) return {};
    auto found = adapters_->take(tensor, outputs, inputs);
    if (found) return std::move(*found);
    if (!error_) error_ = found.error();
    return {};
}

Linear Builder::linear(std::string_view prefix, std::int64_t outputs, std::int64_t inputs) {
    Linear out;
    out.weight = matrix(fmt::format("{}.weight", prefix), outputs, inputs);
    out.bias = optional_vector(fmt::format("{}.bias", prefix), outputs);
    out.additions = additions(fmt::format("{}.weight", prefix), outputs, inputs);
    return out;
}

Linear Builder::optional_linear(std::string_view prefix, std::int64_t outputs, std::int64_t inputs) {
    return has_tensor(fmt::format("{}.weight", prefix)) ? linear(prefix, outputs, inputs) : Linear{};
}

Norm Builder::norm(std::string_view prefix, std::int64_t length) {
    Norm out;
    out.kind = norm_kind_;
    out.epsilon = hyper_.epsilon;
    out.gain = vector(fmt::format("{}.weight", prefix), length);
    if (norm_kind_ == NormKind::layer) out.bias = optional_vector(fmt::format("{}.bias", prefix), length);
    return out;
}

Norm Builder::optional_norm(std::string_view prefix, std::int64_t length) {
    return has_tensor(fmt::format("{}.weight", prefix)) ? norm(prefix, length) : Norm{};
}

int Builder::rows_of(std::string_view name) const {
    const gguf::TensorInfo* info = file_.find_tensor(name);
    return info == nullptr ? 1 : static_cast<int>(std::min<std::uint64_t>(info->dimensions[1], 1U << 16));
}

void Builder::output_head(std::string_view norm_name) {
    model_.output_norm = norm(norm_name, hyper_.width);
    model_.output = optional_linear("output", hyper_.vocabulary, hyper_.width);
    if (model_.output) return;
    // The embedding is the output too; an adapter may change it here alone.
    model_.output.weight = model_.token_embedding;
    model_.output.additions = additions("output.weight", hyper_.vocabulary, hyper_.width);
}

}  // namespace kinglet::arch
