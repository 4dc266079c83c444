// The family of LLaMA: RMS norms, rope, gated feed-forward networks.
#include <cmath>

#include "inference/convert/hyper.h"
#include "inference/convert/recipe_tables.h"

namespace kinglet::convert {
namespace {

using enum Need;

constexpr TensorRule stem[] = {
    {"embed_tokens.weight", "token_embd.weight"},
    {"norm.weight", "output_norm.weight"},
    {"lm_head.weight", "output.weight", untied},
    {"layers.#.self_attn.rotary_emb.inv_freq", ""},
    {"rotary_emb.inv_freq", ""},
};

// LLaMA's rope pairs neighbours in GGUF files and halves in checkpoints: queries and keys change places.
constexpr TensorRule turned_attention[] = {
    {"layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight", always, Rows::query},
    {"layers.#.self_attn.q_proj.bias", "blk.#.attn_q.bias", optional, Rows::query},
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight", always, Rows::key},
    {"layers.#.self_attn.k_proj.bias", "blk.#.attn_k.bias", optional, Rows::key},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight"},
    {"layers.#.self_attn.v_proj.bias", "blk.#.attn_v.bias", optional},
    {"layers.#.self_attn.o_proj.weight", "blk.#.attn_output.weight"},
    {"layers.#.self_attn.o_proj.bias", "blk.#.attn_output.bias", optional},
};

constexpr TensorRule plain_attention[] = {
    {"layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight"},
    {"layers.#.self_attn.q_proj.bias", "blk.#.attn_q.bias", optional},
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight"},
    {"layers.#.self_attn.k_proj.bias", "blk.#.attn_k.bias", optional},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight"},
    {"layers.#.self_attn.v_proj.bias", "blk.#.attn_v.bias", optional},
    {"layers.#.self_attn.o_proj.weight", "blk.#.attn_output.weight"},
};

constexpr TensorRule head_norms[] = {
    {"layers.#.self_attn.q_norm.weight", "blk.#.attn_q_norm.weight"},
    {"layers.#.self_attn.k_norm.weight", "blk.#.attn_k_norm.weight"},
};

constexpr TensorRule norms_before[] = {
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight"},
    {"layers.#.post_attention_layernorm.weight", "blk.#.ffn_norm.weight"},
};

constexpr TensorRule norms_after[] = {
    {"layers.#.post_attention_layernorm.weight", "blk.#.post_attention_norm.weight"},
    {"layers.#.post_feedforward_layernorm.weight", "blk.#.post_ffw_norm.weight"},
};

constexpr TensorRule gated[] = {
    {"layers.#.mlp.gate_proj.weight", "blk.#.ffn_gate.weight"},
    {"layers.#.mlp.gate_proj.bias", "blk.#.ffn_gate.bias", optional},
    {"layers.#.mlp.up_proj.weight", "blk.#.ffn_up.weight"},
    {"layers.#.mlp.up_proj.bias", "blk.#.ffn_up.bias", optional},
    {"layers.#.mlp.down_proj.weight", "blk.#.ffn_down.weight"},
    {"layers.#.mlp.down_proj.bias", "blk.#.ffn_down.bias", optional},
};

constexpr TensorRule mixture[] = {
    {"layers.#.mlp.gate.weight", "blk.#.ffn_gate_inp.weight"},
    {"layers.#.mlp.experts.@.gate_proj.weight", "blk.#.ffn_gate_exps.weight"},
    {"layers.#.mlp.experts.@.up_proj.weight", "blk.#.ffn_up_exps.weight"},
    {"layers.#.mlp.experts.@.down_proj.weight", "blk.#.ffn_down_exps.weight"},
};

constexpr TensorRule mixtral[] = {
    {"layers.#.block_sparse_moe.gate.weight", "blk.#.ffn_gate_inp.weight"},
    {"layers.#.block_sparse_moe.experts.@.w1.weight", "blk.#.ffn_gate_exps.weight"},
    {"layers.#.block_sparse_moe.experts.@.w3.weight", "blk.#.ffn_up_exps.weight"},
    {"layers.#.block_sparse_moe.experts.@.w2.weight", "blk.#.ffn_down_exps.weight"},
};

// Queries, keys and values in one matrix, gate and up in another: so they stay.
constexpr TensorRule phi3_layers[] = {
    {"layers.#.self_attn.qkv_proj.weight", "blk.#.attn_qkv.weight"},
    {"layers.#.self_attn.o_proj.weight", "blk.#.attn_output.weight"},
    {"layers.#.mlp.gate_up_proj.weight", "blk.#.ffn_up.weight"},
    {"layers.#.mlp.down_proj.weight", "blk.#.ffn_down.weight"},
};

/// What comes with models that also see.
constexpr TensorRule eyes[] = {
    {"vision_tower.*", ""},
    {"vision_model.*", ""},
    {"multi_modal_projector.*", ""},
    {"model.vision_tower.*", ""},
    {"model.multi_modal_projector.*", ""},
};

void describe_common(Model& model) {
    describe_sizes(model, Epsilon::rms);
    describe_rope(model);
    model.integer("feed_forward_length", model.config.integer({"intermediate_size"}, 1, 1 << 17));
    require_activation(model, {"silu", "swish"});
}

void describe_llama(Model& model) {
    describe_common(model);
    describe_window(model);
}

void describe_mixtral(Model& model) {
    describe_llama(model);
    describe_experts(model);
}

void describe_mistral3(Model& model) {
    describe_common(model);
    const auto growth = number_of(rope_parameter(model, "llama_4_scaling_beta"));
    if (growth) model.number("attention.temperature_scale", *growth);
}

void describe_qwen(Model& model) {
    describe_common(model);
    // Windows begin at a layer that no published model has.
    const bool windows = model.config.flag({"use_sliding_window"}, false) &&
                         model.config.integer({"max_window_layers"}, 0, 1 << 20, 0) < model.facts.layers;
    model.config.require(!windows, "layers with a sliding window are not supported in Qwen models");
}

void describe_qwen3moe(Model& model) {
    describe_qwen(model);
    describe_experts(model);
    model.integer("expert_feed_forward_length", model.config.integer({"moe_intermediate_size"}, 1, 1 << 17));
    model.config.require(model.config.flag({"norm_topk_prob"}, true),
                         "experts without normalised weights are not supported");
    model.config.require(model.config.integer({"decoder_sparse_step"}, 0, 1 << 20, 1) == 1,
                         "a mixture of dense layers and layers with experts is not supported");
}

void describe_olmoe(Model& model) {
    describe_common(model);
    describe_experts(model);
    model.config.require(!model.config.flag({"norm_topk_prob"}, false),
                         "experts with normalised weights are not supported");
    model.config.require(!model.config.has({"clip_qkv"}),
                         "clipped queries, keys and values are not supported");
}

void describe_smollm3(Model& model) {
    describe_common(model);
    const Json* list = model.config.find({"no_rope_layers"});
    bool usual = true;
    for (int i = 0; list != nullptr && list->is_array() && i < static_cast<int>(list->size()); ++i) {
        // 1 = with rope
        usual = usual && integer_of(&(*list)[static_cast<std::size_t>(i)]) == ((i + 1) % 4 == 0 ? 0 : 1);
    }
    model.config.require(usual, "only every fourth layer may be without rope");
    model.config.require(!model.config.flag({"use_sliding_window"}, false),
                         "sliding windows are not supported in SmolLM3");
}

void describe_granite(Model& model) {
    describe_common(model);
    model.number("embedding_scale", model.config.number({"embedding_multiplier"}, 1e-6, 1e6, 1));
    model.number("residual_scale", model.config.number({"residual_multiplier"}, 1e-6, 1e6, 1));
    model.number("logit_scale", model.config.number({"logits_scaling"}, 1e-6, 1e6, 1));
    model.number("attention.scale", model.config.number({"attention_multiplier"}, 0, 1e6, 0));
}

void describe_minicpm(Model& model) {
    describe_common(model);
    const double depth = model.config.number({"scale_depth"}, 1e-6, 1e6, 1.4);
    const double base = model.config.number({"dim_model_base"}, 1, 1 << 17, 256);
    model.number("embedding_scale", model.config.number({"scale_emb"}, 1e-6, 1e6, 12));
    model.number("residual_scale", depth / std::sqrt(static_cast<double>(model.facts.layers)));
    model.number("logit_scale", model.facts.width / base);
}

void describe_phi3(Model& model) {
    describe_common(model);
    describe_window(model);
}

}  // namespace

std::vector<Recipe> llama_recipes() {
    const std::vector<std::string_view> plain = {"model."};
    return {
        {{"LlamaForCausalLM", "LLaMAForCausalLM", "MistralForCausalLM"},
         "llama",
         plain,
         {stem, turned_attention, norms_before, gated},
         describe_llama},
        {{"MixtralForCausalLM"},
         "llama",
         plain,
         {stem, turned_attention, norms_before, mixtral},
         describe_mixtral},
        {{"Ministral3ForCausalLM", "Mistral3ForConditionalGeneration"},
         "mistral3",
         {"model.language_model.", "language_model.model.", "language_model.", "model."},
         {stem, turned_attention, norms_before, gated, eyes},
         describe_mistral3},
        {{"SmolLM3ForCausalLM"},
         "smollm3",
         plain,
         {stem, turned_attention, norms_before, gated},
         describe_smollm3},
        {{"GraniteForCausalLM"},
         "granite",
         plain,
         {stem, turned_attention, norms_before, gated},
         describe_granite},
        {{"MiniCPMForCausalLM"},
         "minicpm",
         plain,
         {stem, turned_attention, norms_before, gated},
         describe_minicpm},
        {{"Qwen2ForCausalLM"}, "qwen2", plain, {stem, plain_attention, norms_before, gated}, describe_qwen},
        {{"Qwen3ForCausalLM"},
         "qwen3",
         plain,
         {stem, plain_attention, head_norms, norms_before, gated},
         describe_qwen},
        {{"Qwen3MoeForCausalLM"},
         "qwen3moe",
         plain,
         {stem, plain_attention, head_norms, norms_before, mixture},
         describe_qwen3moe},
        {{"Olmo2ForCausalLM"},
         "olmo2",
         plain,
         {stem, plain_attention, head_norms, norms_after, gated},
         describe_common},
        {{"OlmoeForCausalLM"},
         "olmoe",
         plain,
         {stem, plain_attention, head_norms, norms_before, mixture},
         describe_olmoe},
        {{"Phi3ForCausalLM"}, "phi3", plain, {stem, phi3_layers, norms_before}, describe_phi3},
    };
}

}  // namespace kinglet::convert
