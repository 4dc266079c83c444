// Architectures whose layers are not all attention: LFM 2, Qwen 3.5, Granite 4.
#include <algorithm>

#include "inference/convert/hyper.h"
#include "inference/convert/recipe_tables.h"

namespace kinglet::convert {
namespace {

using enum Need;

constexpr int max_ff = 1 << 17;

constexpr TensorRule lfm2_rules[] = {
    {"embed_tokens.weight", "token_embd.weight"},
    {"embedding_norm.weight", "token_embd_norm.weight"},
    {"lm_head.weight", "output.weight", untied},
    {"layers.#.operator_norm.weight", "blk.#.attn_norm.weight"},
    {"layers.#.ffn_norm.weight", "blk.#.ffn_norm.weight"},
    {"layers.#.feed_forward.w1.weight", "blk.#.ffn_gate.weight"},
    {"layers.#.feed_forward.w3.weight", "blk.#.ffn_up.weight"},
    {"layers.#.feed_forward.w2.weight", "blk.#.ffn_down.weight"},
    {"layers.#.conv.in_proj.weight", "blk.#.shortconv.in_proj.weight", recurrent},
    {"layers.#.conv.conv.weight", "blk.#.shortconv.conv.weight", recurrent},
    {"layers.#.conv.out_proj.weight", "blk.#.shortconv.out_proj.weight", recurrent},
    {"layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight", attention},
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight", attention},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight", attention},
    {"layers.#.self_attn.out_proj.weight", "blk.#.attn_output.weight", attention},
    {"layers.#.self_attn.q_layernorm.weight", "blk.#.attn_q_norm.weight", attention},
    {"layers.#.self_attn.k_layernorm.weight", "blk.#.attn_k_norm.weight", attention},
};

// All norms but that of the delta nets are stored as the distance from 1.
constexpr TensorRule qwen35_rules[] = {
    {"embed_tokens.weight", "token_embd.weight"},
    {"norm.weight", "output_norm.weight", always, Rows::same, Change::plus_one},
    {"lm_head.weight", "output.weight", untied},
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight", always, Rows::same, Change::plus_one},
    {"layers.#.post_attention_layernorm.weight", "blk.#.post_attention_norm.weight", always, Rows::same,
     Change::plus_one},
    {"layers.#.mlp.gate_proj.weight", "blk.#.ffn_gate.weight"},
    {"layers.#.mlp.up_proj.weight", "blk.#.ffn_up.weight"},
    {"layers.#.mlp.down_proj.weight", "blk.#.ffn_down.weight"},
    {"layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight", attention},
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight", attention},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight", attention},
    {"layers.#.self_attn.o_proj.weight", "blk.#.attn_output.weight", attention},
    {"layers.#.self_attn.q_norm.weight", "blk.#.attn_q_norm.weight", attention, Rows::same, Change::plus_one},
    {"layers.#.self_attn.k_norm.weight", "blk.#.attn_k_norm.weight", attention, Rows::same, Change::plus_one},
    {"layers.#.linear_attn.in_proj_qkv.weight", "blk.#.attn_qkv.weight", recurrent, Rows::value_tail},
    {"layers.#.linear_attn.in_proj_z.weight", "blk.#.attn_gate.weight", recurrent, Rows::value_rows},
    {"layers.#.linear_attn.in_proj_b.weight", "blk.#.ssm_beta.weight", recurrent, Rows::value_heads},
    {"layers.#.linear_attn.in_proj_a.weight", "blk.#.ssm_alpha.weight", recurrent, Rows::value_heads},
    {"layers.#.linear_attn.conv1d.weight", "blk.#.ssm_conv1d.weight", recurrent, Rows::value_tail},
    {"layers.#.linear_attn.dt_bias", "blk.#.ssm_dt.bias", recurrent, Rows::value_heads},
    {"layers.#.linear_attn.A_log", "blk.#.ssm_a", recurrent, Rows::value_heads, Change::negative_exp},
    {"layers.#.linear_attn.norm.weight", "blk.#.ssm_norm.weight", recurrent},
    {"layers.#.linear_attn.out_proj.weight", "blk.#.ssm_out.weight", recurrent, Rows::value_columns},
    {"visual.*", ""},
    {"model.visual.*", ""},
    {"mtp.*", ""},
};

constexpr TensorRule granite4_rules[] = {
    {"embed_tokens.weight", "token_embd.weight"},
    {"norm.weight", "output_norm.weight"},
    {"lm_head.weight", "output.weight", untied},
    {"layers.#.input_layernorm.weight", "blk.#.attn_norm.weight"},
    {"layers.#.post_attention_layernorm.weight", "blk.#.ffn_norm.weight"},
    {"layers.#.self_attn.q_proj.weight", "blk.#.attn_q.weight", attention, Rows::query},
    {"layers.#.self_attn.q_proj.bias", "blk.#.attn_q.bias", optional, Rows::query},
    {"layers.#.self_attn.k_proj.weight", "blk.#.attn_k.weight", attention, Rows::key},
    {"layers.#.self_attn.k_proj.bias", "blk.#.attn_k.bias", optional, Rows::key},
    {"layers.#.self_attn.v_proj.weight", "blk.#.attn_v.weight", attention},
    {"layers.#.self_attn.v_proj.bias", "blk.#.attn_v.bias", optional},
    {"layers.#.self_attn.o_proj.weight", "blk.#.attn_output.weight", attention},
    {"layers.#.self_attn.o_proj.bias", "blk.#.attn_output.bias", optional},
    {"layers.#.mamba.in_proj.weight", "blk.#.ssm_in.weight", recurrent},
    {"layers.#.mamba.in_proj.bias", "blk.#.ssm_in.bias", optional},
    {"layers.#.mamba.conv1d.weight", "blk.#.ssm_conv1d.weight", recurrent},
    {"layers.#.mamba.conv1d.bias", "blk.#.ssm_conv1d.bias", optional},
    {"layers.#.mamba.dt_bias", "blk.#.ssm_dt.bias", recurrent},
    {"layers.#.mamba.A_log", "blk.#.ssm_a", recurrent, Rows::single_column, Change::negative_exp},
    {"layers.#.mamba.D", "blk.#.ssm_d", recurrent, Rows::single_column},
    {"layers.#.mamba.norm.weight", "blk.#.ssm_norm.weight", recurrent, Rows::groups},
    {"layers.#.mamba.out_proj.weight", "blk.#.ssm_out.weight", recurrent},
    {"layers.#.mamba.out_proj.bias", "blk.#.ssm_out.bias", optional},
    {"layers.#.shared_mlp.input_linear.weight", "blk.#.ffn_gate.weight", dense, Rows::first_half},
    {"layers.#.shared_mlp.input_linear.weight", "blk.#.ffn_up.weight", dense, Rows::second_half},
    {"layers.#.shared_mlp.output_linear.weight", "blk.#.ffn_down.weight", dense},
    {"layers.#.shared_mlp.input_linear.weight", "blk.#.ffn_gate_shexp.weight", experts, Rows::first_half},
    {"layers.#.shared_mlp.input_linear.weight", "blk.#.ffn_up_shexp.weight", experts, Rows::second_half},
    {"layers.#.shared_mlp.output_linear.weight", "blk.#.ffn_down_shexp.weight", experts},
    {"layers.#.block_sparse_moe.router.layer.weight", "blk.#.ffn_gate_inp.weight", experts},
    {"layers.#.block_sparse_moe.input_linear.weight", "blk.#.ffn_gate_exps.weight", experts,
     Rows::first_half},
    {"layers.#.block_sparse_moe.input_linear.weight", "blk.#.ffn_up_exps.weight", experts, Rows::second_half},
    {"layers.#.block_sparse_moe.output_linear.weight", "blk.#.ffn_down_exps.weight", experts},
};

/// Which layers have attention, where all others have none.
void set_attention(Model& model, std::vector<bool> attends) {
    Facts& f = model.facts;
    attends.resize(static_cast<std::size_t>(f.layers), false);
    f.layer_kv_heads.clear();
    for (const bool has : attends) f.layer_kv_heads.push_back(has ? f.kv_heads : 0);
    f.attends = std::move(attends);
}

void describe_lfm2(Model& model) {
    Config& c = model.config;
    describe_sizes(model, Epsilon::rms, {.epsilon = 1e-5});
    describe_rope(model, {.base = 1e6});
    std::vector<bool> attends = layers_of_type(model, "full_attention");
    if (const Json* list = c.find({"full_attn_idxs"});
        attends.empty() && list != nullptr && list->is_array()) {
        attends.resize(static_cast<std::size_t>(model.facts.layers));
        for (const Json& item : *list) {
            const auto i = integer_of(&item).value_or(-1);
            if (i >= 0 && i < model.facts.layers) attends[static_cast<std::size_t>(i)] = true;
        }
    }
    set_attention(model, std::move(attends));
    // The config's width goes through a rounding that the tensor has behind it.
    const SourceTensor* gate = model.checkpoint.find("model.layers.0.feed_forward.w1.weight");
    const std::int64_t ff = gate != nullptr && !gate->shape.empty() && gate->shape[0] <= max_ff
                                ? static_cast<std::int64_t>(gate->shape[0])
                                : c.integer({"block_ff_dim", "intermediate_size"}, 1, max_ff);
    model.integer("feed_forward_length", ff);
    model.integer("shortconv.l_cache", c.integer({"conv_L_cache"}, 1, 64, 3));
    c.require(!c.flag({"conv_bias"}, false), "convolutions with a bias are not supported in LFM 2");
    describe_window(model);
}

void describe_qwen35(Model& model) {
    Config& c = model.config;
    Facts& f = model.facts;
    describe_sizes(model, Epsilon::rms);
    describe_rope(model, {.share = 0.25});
    model.integer("feed_forward_length", c.integer({"intermediate_size"}, 1, max_ff));
    require_activation(model, {"silu"});
    const auto interval = c.integer({"full_attention_interval"}, 1, 1024, 4);
    std::vector<bool> full = layers_of_type(model, "full_attention");
    bool usual = true;
    for (int i = 0; i < f.layers; ++i) {
        const bool expected = (i + 1) % interval == 0;
        if (static_cast<int>(full.size()) <= i) full.push_back(expected);
        usual = usual && full[static_cast<std::size_t>(i)] == expected;
    }
    model.integer("full_attention_interval", interval);
    if (!usual) {
        std::vector<bool> recurrent_layers = full;
        recurrent_layers.flip();
        model.flags("attention.recurrent_layers", recurrent_layers);
    }
    f.attends = std::move(full);
    f.state_size = static_cast<int>(c.integer({"linear_key_head_dim"}, 1, 1024, 128));
    f.key_heads = static_cast<int>(c.integer({"linear_num_key_heads"}, 1, 1024, 16));
    f.value_heads = static_cast<int>(c.integer({"linear_num_value_heads"}, 1, 1024, 32));
    c.require(c.integer({"linear_value_head_dim"}, 1, 1024, 128) == f.state_size,
              "delta nets whose keys and values differ in size are not supported");
    model.integer("ssm.conv_kernel", c.integer({"linear_conv_kernel_dim"}, 1, 64, 4));
    model.integer("ssm.state_size", f.state_size);
    model.integer("ssm.group_count", f.key_heads);
    model.integer("ssm.time_step_rank", f.value_heads);
    model.integer("ssm.inner_size", static_cast<std::int64_t>(f.value_heads) * f.state_size);
    std::vector<std::int32_t> sections;
    const Json* list = rope_parameter(model, "mrope_section");
    for (std::size_t i = 0; i < 4; ++i) {
        const bool given = list != nullptr && list->is_array() && i < list->size();
        sections.push_back(given ? static_cast<std::int32_t>(integer_of(&(*list)[i]).value_or(0) & 0xffff)
                                 : 0);
    }
    model.integers("rope.dimension_sections", sections);
}

void describe_granite4_experts(Model& model) {
    Config& c = model.config;
    const auto shared = c.integer({"shared_intermediate_size"}, 1, max_ff);
    model.facts.experts = static_cast<int>(c.integer({"num_local_experts"}, 0, 1024, 0));
    if (model.facts.experts == 0) {
        model.integer("feed_forward_length", shared);
        return;
    }
    describe_experts(model);
    model.integer("feed_forward_length", c.integer({"intermediate_size"}, 1, max_ff));
    model.integer("expert_shared_feed_forward_length", shared);
}

void describe_granite4(Model& model) {
    Config& c = model.config;
    Facts& f = model.facts;
    describe_sizes(model, Epsilon::rms);
    describe_rope(model);
    const bool positions = c.text({"position_embedding_type"}, "nope") == "rope";
    model.flag("rope.scaling.finetuned", positions);
    set_attention(model, layers_of_type(model, "attention"));
    describe_granite4_experts(model);
    model.number("embedding_scale", c.number({"embedding_multiplier"}, 1e-6, 1e6, 1));
    model.number("residual_scale", c.number({"residual_multiplier"}, 1e-6, 1e6, 1));
    model.number("logit_scale", c.number({"logits_scaling"}, 1e-6, 1e6, 1));
    model.number("attention.scale", c.number({"attention_multiplier"}, 0, 1e6, 0));
    require_activation(model, {"silu"});
    if (std::find(f.attends.begin(), f.attends.end(), false) == f.attends.end()) return;
    f.groups = static_cast<int>(c.integer({"mamba_n_groups"}, 1, 1024, 1));
    model.integer("ssm.conv_kernel", c.integer({"mamba_d_conv"}, 1, 64, 4));
    model.integer("ssm.inner_size", c.integer({"mamba_expand"}, 1, 64, 2) * f.width);
    model.integer("ssm.state_size", c.integer({"mamba_d_state"}, 1, 1024, 256));
    model.integer("ssm.time_step_rank", c.integer({"mamba_n_heads"}, 1, 4096, 128));
    model.integer("ssm.group_count", f.groups);
}

}  // namespace

std::vector<Recipe> hybrid_recipes() {
    return {
        {{"Lfm2ForCausalLM"}, "lfm2", {"model."}, {lfm2_rules}, describe_lfm2},
        {{"Qwen3_5ForCausalLM", "Qwen3_5ForConditionalGeneration"},
         "qwen35",
         {"model.language_model.", "language_model.model.", "model."},
         {qwen35_rules},
         describe_qwen35},
        {{"GraniteMoeHybridForCausalLM"}, "granitehybrid", {"model."}, {granite4_rules}, describe_granite4},
    };
}

}  // namespace kinglet::convert
