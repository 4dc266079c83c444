"""Small checkpoints in the layout of the transformers library: class, config, and the shape of every tensor. Their values
follow from names and indices. Shared by the test, which writes and converts them, and by reference/make_expected.py, which
computes them as that library's modules do. Only the standard library."""

TOKENS = [3, 17, 5, 5, 22, 1, 9, 14, 0, 20]
VOCABULARY = 24
SEED = 11

# Norms whose stored weight is the distance from 1.
ZERO_CENTRED = {"Gemma2ForCausalLM": "", "Qwen3_5ForCausalLM": "linear_attn"}


def offset_and_scale(model_class, name, shape):
    """A value is offset + scale * u, with u uniform in [-1, 1)."""
    if "norm" in name.lower() and name.endswith("weight") or "ln_" in name and name.endswith("weight"):
        exception = ZERO_CENTRED.get(model_class)
        centred = exception is not None and (exception == "" or exception not in name)
        return (0.0 if centred else 1.0), 0.25
    if name.endswith(("bias", "dt_bias", "A_log", ".D")):
        return 0.0, 0.5
    if "embed" in name or "wte" in name or "wpe" in name:
        return 0.0, 1.7
    return 0.0, 1.7 / (shape[0] if "c_" in name and "attn" in name or "mlp.c_" in name else shape[-1]) ** 0.5


def decoder(layers, stem, names):
    shapes = dict(stem)
    for i in range(layers):
        shapes.update({name.replace("#", str(i)): shape for name, shape in names.items()})
    return shapes


COMMON = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 48,
          "max_position_embeddings": 64, "vocab_size": VOCABULARY}
AT = "model.layers.#."
LLAMA = {AT + "input_layernorm.weight": [32], AT + "post_attention_layernorm.weight": [32],
         AT + "self_attn.q_proj.weight": [32, 32], AT + "self_attn.k_proj.weight": [16, 32], AT + "self_attn.v_proj.weight": [16, 32],
         AT + "self_attn.o_proj.weight": [32, 32], AT + "mlp.gate_proj.weight": [48, 32], AT + "mlp.up_proj.weight": [48, 32],
         AT + "mlp.down_proj.weight": [32, 48]}
STEM = {"model.embed_tokens.weight": [24, 32], "model.norm.weight": [32]}
HEAD = {"lm_head.weight": [24, 32]}
QKV_BIAS = {AT + "self_attn.q_proj.bias": [32], AT + "self_attn.k_proj.bias": [16], AT + "self_attn.v_proj.bias": [16]}


def both(prefix, *shape):
    """A weight and its bias, one an output."""
    return {prefix + ".weight": list(shape), prefix + ".bias": [shape[0]]}


def gpt2_shapes():
    """Conv1D: (inputs, outputs)."""
    shapes = {**both("transformer.ln_f", 32), "transformer.wte.weight": [24, 32], "transformer.wpe.weight": [64, 32]}
    for i in range(2):
        at = f"transformer.h.{i}."
        shapes.update({**both(at + "ln_1", 32), **both(at + "ln_2", 32)})
        for name, rows, columns in (("attn.c_attn", 32, 96), ("attn.c_proj", 32, 32), ("mlp.c_fc", 32, 48), ("mlp.c_proj", 48, 32)):
            shapes.update({f"{at}{name}.weight": [rows, columns], f"{at}{name}.bias": [columns]})
    return shapes


def bert_shapes():
    at = "encoder.layer.#."
    names = {}
    for name, rows, columns in (("attention.self.query", 32, 32), ("attention.self.key", 32, 32), ("attention.self.value", 32, 32),
                                ("attention.output.dense", 32, 32), ("intermediate.dense", 48, 32), ("output.dense", 32, 48)):
        names.update(both(at + name, rows, columns))
    names.update({**both(at + "attention.output.LayerNorm", 32), **both(at + "output.LayerNorm", 32)})
    stem = {"embeddings.word_embeddings.weight": [24, 32], "embeddings.position_embeddings.weight": [64, 32],
            "embeddings.token_type_embeddings.weight": [2, 32], **both("embeddings.LayerNorm", 32)}
    return decoder(2, stem, names)


def phi_shapes():
    names = {**both(AT + "input_layernorm", 32), **both(AT + "mlp.fc1", 48, 32), **both(AT + "mlp.fc2", 32, 48)}
    for name in ("q_proj", "k_proj", "v_proj", "dense"):
        names.update(both(AT + "self_attn." + name, 32, 32))
    return decoder(2, {"model.embed_tokens.weight": [24, 32], **both("model.final_layernorm", 32), **both("lm_head", 24, 32)}, names)


def neox_shapes():
    at = "gpt_neox.layers.#."
    names = {**both(at + "input_layernorm", 32), **both(at + "post_attention_layernorm", 32),
             **both(at + "attention.query_key_value", 96, 32), **both(at + "attention.dense", 32, 32),
             **both(at + "mlp.dense_h_to_4h", 48, 32), **both(at + "mlp.dense_4h_to_h", 32, 48)}
    return decoder(2, {"gpt_neox.embed_in.weight": [24, 32], **both("gpt_neox.final_layer_norm", 32), "embed_out.weight": [24, 32]}, names)


STABLELM = {**LLAMA, **both(AT + "input_layernorm", 32),
            **{AT + f"self_attn.{x}_layernorm.norms.{head}.weight": [8] for x, heads in (("q", 4), ("k", 2)) for head in range(heads)}}
del STABLELM[AT + "post_attention_layernorm.weight"]
GEMMA2 = {**LLAMA, AT + "pre_feedforward_layernorm.weight": [32], AT + "post_feedforward_layernorm.weight": [32]}


def qwen35_shapes():
    """Layers 0 and 2 are delta nets with 2 key heads and 4 value heads of 8, layer 1 is attention with gates."""
    shapes = {**STEM, **HEAD}
    for i in range(3):
        at = f"model.layers.{i}."
        shapes.update({at + "input_layernorm.weight": [32], at + "post_attention_layernorm.weight": [32], at + "mlp.gate_proj.weight": [48, 32],
                       at + "mlp.up_proj.weight": [48, 32], at + "mlp.down_proj.weight": [32, 48]})
        if i == 1:
            shapes.update({at + "self_attn.q_proj.weight": [64, 32], at + "self_attn.k_proj.weight": [16, 32], at + "self_attn.v_proj.weight": [16, 32],
                           at + "self_attn.o_proj.weight": [32, 32], at + "self_attn.q_norm.weight": [8], at + "self_attn.k_norm.weight": [8]})
            continue
        la = at + "linear_attn."
        shapes.update({la + "in_proj_qkv.weight": [64, 32], la + "in_proj_z.weight": [32, 32], la + "in_proj_b.weight": [4, 32],
                       la + "in_proj_a.weight": [4, 32], la + "conv1d.weight": [64, 1, 4], la + "dt_bias": [4], la + "A_log": [4],
                       la + "norm.weight": [8], la + "out_proj.weight": [32, 32]})
    return shapes


# What a class takes for granted is left out, such as that Phi rotates a half of each head and StableLM a quarter.
MODELS = {
    "llama": ("LlamaForCausalLM", {**COMMON, "rms_norm_eps": 1e-5, "rope_theta": 500.0, "hidden_act": "silu", "tie_word_embeddings": False,
                                   "rope_scaling": {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                                    "original_max_position_embeddings": 32}},
              decoder(2, {**STEM, **HEAD}, LLAMA)),
    "qwen2": ("Qwen2ForCausalLM", {**COMMON, "rms_norm_eps": 1e-6, "rope_theta": 1000.0, "hidden_act": "silu", "tie_word_embeddings": True,
                                   "use_sliding_window": False}, decoder(2, STEM, {**LLAMA, **QKV_BIAS})),
    "gpt2": ("GPT2LMHeadModel", {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "n_inner": 48, "layer_norm_epsilon": 1e-5,
                                 "activation_function": "gelu_new", "vocab_size": VOCABULARY}, gpt2_shapes()),
    "bert": ("BertModel", {**COMMON, "num_key_value_heads": None, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "type_vocab_size": 2}, bert_shapes()),
    "phi": ("PhiForCausalLM", {**COMMON, "num_key_value_heads": None, "layer_norm_eps": 1e-5, "rope_theta": 100.0, "hidden_act": "gelu_new",
                               "tie_word_embeddings": False}, phi_shapes()),
    "stablelm": ("StableLmForCausalLM", {**COMMON, "layer_norm_eps": 1e-5, "rope_theta": 100.0, "hidden_act": "silu", "use_qkv_bias": False,
                                         "qk_layernorm": True, "use_parallel_residual": True, "tie_word_embeddings": False},
                 decoder(2, {**STEM, **both("model.norm", 32), **HEAD}, STABLELM)),
    "gemma2": ("Gemma2ForCausalLM", {**COMMON, "rms_norm_eps": 1e-6, "rope_theta": 1000.0, "hidden_activation": "gelu_pytorch_tanh", "head_dim": 8,
                                     "query_pre_attn_scalar": 8, "sliding_window": 4, "attn_logit_softcapping": 5.0,
                                     "final_logit_softcapping": 3.0}, decoder(2, STEM, GEMMA2)),
    "gptneox": ("GPTNeoXForCausalLM", {**COMMON, "num_key_value_heads": None, "layer_norm_eps": 1e-5, "rotary_pct": 0.5, "rotary_emb_base": 100,
                                       "hidden_act": "gelu", "use_parallel_residual": True, "tie_word_embeddings": False}, neox_shapes()),
    "qwen3_5": ("Qwen3_5ForCausalLM", {**COMMON, "num_hidden_layers": 3, "rms_norm_eps": 1e-6, "hidden_act": "silu", "head_dim": 8,
                                       "tie_word_embeddings": False, "layer_types": ["linear_attention", "full_attention", "linear_attention"],
                                       "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8,
                                       "linear_value_head_dim": 8, "linear_conv_kernel_dim": 4,
                                       "rope_parameters": {"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.5,
                                                           "mrope_section": [1, 1, 0]}}, qwen35_shapes()),
}
