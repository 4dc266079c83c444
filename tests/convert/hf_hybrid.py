"""Models whose layers are not all attention, in the layout of the transformers library."""
import math

from gguf_file import Matrix, below
from hf_decoders import ATTENTION, llama_attention, llama_config, llama_mlp, llama_norms, stem
from hf_others import less_one


def lfm2(c):
    llama_config(c, "Lfm2ForCausalLM")
    c.config["norm_eps"] = c.config.pop("rms_norm_eps")
    c.config.update({"layer_types": ["full_attention" if a else "conv" for a in c.attends], "conv_L_cache": c["shortconv.l_cache"],
                     "conv_bias": False, "intermediate_size": 3 * c["feed_forward_length"] // 2, "block_auto_adjust_ff_dim": True})
    if c.get("attention.sliding_window"):
        c.config["sliding_window"] = c["attention.sliding_window"]
    c.copy("model.embed_tokens", "token_embd")
    c.copy("model.embedding_norm", "token_embd_norm")
    at = "model.layers.{}."
    c.each_layer({at + "operator_norm": "attn_norm", at + "ffn_norm": "ffn_norm", at + "feed_forward.w1": "ffn_gate",
                  at + "feed_forward.w3": "ffn_up", at + "feed_forward.w2": "ffn_down", at + "conv.in_proj": "shortconv.in_proj",
                  at + "conv.out_proj": "shortconv.out_proj", at + "self_attn.q_proj": "attn_q", at + "self_attn.k_proj": "attn_k",
                  at + "self_attn.v_proj": "attn_v", at + "self_attn.out_proj": "attn_output",
                  at + "self_attn.q_layernorm": "attn_q_norm", at + "self_attn.k_layernorm": "attn_k_norm"})
    c.each_layer({at + "conv.conv": "shortconv.conv"}, lambda m: m.reshaped(m.shape[0], 1, m.shape[1]))


def qwen35_config(c, layers):
    s, recurrent = c["ssm.state_size"], c.get("attention.recurrent_layers")
    if recurrent is None:
        recurrent = [(i + 1) % c.get("full_attention_interval", 4) != 0 for i in range(c.layers)]
    theta = c.config.pop("rope_theta")
    c.config.update({"num_hidden_layers": layers, "linear_key_head_dim": s, "linear_value_head_dim": s,
                     "linear_num_key_heads": c["ssm.group_count"], "linear_num_value_heads": c["ssm.time_step_rank"],
                     "linear_conv_kernel_dim": c["ssm.conv_kernel"], "head_dim": c.size,
                     "layer_types": ["linear_attention" if r else "full_attention" for r in recurrent[:layers]],
                     "rope_parameters": {"rope_type": "default", "rope_theta": theta, "mrope_interleaved": True,
                                         "partial_rotary_factor": c["rope.dimension_count"] / c.size,
                                         "mrope_section": c["rope.dimension_sections"][:3]}})
    text = dict(c.config)
    c.config = {"architectures": text.pop("architectures"), "tie_word_embeddings": text.pop("tie_word_embeddings"), "text_config": text}


def qwen35(c):
    """Value heads that share a key head stand together here, and one after the other of all key heads in GGUF files."""
    llama_config(c, "Qwen3_5ForConditionalGeneration")
    s, hk, hv = c["ssm.state_size"], c["ssm.group_count"], c["ssm.time_step_rank"]
    layers = c.layers - c.get("nextn_predict_layers", 0)
    qwen35_config(c, layers)
    prefix = "model.language_model."
    stem(c, prefix, less_one)
    # Head h of the checkpoint uses key head h // (hv / hk); place a of the file uses key head a % hk.
    place = [h % (hv // hk) * hk + h // (hv // hk) for h in range(hv)]

    def by_heads(size, skip=0):
        order = list(range(skip)) + [skip + place[h] * size + i for h in range(hv) for i in range(size)]

        def change(m):
            columns = m.shape[1] if len(m.shape) == 2 else 1
            return m.reshaped(m.shape[0], columns).rows(order).reshaped(*m.shape)
        return change

    c.layers = layers
    at = prefix + "layers.{}."
    c.each_layer({at + "input_layernorm": "attn_norm", at + "post_attention_layernorm": "post_attention_norm",
                  at + "self_attn.q_norm": "attn_q_norm", at + "self_attn.k_norm": "attn_k_norm"}, less_one)
    c.each_layer({at + "self_attn." + hf: gguf for hf, gguf in ATTENTION.items()})
    llama_mlp(c, prefix)
    c.each_layer({at + "linear_attn.in_proj_qkv": "attn_qkv"}, by_heads(s, 2 * hk * s))
    c.each_layer({at + "linear_attn.in_proj_z": "attn_gate"}, by_heads(s))
    c.each_layer({at + "linear_attn.in_proj_b": "ssm_beta", at + "linear_attn.in_proj_a": "ssm_alpha"}, by_heads(1))
    c.each_layer({at + "linear_attn.conv1d": "ssm_conv1d"}, lambda m: by_heads(s, 2 * hk * s)(m).reshaped(m.shape[0], 1, m.shape[1]))
    c.each_layer({at + "linear_attn.norm": "ssm_norm"})
    c.each_layer({at + "linear_attn.out_proj": "ssm_out"}, lambda m: by_heads(s)(m.transposed()).transposed())
    for i in range(layers):
        if not c.has(f"blk.{i}.ssm_a"):
            continue
        c.put(at.format(i) + "linear_attn.dt_bias", by_heads(1)(c.tensor(f"blk.{i}.ssm_dt.bias")))
        c.put(at.format(i) + "linear_attn.A_log", by_heads(1)(c.tensor(f"blk.{i}.ssm_a")).map(lambda x: math.log(-x)))
    c.put("mtp.fc.weight", Matrix((2, 2), [0.5] * 4))
    c.put("model.visual.x.weight", Matrix((2, 2), [0.5] * 4))


def granite_config(c):
    rope = c.get("rope.scaling.finetuned", True)
    c.config.update({"layer_types": ["attention" if a else "mamba" for a in c.attends], "position_embedding_type": "rope" if rope else "nope",
                     "mamba_n_heads": c["ssm.time_step_rank"], "mamba_n_groups": c["ssm.group_count"], "mamba_d_state": c["ssm.state_size"],
                     "mamba_d_conv": c["ssm.conv_kernel"], "mamba_expand": c["ssm.inner_size"] // c.width,
                     "num_local_experts": c.get("expert_count", 0),
                     "shared_intermediate_size": c.get("expert_shared_feed_forward_length", c["feed_forward_length"]),
                     "embedding_multiplier": c.get("embedding_scale", 1), "residual_multiplier": c.get("residual_scale", 1),
                     "attention_multiplier": c.get("attention.scale", 1 / math.sqrt(c.size)), "logits_scaling": c.get("logit_scale", 1)})


def granite_experts(c, i, here):
    """Gate and up of each expert in one tensor of all."""
    block = f"blk.{i}."
    c.config["num_experts_per_tok"] = c["expert_used_count"]
    c.put(here + "block_sparse_moe.router.layer.weight", c.tensor(block + "ffn_gate_inp.weight"))
    gate, up = c.tensor(block + "ffn_gate_exps.weight"), c.tensor(block + "ffn_up_exps.weight")
    count, rows, columns = gate.shape
    flat = below(gate.reshaped(count * rows, columns), up.reshaped(count * rows, columns))
    order = [part * count * rows + e * rows + r for e in range(count) for part in range(2) for r in range(rows)]
    c.put(here + "block_sparse_moe.input_linear.weight", flat.rows(order).reshaped(count, 2 * rows, columns))
    c.put(here + "block_sparse_moe.output_linear.weight", c.tensor(block + "ffn_down_exps.weight"))


def granitehybrid(c):
    llama_config(c, "GraniteMoeHybridForCausalLM")
    granite_config(c)
    stem(c)
    llama_attention(c)
    llama_norms(c)
    at = "model.layers.{}."
    c.each_layer({at + "mamba.in_proj": "ssm_in", at + "mamba.out_proj": "ssm_out"})
    shared = "_shexp" if c.get("expert_count", 0) else ""
    for i in range(c.layers):
        block, here = f"blk.{i}.", at.format(i)
        c.put(here + "shared_mlp.input_linear.weight", below(c.tensor(f"{block}ffn_gate{shared}.weight"), c.tensor(f"{block}ffn_up{shared}.weight")))
        c.put(here + "shared_mlp.output_linear.weight", c.tensor(f"{block}ffn_down{shared}.weight"))
        if shared:
            granite_experts(c, i, here)
        if c.attends[i]:
            continue
        conv = c.tensor(block + "ssm_conv1d.weight")
        c.put(here + "mamba.conv1d.weight", conv.reshaped(conv.shape[0], 1, conv.shape[1]))
        if c.has(block + "ssm_conv1d.bias"):
            c.put(here + "mamba.conv1d.bias", c.tensor(block + "ssm_conv1d.bias"))
        heads = c["ssm.time_step_rank"]
        c.put(here + "mamba.dt_bias", c.tensor(block + "ssm_dt.bias"))
        c.put(here + "mamba.A_log", c.tensor(block + "ssm_a").reshaped(heads).map(lambda x: math.log(-x)))
        c.put(here + "mamba.D", c.tensor(block + "ssm_d").reshaped(heads))
        c.put(here + "mamba.norm.weight", c.tensor(block + "ssm_norm.weight").reshaped(c["ssm.inner_size"]))
