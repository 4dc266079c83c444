// The parts of layers that architectures share: ropes, attention, feed-forward networks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "inference/arch/builder.h"

namespace kinglet::arch {
namespace {

constexpr int max_width = 1 << 17;
constexpr int max_context = 1 << 26;

constexpr std::string_view hint_other =
    "The file is damaged or was converted for another program; choose another.";

}  // namespace

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

void Builder::query_key_norms(Attention& attention, int layer, HeadNorms kind) {
    attention.head_norms = kind;
    const std::int64_t heads = kind == HeadNorms::shared ? 1 : attention.heads;
    const std::int64_t kv_heads = kind == HeadNorms::shared ? 1 : attention.kv_heads;
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

Layer& Builder::pre_norm_layer(int layer, int rope, Activation activation, bool gated) {
    Layer& l = model_.layers[static_cast<std::size_t>(layer)];
    l.mixer_norm = norm(block(layer, "attn_norm"), hyper_.width);
    l.attention = attention(layer, rope);
    l.ffn_norm = norm(block(layer, "ffn_norm"), hyper_.width);
    l.ffn = feed_forward(layer, activation, gated);
    return l;
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
