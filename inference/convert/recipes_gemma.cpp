// Gemma 1 to 4, and EmbeddingGemma. Those before Gemma 4 store their norms as the distance from 1.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "inference/convert/hyper.h"
#include "inference/convert/recipe_tables.h"

namespace kinglet::convert {
namespace {

using enum Need;

constexpr int max_ff = 1 << 17;
constexpr int max_context = 1 << 26;

constexpr TensorRule linears[] = {
    {"embed_tokens.weight", "token_embd.weight"},
    {"lm_head.weight", "output.weight", untied},
    {"layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight"},
    {"layers.#.self_attn.o_proj.weight", "blk.#.attn_output.weight"},
    {"layers.#.mlp.gate_proj.weight", "blk.#.ffn_gate.weight"},
    {"layers.#.mlp.up_proj.weight", "blk.#.ffn_up.weight"},
    {"layers.#.mlp.down_proj.weight", "blk.#.ffn_down.weight"},
    {"layers.#.self_attn.rotary_emb.inv_freq", ""},
    {"vision_tower.*", ""},
    {"multi_modal_projector.*", ""},
    {"audio_tower.*", ""},
    {"embed_vision.*", ""},
    {"embed_audio.*", ""},
};

constexpr TensorRule keys_and_values[] = {
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight"},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight"},
};

constexpr TensorRule norms_before[] = {
    {"norm.weight", "output_norm.weight", always, Rows::same, Change::plus_one},
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight", always, Rows::same, Change::plus_one},
    {"layers.#.post_attention_layernorm.weight", "blk.#.ffn_norm.weight", always, Rows::same,
     Change::plus_one},
};

constexpr TensorRule norms[] = {
    {"norm.weight", "output_norm.weight", always, Rows::same, Change::plus_one},
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight", always, Rows::same, Change::plus_one},
    {"layers.#.post_attention_layernorm.weight", "blk.#.post_attention_norm.weight", always, Rows::same,
     Change::plus_one},
    {"layers.#.pre_feedforward_layernorm.weight", "blk.#.ffn_norm.weight", always, Rows::same,
     Change::plus_one},
    {"layers.#.post_feedforward_layernorm.weight", "blk.#.post_ffw_norm.weight", always, Rows::same,
     Change::plus_one},
};

constexpr TensorRule head_norms[] = {
    {"layers.#.self_attn.q_norm.weight", "blk.#.attn_q_norm.weight", always, Rows::same, Change::plus_one},
    {"layers.#.self_attn.k_norm.weight", "blk.#.attn_k_norm.weight", always, Rows::same, Change::plus_one},
};

// The two matrices behind the pooling are modules of their own (2_Dense, 3_Dense).
constexpr TensorRule modules[] = {
    {"2_Dense.linear.weight", "dense_2.weight", optional},
    {"3_Dense.linear.weight", "dense_3.weight", optional},
};

constexpr TensorRule gemma4_rules[] = {
    {"norm.weight", "output_norm.weight"},
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight"},
    {"layers.#.post_attention_layernorm.weight", "blk.#.post_attention_norm.weight"},
    {"layers.#.pre_feedforward_layernorm.weight", "blk.#.ffn_norm.weight"},
    {"layers.#.post_feedforward_layernorm.weight", "blk.#.post_ffw_norm.weight"},
    {"layers.#.self_attn.q_norm.weight", "blk.#.attn_q_norm.weight"},
    {"layers.#.self_attn.k_norm.weight", "blk.#.attn_k_norm.weight", own_keys},
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight", own_keys},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight", own_values},
    {"layers.#.layer_scalar", "blk.#.layer_output_scale.weight", optional},
    {"embed_tokens_per_layer.weight", "per_layer_token_embd.weight", per_layer},
    {"per_layer_model_projection.weight", "per_layer_model_proj.weight", per_layer},
    {"per_layer_projection_norm.weight", "per_layer_proj_norm.weight", per_layer},
    {"layers.#.per_layer_input_gate.weight", "blk.#.inp_gate.weight", per_layer},
    {"layers.#.per_layer_projection.weight", "blk.#.proj.weight", per_layer},
    {"layers.#.post_per_layer_input_norm.weight", "blk.#.post_norm.weight", per_layer},
};

// Published configs leave out what the library takes for granted.
constexpr UsualSizes usual_sizes = {.heads = 8, .kv_heads = 4, .head_size = 256, .context = 131072};

void describe_common(Model& model) {
    describe_sizes(model, Epsilon::rms, usual_sizes);
    model.integer("feed_forward_length", model.config.integer({"intermediate_size"}, 1, max_ff));
    require_activation(model, {"gelu_pytorch_tanh", "gelu_new", "gelu"});
}

/// The engine divides scores by the root of a head's size, but in the 27B models by that of their share of
/// the width.
void require_scale(Model& model, int layers_of_largest) {
    const Facts& f = model.facts;
    const int usual = f.layers == layers_of_largest ? f.width / f.heads : f.head_size;
    const double scalar = model.config.number({"query_pre_attn_scalar"}, 1, 1e6, usual);
    model.config.require(scalar == usual,
                         fmt::format("query_pre_attn_scalar is {}, but {} is supported", scalar, usual));
}

void describe_gemma(Model& model) {
    describe_common(model);
    describe_rope(model);
}

void describe_gemma2(Model& model) {
    describe_common(model);
    describe_rope(model);
    model.integer("attention.sliding_window", model.config.integer({"sliding_window"}, 1, max_context, 4096));
    model.number("attn_logit_softcapping", model.config.number({"attn_logit_softcapping"}, 0, 1e6, 0));
    model.number("final_logit_softcapping", model.config.number({"final_logit_softcapping"}, 0, 1e6, 0));
    require_scale(model, 46);
}

void describe_gemma3(Model& model) {
    describe_common(model);
    describe_rope(model, {.base = 1e6});
    Config& c = model.config;
    model.integer("attention.sliding_window", c.integer({"sliding_window"}, 1, max_context, 1024));
    const double local = number_of(rope_parameter(model, "rope_theta", "sliding_attention")).value_or(10000);
    model.number("rope.freq_base_swa", c.number({"rope_local_base_freq"}, 1e-3, 1e12, local));
    const double cap = c.number({"final_logit_softcapping"}, 0, 1e6, 0);
    if (cap > 0) model.number("final_logit_softcapping", cap);
    c.require(c.integer({"sliding_window_pattern", "_sliding_window_pattern"}, 0, 1 << 20, 6) == 6,
              "only every sixth layer may see everything");
    const std::vector<bool> global = layers_of_type(model, "full_attention");
    for (std::size_t i = 0; i < global.size(); ++i)
        c.require(global[i] == ((i + 1) % 6 == 0), "only every sixth layer may see everything");
    require_scale(model, 62);
}

void describe_gemma_embedding(Model& model) {
    describe_gemma3(model);
    describe_pooling(model);
    const SourceTensor* inner = model.checkpoint.find("2_Dense.linear.weight");
    if (inner != nullptr && inner->shape.size() == 2)
        model.integer("dense_2_feat_out", static_cast<std::int64_t>(inner->shape[0]));
}

/// The full layers rotate only the first pairs of a head: the others get a divisor that stops them.
void describe_global_rope(Model& model, int size) {
    const double share = number_of(rope_parameter(model, "partial_rotary_factor")).value_or(1.0);
    const auto rotated = static_cast<int>(share * size / 2);
    ComputedTensor factors{"rope_freqs.weight", {}};
    for (int i = 0; i < size / 2; ++i) factors.values.push_back(i < rotated ? 1.0F : 1e30F);
    model.computed.push_back(std::move(factors));
}

void describe_gemma4_layers(Model& model) {
    Config& c = model.config;
    Facts& f = model.facts;
    const auto layers = static_cast<std::size_t>(f.layers);
    std::vector<bool> window = layers_of_type(model, "sliding_attention");
    if (window.empty()) {
        for (std::size_t i = 0; i < layers; ++i) window.push_back((i + 1) % 6 != 0);
    }
    const int sharing = static_cast<int>(c.integer({"num_kv_shared_layers"}, 0, f.layers - 1, 0));
    const bool keys_are_values = c.flag({"attention_k_eq_v"}, false);
    const auto global_heads = static_cast<int>(
        keys_are_values ? c.integer({"num_global_key_value_heads"}, 1, 4096, f.kv_heads) : f.kv_heads);
    const auto ff = static_cast<std::int32_t>(c.integer({"intermediate_size"}, 1, max_ff));
    const bool wide = c.flag({"use_double_wide_mlp"}, false);
    std::vector<std::int32_t> widths;
    for (std::size_t i = 0; i < layers; ++i) {
        const bool own = static_cast<int>(i) < f.layers - sharing;
        f.own_keys.push_back(own);
        f.own_values.push_back(own && !(keys_are_values && !window[i]));
        f.layer_kv_heads.push_back(window[i] ? f.kv_heads : global_heads);
        widths.push_back(wide && !own ? 2 * ff : ff);
    }
    model.flags("attention.sliding_window_pattern", window);
    model.integer("attention.shared_kv_layers", sharing);
    model.integers("feed_forward_length", widths);
}

void describe_gemma4(Model& model) {
    Config& c = model.config;
    describe_sizes(model, Epsilon::rms, usual_sizes);
    require_activation(model, {"gelu_pytorch_tanh", "gelu_new"});
    c.require(!c.flag({"enable_moe_block"}, false),
              "enable_moe_block is true, but Gemma 4 models with experts are not supported");
    describe_gemma4_layers(model);
    const int local = model.facts.head_size;
    const auto global = static_cast<int>(c.integer({"global_head_dim"}, 2, 1024, 512));
    const auto each = c.integer({"hidden_size_per_layer_input"}, 0, 1 << 14, 0);
    model.facts.per_layer = each > 0;
    model.facts.key_size = global;
    model.integer("attention.key_length_swa", local);
    model.integer("attention.value_length_swa", local);
    model.integer("rope.dimension_count", global);
    model.integer("rope.dimension_count_swa", local);
    model.number("rope.freq_base", rope_base(model, 1e6));
    model.number("rope.freq_base_swa", rope_base(model, 10000, "sliding_attention"));
    model.integer("attention.sliding_window", c.integer({"sliding_window"}, 1, max_context, 512));
    model.integer("embedding_length_per_layer_input", each);
    const double cap = c.number({"final_logit_softcapping"}, 0, 1e6, 0);
    if (cap > 0) model.number("final_logit_softcapping", cap);
    describe_global_rope(model, global);
}

}  // namespace

std::vector<Recipe> gemma_recipes() {
    const std::vector<std::string_view> prefixes = {"model.language_model.", "language_model.model.",
                                                    "language_model.", "model."};
    return {
        {{"GemmaForCausalLM"}, "gemma", {"model."}, {linears, keys_and_values, norms_before}, describe_gemma},
        {{"Gemma2ForCausalLM"}, "gemma2", {"model."}, {linears, keys_and_values, norms}, describe_gemma2},
        {{"Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"},
         "gemma3",
         prefixes,
         {linears, keys_and_values, norms, head_norms},
         describe_gemma3},
        {{"Gemma3TextModel"},
         "gemma-embedding",
         {"model."},
         {linears, keys_and_values, norms, head_norms, modules},
         describe_gemma_embedding},
        {{"Gemma4ForCausalLM", "Gemma4ForConditionalGeneration"},
         "gemma4",
         prefixes,
         {linears, gemma4_rules},
         describe_gemma4},
    };
}

}  // namespace kinglet::convert
