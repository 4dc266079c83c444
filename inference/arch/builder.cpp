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

Builder::Builder(const gguf::File& file, std::string architecture)
    : file_(file), architecture_(std::move(architecture)) {
    model_.architecture = architecture_;
}

void Builder::fail(ErrorCode code, std::string message, std::string hint) {
    if (error_) return;
    error_ = Error{code, fmt::format("{}: {}", file_.name(), message), std::move(hint), {}, {}};
}

Result<Description> Builder::finish() {
    if (error_) return tl::unexpected(std::move(*error_));
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

Linear Builder::linear(std::string_view prefix, std::int64_t outputs, std::int64_t inputs) {
    Linear out;
    out.weight = matrix(fmt::format("{}.weight", prefix), outputs, inputs);
    out.bias = optional_vector(fmt::format("{}.bias", prefix), outputs);
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
    if (!model_.output) model_.output.weight = model_.token_embedding;
}

void Builder::scale_rope(Rope& rope) {
    const std::string type = text("rope.scaling.type", has("rope.scale_linear") ? "linear" : "none");
    rope.original_context = number("rope.scaling.original_context_length", 1, max_context,
                                   static_cast<double>(hyper_.context_length));
    rope.magnitude = number("rope.scaling.attn_factor", 0.001, 1000, 1);
    if (type == "none" || type == "longrope") return;
    if (type != "linear" && type != "yarn") {
        fail(ErrorCode::unsupported,
             fmt::format("{} is {}, which Kinglet does not know", key("rope.scaling.type"), type),
             "Choose another model.");
        return;
    }
    rope.scaling = type == "linear" ? RopeScaling::linear : RopeScaling::yarn;
    rope.factor = has("rope.scaling.factor") ? number("rope.scaling.factor", 1e-3, 1e6)
                                             : number("rope.scale_linear", 1e-3, 1e6, 1);
    if (rope.scaling != RopeScaling::yarn) return;
    rope.beta_fast = number("rope.scaling.yarn_beta_fast", 0.01, 1e6, 32);
    rope.beta_slow = number("rope.scaling.yarn_beta_slow", 0.0001, 1e6, 1);
    // The usual growth of the vectors with the stretch; files that say a multiplier divide by what it gives.
    const double growth = 0.1 * std::log(rope.factor);
    const double multiplier = number("rope.scaling.yarn_log_multiplier", -1000, 1000, 0);
    if (rope.factor > 1) rope.magnitude *= (growth + 1) / (multiplier * growth + 1);
}

int Builder::add_rope(RopePairing pairing) {
    Rope rope;
    rope.pairing = pairing;
    rope.dimensions = hyper_.rope_dimensions;
    rope.base = number("rope.freq_base", 1e-3, 1e12, 10000);
    if (rope.dimensions < 2 || rope.dimensions % 2 != 0 || rope.dimensions > hyper_.key_size) {
        fail(ErrorCode::bad_format,
             fmt::format("{} is {}, not an even number from 2 to the {} values of a head",
                         key("rope.dimension_count"), rope.dimensions, hyper_.key_size),
             std::string(hint_other));
    }
    scale_rope(rope);
    rope.factors = optional_vector("rope_freqs.weight", rope.dimensions / 2);
    if (has_tensor("rope_factors_long.weight")) {
        rope.long_factors = vector("rope_factors_long.weight", rope.dimensions / 2);
        rope.factors = vector("rope_factors_short.weight", rope.dimensions / 2);
    }
    model_.ropes.push_back(rope);
    return static_cast<int>(model_.ropes.size()) - 1;
}

bool Builder::read_heads(Attention& a, int layer) {
    const auto i = static_cast<std::size_t>(layer);
    a.heads = hyper_.heads[i];
    a.kv_heads = hyper_.kv_heads[i];
    if (a.heads > 0 && a.kv_heads > 0 && a.heads % a.kv_heads == 0) return true;
    fail(ErrorCode::bad_format,
         fmt::format("layer {} has {} query heads and {} key heads, which do not go together", layer, a.heads,
                     a.kv_heads),
         std::string(hint_other));
    return false;
}

Attention Builder::attention(int layer, int rope) {
    return attention(layer, rope, hyper_.key_size, hyper_.value_size, KeyValues::own);
}

Attention Builder::attention(int layer, int rope, int key_size, int value_size, KeyValues source) {
    Attention a;
    a.key_size = key_size;
    a.value_size = value_size;
    a.kv_layer = layer;
    a.rope = rope;
    if (!read_heads(a, layer)) return a;
    a.scale = 1 / std::sqrt(static_cast<float>(a.key_size));
    const std::int64_t width = hyper_.width;
    const std::int64_t queries = static_cast<std::int64_t>(a.heads) * a.key_size;
    const std::int64_t keys = static_cast<std::int64_t>(a.kv_heads) * a.key_size;
    const std::int64_t values = static_cast<std::int64_t>(a.kv_heads) * a.value_size;
    if (has_tensor(block(layer, "attn_qkv.weight"))) {
        a.fused = linear(block(layer, "attn_qkv"), queries + keys + values, width);
    } else {
        a.query = linear(block(layer, "attn_q"), queries, width);
        if (source != KeyValues::shared) a.key = linear(block(layer, "attn_k"), keys, width);
        if (source == KeyValues::own) a.value = linear(block(layer, "attn_v"), values, width);
        if (source == KeyValues::value_optional)
            a.value = optional_linear(block(layer, "attn_v"), values, width);
    }
    a.output = linear(block(layer, "attn_output"), width, static_cast<std::int64_t>(a.heads) * a.value_size);
    return a;
}

Attention Builder::gated_attention(int layer, int rope) {
    Attention a;
    a.key_size = hyper_.key_size;
    a.value_size = hyper_.value_size;
    a.kv_layer = layer;
    a.rope = rope;
    a.gated = true;
    if (!read_heads(a, layer)) return a;
    if (a.key_size != a.value_size) {
        fail(ErrorCode::unsupported, "gates on the attention need keys and values of one size",
             std::string(hint_other));
    }
    a.scale = 1 / std::sqrt(static_cast<float>(a.key_size));
    const std::int64_t width = hyper_.width;
    const std::int64_t queries = static_cast<std::int64_t>(a.heads) * a.key_size;
    a.query = linear(block(layer, "attn_q"), 2 * queries, width);
    a.key = linear(block(layer, "attn_k"), static_cast<std::int64_t>(a.kv_heads) * a.key_size, width);
    a.value = linear(block(layer, "attn_v"), static_cast<std::int64_t>(a.kv_heads) * a.value_size, width);
    a.output = linear(block(layer, "attn_output"), width, queries);
    return a;
}

void Builder::query_key_norms(Attention& attention, int layer, bool over_heads) {
    attention.norm_over_heads = over_heads;
    const std::int64_t heads = over_heads ? attention.heads : 1;
    const std::int64_t kv_heads = over_heads ? attention.kv_heads : 1;
    attention.query_norm = norm(block(layer, "attn_q_norm"), heads * attention.key_size);
    if (attention.kv_layer == layer)
        attention.key_norm = norm(block(layer, "attn_k_norm"), kv_heads * attention.key_size);
}

void Builder::granite_scales(double embedding, double residual, double logits) {
    model_.embedding_scale = static_cast<float>(number("embedding_scale", 1e-6, 1e6, embedding));
    model_.logit_scale = static_cast<float>(1 / number("logit_scale", 1e-6, 1e6, logits));
    const auto residual_scale = static_cast<float>(number("residual_scale", 1e-6, 1e6, residual));
    for (Layer& layer : model_.layers) {
        layer.residual_scale = residual_scale;
        // A scale of 0 is how some files say that there is none of their own.
        const double scale = number("attention.scale", 0, 1e6, 0);
        if (scale > 0) layer.attention.scale = static_cast<float>(scale);
    }
}

void Builder::embedder(Pooling fallback) {
    model_.causal = false;
    for (Layer& layer : model_.layers) layer.attention.causal = false;
    switch (integer("pooling_type", 0, 4, -1)) {
        case 1:
            model_.pooling = Pooling::mean;
            break;
        case 2:
            model_.pooling = Pooling::first;
            break;
        case 3:
            model_.pooling = Pooling::last;
            break;
        default:
            model_.pooling = fallback;
            break;
    }
}

FeedForward Builder::feed_forward(int layer, Activation activation, bool gated) {
    FeedForward f;
    f.width = hyper_.ff[static_cast<std::size_t>(layer)];
    f.activation = activation;
    if (f.width < 1) {
        integer("feed_forward_length", 1, max_width);
        return f;
    }
    f.gate_in_up = gated && !has_tensor(block(layer, "ffn_gate.weight"));
    if (gated && !f.gate_in_up) f.gate = linear(block(layer, "ffn_gate"), f.width, hyper_.width);
    f.up = linear(block(layer, "ffn_up"), f.gate_in_up ? 2 * f.width : f.width, hyper_.width);
    f.down = linear(block(layer, "ffn_down"), hyper_.width, f.width);
    return f;
}

FeedForward Builder::experts(int layer, Activation activation, int width, bool normalise) {
    FeedForward f;
    f.activation = activation;
    f.expert_count = integer("expert_count", 1, 1024);
    f.expert_used = integer("expert_used_count", 1, std::min(f.expert_count, 64));
    f.expert_width = width;
    f.expert_normalise = normalise;
    f.router = linear(block(layer, "ffn_gate_inp"), f.expert_count, hyper_.width);
    f.expert_gate = matrix(block(layer, "ffn_gate_exps.weight"), f.expert_count, width, hyper_.width);
    f.expert_up = matrix(block(layer, "ffn_up_exps.weight"), f.expert_count, width, hyper_.width);
    f.expert_down = matrix(block(layer, "ffn_down_exps.weight"), f.expert_count, hyper_.width, width);
    return f;
}

FeedForward Builder::shared_expert(int layer, Activation activation, int width) {
    FeedForward f;
    f.activation = activation;
    f.width = width;
    f.gate = linear(block(layer, "ffn_gate_shexp"), width, hyper_.width);
    f.up = linear(block(layer, "ffn_up_shexp"), width, hyper_.width);
    f.down = linear(block(layer, "ffn_down_shexp"), hyper_.width, width);
    return f;
}

}  // namespace kinglet::arch
