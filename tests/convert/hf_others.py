"""Decoders with layer norms, the Gemma family and the encoders, in the layout of the transformers library."""
from gguf_file import Matrix, below
from hf_decoders import ATTENTION, llama_config, llama_mlp, llama_norms, plain_attention, rope_config, split, stem


def less_one(m):
    return m.map(lambda x: x - 1)


def layer_norm_config(c, model_class, **more):
    c.config.update({"architectures": [model_class], "hidden_size": c.width, "num_hidden_layers": c.layers,
                     "num_attention_heads": c.heads, "intermediate_size": c["feed_forward_length"],
                     "max_position_embeddings": c["context_length"], "tie_word_embeddings": not c.has("output.weight"), **more})


def gpt2(c):
    c.config.update({"architectures": ["GPT2LMHeadModel"], "n_embd": c.width, "n_layer": c.layers, "n_head": c.heads,
                     "n_positions": c["context_length"], "n_inner": c["feed_forward_length"],
                     "layer_norm_epsilon": c["attention.layer_norm_epsilon"], "activation_function": "gelu_new"})
    c.copy("wte", "token_embd")
    c.copy("wpe", "position_embd")
    c.copy("ln_f", "output_norm")
    c.copy("lm_head", "output")
    c.each_layer({"h.{}.ln_1": "attn_norm", "h.{}.ln_2": "ffn_norm"})
    for i in range(c.layers):
        block = f"blk.{i}."
        names = {"attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
        if c.has(block + "attn_qkv.weight"):
            names["attn.c_attn"] = "attn_qkv"
        else:
            for end in (".weight", ".bias"):
                whole = below(*(c.tensor(f"{block}attn_{x}{end}") for x in "qkv"))
                c.put(f"h.{i}.attn.c_attn{end}", whole.transposed() if end == ".weight" else whole)
        for hf, gguf in names.items():
            c.copy(f"h.{i}.{hf}", block + gguf, lambda m: m.transposed() if len(m.shape) == 2 else m)
        c.put(f"h.{i}.attn.bias", Matrix((1, 1, 2, 2), [1, 0, 1, 1]))


def phi2(c):
    layer_norm_config(c, "PhiForCausalLM", layer_norm_eps=c["attention.layer_norm_epsilon"], hidden_act="gelu_new",
                      partial_rotary_factor=c["rope.dimension_count"] / c.size)
    c.copy("model.embed_tokens", "token_embd")
    c.copy("model.final_layernorm", "output_norm")
    c.copy("lm_head", "output")
    c.each_layer({"model.layers.{}.input_layernorm": "attn_norm", "model.layers.{}.self_attn.dense": "attn_output",
                  "model.layers.{}.mlp.fc1": "ffn_up", "model.layers.{}.mlp.fc2": "ffn_down"})
    for i in range(c.layers):
        at, block = f"model.layers.{i}.self_attn.", f"blk.{i}."
        for end in (".weight", ".bias"):
            if c.has(block + "attn_qkv" + end):
                parts = split(c.tensor(block + "attn_qkv" + end), *[c.width] * 3)
            else:
                parts = [c.tensor(f"{block}attn_{x}{end}") for x in "qkv"]
            for name, part in zip("qkv", parts):
                c.put(f"{at}{name}_proj{end}", part)


def gptneox(c):
    layer_norm_config(c, "GPTNeoXForCausalLM", layer_norm_eps=c["attention.layer_norm_epsilon"], hidden_act="gelu",
                      rotary_pct=c["rope.dimension_count"] / c.size, rotary_emb_base=c.get("rope.freq_base", 10000),
                      use_parallel_residual=c["use_parallel_residual"])
    c.copy("gpt_neox.embed_in", "token_embd")
    c.copy("gpt_neox.final_layer_norm", "output_norm")
    c.copy("embed_out", "output")
    at = "gpt_neox.layers.{}."
    c.each_layer({at + "input_layernorm": "attn_norm", at + "post_attention_layernorm": "ffn_norm",
                  at + "attention.dense": "attn_output", at + "mlp.dense_h_to_4h": "ffn_up", at + "mlp.dense_4h_to_h": "ffn_down"})
    for i in range(c.layers):
        for end in (".weight", ".bias"):
            if not c.has(f"blk.{i}.attn_qkv{end}"):
                continue
            q, k, v = split(c.tensor(f"blk.{i}.attn_qkv{end}"), *[c.width] * 3)
            # Each head has its query, its key and its value together.
            per_head = [split(x, *[c.size] * c.heads) for x in (q, k, v)]
            c.put(f"gpt_neox.layers.{i}.attention.query_key_value{end}",
                  below(*(per_head[x][h] for h in range(c.heads) for x in range(3))))


def stablelm(c):
    layer_norm_config(c, "StableLmForCausalLM", layer_norm_eps=c["attention.layer_norm_epsilon"], hidden_act="silu",
                      partial_rotary_factor=c["rope.dimension_count"] / c.size, num_key_value_heads=c.kv_heads, rope_theta=10000,
                      use_parallel_residual=not c.has("blk.0.ffn_norm.weight"), qk_layernorm=c.has("blk.0.attn_q_norm.weight"))
    stem(c)
    c.each_layer({"model.layers.{}.self_attn." + hf: gguf for hf, gguf in ATTENTION.items()})
    for i in range(c.layers if c.config["qk_layernorm"] else 0):
        for x in "qk":
            gains = c.tensor(f"blk.{i}.attn_{x}_norm.weight")
            for head in range(gains.shape[0]):
                c.put(f"model.layers.{i}.self_attn.{x}_layernorm.norms.{head}.weight", gains.rows([head]).reshaped(c.size))
    llama_norms(c)
    llama_mlp(c)


def starcoder2(c):
    layer_norm_config(c, "Starcoder2ForCausalLM", norm_epsilon=c["attention.layer_norm_epsilon"], hidden_act="gelu_pytorch_tanh",
                      num_key_value_heads=c.kv_heads, sliding_window=c.get("attention.sliding_window"), **rope_config(c))
    stem(c)
    plain_attention(c)
    llama_norms(c)
    c.each_layer({"model.layers.{}.mlp.c_fc": "ffn_up", "model.layers.{}.mlp.c_proj": "ffn_down"})


def gemma_norms(c, prefix, change):
    at = prefix + "layers.{}."
    c.each_layer({at + "input_layernorm": "attn_norm", at + "post_attention_layernorm": "post_attention_norm",
                  at + "pre_feedforward_layernorm": "ffn_norm", at + "post_feedforward_layernorm": "post_ffw_norm",
                  at + "self_attn.q_norm": "attn_q_norm", at + "self_attn.k_norm": "attn_k_norm"}, change)


def gemma_config(c, model_class):
    llama_config(c, model_class)
    del c.config["hidden_act"]
    c.config.update({"hidden_activation": "gelu_pytorch_tanh", "head_dim": c.size, "query_pre_attn_scalar": c.size,
                     "sliding_window": c["attention.sliding_window"]})


def gemma(c):
    llama_config(c, "GemmaForCausalLM")
    c.config.update({"hidden_act": "gelu", "hidden_activation": None, "head_dim": c.size})
    stem(c, norm=less_one)
    c.each_layer({"model.layers.{}.self_attn." + hf: gguf for hf, gguf in ATTENTION.items()})
    c.each_layer({"model.layers.{}.input_layernorm": "attn_norm", "model.layers.{}.post_attention_layernorm": "ffn_norm"}, less_one)
    llama_mlp(c)


def gemma2(c):
    gemma_config(c, "Gemma2ForCausalLM")
    c.config.update({"attn_logit_softcapping": c["attn_logit_softcapping"], "final_logit_softcapping": c["final_logit_softcapping"]})
    stem(c, norm=less_one)
    c.each_layer({"model.layers.{}.self_attn." + hf: gguf for hf, gguf in ATTENTION.items()})
    gemma_norms(c, "model.", less_one)
    llama_mlp(c)


def gemma3(c):
    gemma_config(c, "Gemma3ForConditionalGeneration")
    c.config["rope_local_base_freq"] = 10000.0
    c.config["layer_types"] = ["full_attention" if (i + 1) % 6 == 0 else "sliding_attention" for i in range(c.layers)]
    text = dict(c.config)
    c.config = {"architectures": text.pop("architectures"), "text_config": text}
    prefix = "model.language_model."
    stem(c, prefix, less_one)
    c.each_layer({prefix + "layers.{}.self_attn." + hf: gguf for hf, gguf in ATTENTION.items()})
    gemma_norms(c, prefix, less_one)
    llama_mlp(c, prefix)
    c.put("model.vision_tower.vision_model.x.weight", Matrix((2, 2), [0.5] * 4))


def gemma_embedding(c):
    gemma_config(c, "Gemma3TextModel")
    c.config["rope_parameters"] = {"full_attention": {"rope_type": "default", "rope_theta": c.config.pop("rope_theta")},
                                   "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}
    c.config["_sliding_window_pattern"] = 6
    stem(c, "", less_one)
    c.each_layer({"layers.{}.self_attn." + hf: gguf for hf, gguf in ATTENTION.items()})
    gemma_norms(c, "", less_one)
    llama_mlp(c, "")
    c.modules = {f"{n}_Dense": {"linear.weight": c.tensor(f"dense_{n}.weight")} for n in (2, 3) if c.has(f"dense_{n}.weight")}


def gemma4(c):
    llama_config(c, "Gemma4ForConditionalGeneration")
    ff, sharing = c["feed_forward_length"], c["attention.shared_kv_layers"]
    pattern = c["attention.sliding_window_pattern"]
    full = {"rope_type": "proportional", "rope_theta": c["rope.freq_base"], "partial_rotary_factor": c.rotated / c["attention.key_length"]}
    c.config.update({"intermediate_size": ff[0], "use_double_wide_mlp": ff[-1] != ff[0], "head_dim": c["attention.key_length_swa"],
                     "global_head_dim": c["attention.key_length"], "sliding_window": c["attention.sliding_window"],
                     "layer_types": ["sliding_attention" if w else "full_attention" for w in pattern],
                     "num_kv_shared_layers": sharing,
                     "attention_k_eq_v": any(not pattern[i] and not c.has(f"blk.{i}.attn_v.weight") for i in range(c.layers - sharing)),
                     "hidden_size_per_layer_input": c["embedding_length_per_layer_input"],
                     "final_logit_softcapping": c["final_logit_softcapping"], "hidden_activation": "gelu_pytorch_tanh",
                     "rope_parameters": {"full_attention": full,
                                         "sliding_attention": {"rope_type": "default", "rope_theta": c["rope.freq_base_swa"]}}})
    del c.config["hidden_act"], c.config["rope_theta"]
    text = dict(c.config)
    c.config = {"architectures": text.pop("architectures"), "text_config": text}
    prefix = "model.language_model."
    at = prefix + "layers.{}."
    stem(c, prefix)
    c.each_layer({at + "self_attn." + hf: gguf for hf, gguf in ATTENTION.items()})
    gemma_norms(c, prefix, lambda m: m)
    llama_mlp(c, prefix)
    c.each_layer({at + "per_layer_input_gate": "inp_gate", at + "per_layer_projection": "proj", at + "post_per_layer_input_norm": "post_norm"})
    for i in range(c.layers):
        if c.has(f"blk.{i}.layer_output_scale.weight"):
            c.put(at.format(i) + "layer_scalar", c.tensor(f"blk.{i}.layer_output_scale.weight"))
        if i >= c.layers - sharing and not c.has(f"blk.{i}.attn_k.weight"):
            # Published checkpoints keep these though nothing uses them.
            c.put(at.format(i) + "self_attn.k_proj.weight", Matrix((2, 2), [0.5] * 4))
    c.copy(prefix + "embed_tokens_per_layer", "per_layer_token_embd")
    c.copy(prefix + "per_layer_model_projection", "per_layer_model_proj")
    c.copy(prefix + "per_layer_projection_norm", "per_layer_proj_norm")
    c.put("model.audio_tower.x.weight", Matrix((2, 2), [0.5] * 4))


def bert(c):
    distil = not c.has("token_types.weight")
    if distil:
        c.config.update({"architectures": ["DistilBertModel"], "dim": c.width, "n_layers": c.layers, "n_heads": c.heads,
                         "hidden_dim": c["feed_forward_length"], "max_position_embeddings": c["context_length"], "activation": "gelu"})
        if c["attention.layer_norm_epsilon"] > 1e-11:
            c.config["layer_norm_eps"] = c["attention.layer_norm_epsilon"]
        at = "transformer.layer.{}."
        names = {"attention.q_lin": "attn_q", "attention.k_lin": "attn_k", "attention.v_lin": "attn_v", "attention.out_lin": "attn_output",
                 "sa_layer_norm": "attn_output_norm", "ffn.lin1": "ffn_up", "ffn.lin2": "ffn_down", "output_layer_norm": "layer_output_norm"}
    else:
        layer_norm_config(c, "BertModel", layer_norm_eps=c["attention.layer_norm_epsilon"], hidden_act="gelu")
        del c.config["tie_word_embeddings"]
        at = "encoder.layer.{}."
        names = {"attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
                 "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm", "intermediate.dense": "ffn_up",
                 "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm"}
        c.copy("embeddings.token_type_embeddings", "token_types")
        c.put("pooler.dense.weight", Matrix((2, 2), [0.5] * 4))
    c.copy("embeddings.word_embeddings", "token_embd")
    c.copy("embeddings.position_embeddings", "position_embd")
    c.copy("embeddings.LayerNorm", "token_embd_norm")
    c.each_layer({at + hf: gguf for hf, gguf in names.items()})
    if c.has("cls.weight"):
        head(c, distil)


def head(c, distil):
    """The masked-word head makes it another class, whose encoder has a prefix."""
    prefix = "distilbert." if distil else "bert."
    c.tensors = {prefix + name: tensor for name, tensor in c.tensors.items()}
    c.config["architectures"] = ["DistilBertForMaskedLM" if distil else "BertForMaskedLM"]
    dense, norm, out = ("vocab_transform", "vocab_layer_norm", "vocab_projector") if distil else (
        "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder")
    c.copy(dense, "cls")
    c.copy(norm, "cls.norm")
    if c.has("cls.output.weight"):
        c.config["tie_word_embeddings"] = False
        c.put(out + ".weight", c.tensor("cls.output.weight"))
    else:
        # Stored once more though it is the embedding.
        c.put(out + ".weight", c.tensor("token_embd.weight"))
    if c.has("cls.output.bias"):
        c.put(out + ".bias" if distil else "cls.predictions.bias", c.tensor("cls.output.bias"))


def nomic_bert(c):
    c.config.update({"architectures": ["NomicBertModel"], "n_embd": c.width, "n_layer": c.layers, "n_head": c.heads,
                     "n_inner": c["feed_forward_length"], "n_positions": c["context_length"], "activation_function": "swiglu",
                     "layer_norm_epsilon": c["attention.layer_norm_epsilon"], "rotary_emb_base": c["rope.freq_base"],
                     "rotary_emb_fraction": 1.0, "qkv_proj_bias": False, "prenorm": False})
    c.copy("embeddings.word_embeddings", "token_embd")
    c.copy("embeddings.token_type_embeddings", "token_types")
    c.copy("emb_ln", "token_embd_norm")
    at = "encoder.layers.{}."
    c.each_layer({at + "attn.Wqkv": "attn_qkv", at + "attn.out_proj": "attn_output", at + "norm1": "attn_output_norm",
                  at + "mlp.fc12": "ffn_gate", at + "mlp.fc11": "ffn_up", at + "mlp.fc2": "ffn_down", at + "norm2": "layer_output_norm"})
