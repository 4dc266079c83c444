// Decoders with layer norms and biases: GPT-2, Phi, GPT-NeoX, StableLM, StarCoder 2.
#include "inference/convert/hyper.h"
#include "inference/convert/recipe_tables.h"

namespace kinglet::convert {
namespace {

using enum Need;

// GPT-2 stores its matrices as (inputs, outputs). attn.bias is its causal mask, no bias.
constexpr TensorRule gpt2_rules[] = {
    {"wte.weight", "token_embd.weight"},
    {"wpe.weight", "position_embd.weight"},
    {"ln_f.weight", "output_norm.weight"},
    {"ln_f.bias", "output_norm.bias"},
    {"lm_head.weight", "output.weight", optional},
    {"h.#.ln_1.weight", "blk.#.attn_norm.weight"},
    {"h.#.ln_1.bias", "blk.#.attn_norm.bias"},
    {"h.#.attn.c_attn.weight", "blk.#.attn_qkv.weight", always, Rows::transposed},
    {"h.#.attn.c_attn.bias", "blk.#.attn_qkv.bias"},
    {"h.#.attn.c_proj.weight", "blk.#.attn_output.weight", always, Rows::transposed},
    {"h.#.attn.c_proj.bias", "blk.#.attn_output.bias"},
    {"h.#.ln_2.weight", "blk.#.ffn_norm.weight"},
    {"h.#.ln_2.bias", "blk.#.ffn_norm.bias"},
    {"h.#.mlp.c_fc.weight", "blk.#.ffn_up.weight", always, Rows::transposed},
    {"h.#.mlp.c_fc.bias", "blk.#.ffn_up.bias"},
    {"h.#.mlp.c_proj.weight", "blk.#.ffn_down.weight", always, Rows::transposed},
    {"h.#.mlp.c_proj.bias", "blk.#.ffn_down.bias"},
    {"h.#.attn.bias", ""},
    {"h.#.attn.masked_bias", ""},
};

constexpr TensorRule phi2_rules[] = {
    {"embed_tokens.weight", "token_embd.weight"},
    {"final_layernorm.weight", "output_norm.weight"},
    {"final_layernorm.bias", "output_norm.bias"},
    {"lm_head.weight", "output.weight", untied},
    {"lm_head.bias", "output.bias", optional},
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight"},
    {"layers.#.input_layernorm.bias", "blk.#.attn_norm.bias"},
    {"layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight"},
    {"layers.#.self_attn.q_proj.bias", "blk.#.attn_q.bias"},
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight"},
    {"layers.#.self_attn.k_proj.bias", "blk.#.attn_k.bias"},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight"},
    {"layers.#.self_attn.v_proj.bias", "blk.#.attn_v.bias"},
    {"layers.#.self_attn.dense.weight", "blk.#.attn_output.weight"},
    {"layers.#.self_attn.dense.bias", "blk.#.attn_output.bias"},
    {"layers.#.mlp.fc1.weight", "blk.#.ffn_up.weight"},
    {"layers.#.mlp.fc1.bias", "blk.#.ffn_up.bias"},
    {"layers.#.mlp.fc2.weight", "blk.#.ffn_down.weight"},
    {"layers.#.mlp.fc2.bias", "blk.#.ffn_down.bias"},
    {"layers.#.self_attn.rotary_emb.inv_freq", ""},
};

constexpr TensorRule gptneox_rules[] = {
    {"embed_in.weight", "token_embd.weight"},
    {"final_layer_norm.weight", "output_norm.weight"},
    {"final_layer_norm.bias", "output_norm.bias"},
    {"embed_out.weight", "output.weight", untied},
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight"},
    {"layers.#.input_layernorm.bias", "blk.#.attn_norm.bias"},
    {"layers.#.post_attention_layernorm.weight", "blk.#.ffn_norm.weight"},
    {"layers.#.post_attention_layernorm.bias", "blk.#.ffn_norm.bias"},
    {"layers.#.attention.query_key_value.weight", "blk.#.attn_qkv.weight", always, Rows::interleaved},
    {"layers.#.attention.query_key_value.bias", "blk.#.attn_qkv.bias", optional, Rows::interleaved},
    {"layers.#.attention.dense.weight", "blk.#.attn_output.weight"},
    {"layers.#.attention.dense.bias", "blk.#.attn_output.bias", optional},
    {"layers.#.mlp.dense_h_to_4h.weight", "blk.#.ffn_up.weight"},
    {"layers.#.mlp.dense_h_to_4h.bias", "blk.#.ffn_up.bias"},
    {"layers.#.mlp.dense_4h_to_h.weight", "blk.#.ffn_down.weight"},
    {"layers.#.mlp.dense_4h_to_h.bias", "blk.#.ffn_down.bias"},
    {"layers.#.attention.bias", ""},
    {"layers.#.attention.masked_bias", ""},
    {"layers.#.attention.rotary_emb.inv_freq", ""},
};

// The parallel variant has one norm a layer, and may norm each head with a gain of its own.
constexpr TensorRule stablelm_rules[] = {
    {"embed_tokens.weight", "token_embd.weight"},
    {"norm.weight", "output_norm.weight"},
    {"norm.bias", "output_norm.bias", optional},
    {"lm_head.weight", "output.weight", untied},
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight"},
    {"layers.#.input_layernorm.bias", "blk.#.attn_norm.bias", optional},
    {"layers.#.post_attention_layernorm.weight", "blk.#.ffn_norm.weight", serial},
    {"layers.#.post_attention_layernorm.bias", "blk.#.ffn_norm.bias", optional},
    {"layers.#.self_attn.q_layernorm.norms.@.weight", "blk.#.attn_q_norm.weight", normed_heads,
     Rows::query_heads},
    {"layers.#.self_attn.k_layernorm.norms.@.weight", "blk.#.attn_k_norm.weight", normed_heads,
     Rows::key_heads},
    {"layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight"},
    {"layers.#.self_attn.q_proj.bias", "blk.#.attn_q.bias", optional},
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight"},
    {"layers.#.self_attn.k_proj.bias", "blk.#.attn_k.bias", optional},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight"},
    {"layers.#.self_attn.v_proj.bias", "blk.#.attn_v.bias", optional},
    {"layers.#.self_attn.o_proj.weight", "blk.#.attn_output.weight"},
    {"layers.#.mlp.gate_proj.weight", "blk.#.ffn_gate.weight"},
    {"layers.#.mlp.up_proj.weight", "blk.#.ffn_up.weight"},
    {"layers.#.mlp.down_proj.weight", "blk.#.ffn_down.weight"},
    {"layers.#.self_attn.rotary_emb.inv_freq", ""},
};

constexpr TensorRule starcoder2_rules[] = {
    {"embed_tokens.weight", "token_embd.weight"},
    {"norm.weight", "output_norm.weight"},
    {"norm.bias", "output_norm.bias"},
    {"lm_head.weight", "output.weight", untied},
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight"},
    {"layers.#.input_layernorm.bias", "blk.#.attn_norm.bias"},
    {"layers.#.post_attention_layernorm.weight", "blk.#.ffn_norm.weight"},
    {"layers.#.post_attention_layernorm.bias", "blk.#.ffn_norm.bias"},
    {"layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight"},
    {"layers.#.self_attn.q_proj.bias", "blk.#.attn_q.bias", optional},
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight"},
    {"layers.#.self_attn.k_proj.bias", "blk.#.attn_k.bias", optional},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight"},
    {"layers.#.self_attn.v_proj.bias", "blk.#.attn_v.bias", optional},
    {"layers.#.self_attn.o_proj.weight", "blk.#.attn_output.weight"},
    {"layers.#.self_attn.o_proj.bias", "blk.#.attn_output.bias", optional},
    {"layers.#.mlp.c_fc.weight", "blk.#.ffn_up.weight"},
    {"layers.#.mlp.c_fc.bias", "blk.#.ffn_up.bias", optional},
    {"layers.#.mlp.c_proj.weight", "blk.#.ffn_down.weight"},
    {"layers.#.mlp.c_proj.bias", "blk.#.ffn_down.bias", optional},
    {"layers.#.self_attn.rotary_emb.inv_freq", ""},
};

constexpr int max_ff = 1 << 17;

void describe_gpt2(Model& model) {
    describe_sizes(model, Epsilon::layer, {.epsilon = 1e-5});
    model.integer("feed_forward_length", model.config.integer({"n_inner"}, 1, max_ff, 4 * model.facts.width));
    require_activation(model, {"gelu_new", "gelu_pytorch_tanh", "gelu_fast"});
    const bool plain = model.config.flag({"scale_attn_weights"}, true) &&
                       !model.config.flag({"scale_attn_by_inverse_layer_idx"}, false);
    model.config.require(plain, "attention scaled by layer is not supported in GPT-2");
}

void describe_phi2(Model& model) {
    describe_sizes(model, Epsilon::layer, {.epsilon = 1e-5});
    describe_rope(model, {.share = 0.5});
    model.integer("feed_forward_length",
                  model.config.integer({"intermediate_size"}, 1, max_ff, 4 * model.facts.width));
    require_activation(model, {"gelu_new", "gelu_pytorch_tanh", "gelu_fast"});
    // GGUF's phi2 has no tensors for these norms; a file without them would compute something else.
    model.config.require(
        !model.config.flag({"qk_layernorm"}, false),
        "qk_layernorm is true, but the GGUF format has no place for such norms in Phi models");
}

void describe_gptneox(Model& model) {
    describe_sizes(model, Epsilon::layer, {.epsilon = 1e-5});
    describe_rope(model, {.share = 0.25});
    model.integer("feed_forward_length", model.config.integer({"intermediate_size"}, 1, max_ff));
    model.flag("use_parallel_residual", model.config.flag({"use_parallel_residual"}, true));
    require_activation(model, {"gelu"});
}

void describe_stablelm(Model& model) {
    describe_sizes(model, Epsilon::layer, {.epsilon = 1e-5});
    describe_rope(model, {.share = 0.25});
    model.integer("feed_forward_length", model.config.integer({"intermediate_size"}, 1, max_ff));
    require_activation(model, {"silu", "swish"});
    model.facts.head_norms = model.config.flag({"qk_layernorm"}, false);
    model.facts.parallel = model.config.flag({"use_parallel_residual"}, false);
}

void describe_starcoder2(Model& model) {
    describe_sizes(model, Epsilon::layer, {.epsilon = 1e-5});
    describe_rope(model);
    describe_window(model);
    model.integer("feed_forward_length", model.config.integer({"intermediate_size"}, 1, max_ff));
    require_activation(model, {"gelu_pytorch_tanh", "gelu_new"});
}

}  // namespace

std::vector<Recipe> layer_norm_recipes() {
    return {
        {{"GPT2LMHeadModel", "GPT2Model"}, "gpt2", {"transformer."}, {gpt2_rules}, describe_gpt2},
        {{"PhiForCausalLM"}, "phi2", {"model."}, {phi2_rules}, describe_phi2},
        {{"GPTNeoXForCausalLM"}, "gptneox", {"gpt_neox."}, {gptneox_rules}, describe_gptneox},
        {{"StableLmForCausalLM", "StableLMEpochForCausalLM"},
         "stablelm",
         {"model."},
         {stablelm_rules},
         describe_stablelm},
        {{"Starcoder2ForCausalLM"}, "starcoder2", {"model."}, {starcoder2_rules}, describe_starcoder2},
    };
}

}  // namespace kinglet::convert
