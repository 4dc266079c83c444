"""A checkpoint that is being written, and the layout of LLaMA and its relatives in the transformers library."""
import math

from gguf_file import Matrix, below


class Checkpoint:
    def __init__(self, source):
        self.source = source
        self.architecture = source.metadata["general.architecture"]
        self.config = {}
        self.tensors = {}
        self.layers = self["block_count"]
        self.heads = self["attention.head_count"]
        kv = self.get("attention.head_count_kv", self.heads)
        self.kv_heads = max(kv) if isinstance(kv, list) else kv
        self.attends = [n > 0 for n in kv] if isinstance(kv, list) else [True] * self.layers
        self.width = self["embedding_length"]
        self.size = self.get("attention.key_length", self.width // self.heads)

    def __getitem__(self, key):
        return self.source.metadata[f"{self.architecture}.{key}"]

    def get(self, key, fallback=None):
        return self.source.metadata.get(f"{self.architecture}.{key}", fallback)

    def has(self, name):
        return name in self.source.tensors

    def tensor(self, name):
        return self.source.tensors[name]

    def put(self, name, matrix):
        assert name not in self.tensors, name
        self.tensors[name] = matrix

    def copy(self, hf, gguf, change=lambda m: m):
        """Weight, and bias where there is one."""
        for end in (".weight", ".bias"):
            if self.has(gguf + end):
                self.put(hf + end, change(self.tensor(gguf + end)))

    def each_layer(self, pairs, change=lambda m: m):
        for i in range(self.layers):
            for hf, gguf in pairs.items():
                self.copy(hf.format(i), f"blk.{i}.{gguf}", change)


def halves(heads):
    """Rows whose neighbours are rotated together, as transformers keeps them: the first of each pair, then the second."""
    def change(m):
        columns = m.shape[1] if len(m.shape) == 2 else 1
        m2 = m.reshaped(m.shape[0], columns)
        size = m.shape[0] // heads
        order = [h * size + 2 * (i % (size // 2)) + i // (size // 2) for h in range(heads) for i in range(size)]
        return m2.rows(order).reshaped(*m.shape)
    return change



def split(m, *sizes):
    """Parts of the rows; vectors too."""
    columns = m.shape[1] if len(m.shape) == 2 else 1
    m2, out, at = m.reshaped(m.shape[0], columns), [], 0
    for size in sizes:
        part = m2.rows(range(at, at + size))
        out.append(part if len(m.shape) == 2 else part.reshaped(size))
        at += size
    return out


def rope_config(c, theta_name="rope_theta"):
    out = {theta_name: c.get("rope.freq_base", 10000.0)}
    kind = c.get("rope.scaling.type")
    if kind == "linear":
        out["rope_scaling"] = {"rope_type": "linear", "factor": c["rope.scaling.factor"]}
    if kind == "yarn":
        out["rope_scaling"] = {"type": "yarn", "factor": c["rope.scaling.factor"],
                               "original_max_position_embeddings": c["rope.scaling.original_context_length"]}
    return out


def llama_config(c, model_class):
    tied = not c.has("output.weight")
    c.config.update({
        "architectures": [model_class], "hidden_size": c.width, "num_hidden_layers": c.layers,
        "num_attention_heads": c.heads, "num_key_value_heads": c.kv_heads, "intermediate_size": c.get("feed_forward_length"),
        "max_position_embeddings": c["context_length"], "rms_norm_eps": c.get("attention.layer_norm_rms_epsilon"),
        "hidden_act": "silu", "tie_word_embeddings": tied, **rope_config(c)})
    if c.size * c.heads != c.width:
        c.config["head_dim"] = c.size


def stem(c, prefix="model.", norm=lambda m: m, head="lm_head"):
    c.copy(prefix + "embed_tokens", "token_embd")
    c.copy(prefix + "norm", "output_norm", norm)
    c.copy(head, "output")


ATTENTION = {"q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output"}


def llama_attention(c, prefix="model."):
    for i in range(c.layers):
        at, block = f"{prefix}layers.{i}.self_attn.", f"blk.{i}."
        c.copy(at + "q_proj", block + "attn_q", halves(c.heads))
        c.copy(at + "k_proj", block + "attn_k", halves(c.kv_heads))
        c.copy(at + "v_proj", block + "attn_v")
        c.copy(at + "o_proj", block + "attn_output")


def plain_attention(c, prefix="model."):
    c.each_layer({prefix + "layers.{}.self_attn." + hf: gguf for hf, gguf in ATTENTION.items()})
    c.each_layer({prefix + "layers.{}.self_attn.q_norm": "attn_q_norm", prefix + "layers.{}.self_attn.k_norm": "attn_k_norm"})


def llama_norms(c, prefix="model."):
    c.each_layer({prefix + "layers.{}.input_layernorm": "attn_norm", prefix + "layers.{}.post_attention_layernorm": "ffn_norm"})


def llama_mlp(c, prefix="model."):
    c.each_layer({prefix + "layers.{}.mlp.gate_proj": "ffn_gate", prefix + "layers.{}.mlp.up_proj": "ffn_up",
                  prefix + "layers.{}.mlp.down_proj": "ffn_down"})


def moe(c, router, names):
    """One tensor an expert."""
    c.config.update({"num_experts_per_tok": c["expert_used_count"]})
    for i in range(c.layers):
        c.copy(router.format(i), f"blk.{i}.ffn_gate_inp")
        for name, gguf in names.items():
            all_experts = c.tensor(f"blk.{i}.{gguf}.weight")
            count, rows, columns = all_experts.shape
            flat = all_experts.reshaped(count * rows, columns)
            for e in range(count):
                c.put(name.format(i, e) + ".weight", flat.rows(range(e * rows, (e + 1) * rows)))


def llama(c):
    experts = c.get("expert_count", 0)
    llama_config(c, "MixtralForCausalLM" if experts else "LlamaForCausalLM")
    if c.get("attention.sliding_window"):
        c.config.update({"architectures": ["MistralForCausalLM"], "sliding_window": c["attention.sliding_window"]})
    stem(c)
    llama_attention(c)
    llama_norms(c)
    if experts:
        c.config["num_local_experts"] = experts
        at = "model.layers.{}.block_sparse_moe."
        moe(c, at + "gate", {at + "experts.{}.w1": "ffn_gate_exps", at + "experts.{}.w3": "ffn_up_exps", at + "experts.{}.w2": "ffn_down_exps"})
    else:
        llama_mlp(c)


def mistral3(c):
    llama_config(c, "Mistral3ForConditionalGeneration")
    text = dict(c.config)
    scaling = text.pop("rope_scaling")
    text["rope_parameters"] = {**scaling, "rope_theta": text.pop("rope_theta"), "mscale": 1.0,
                               "mscale_all_dim": c["rope.scaling.yarn_log_multiplier"], "beta_fast": 32.0, "beta_slow": 1.0,
                               "llama_4_scaling_beta": c["attention.temperature_scale"]}
    c.config = {"architectures": text.pop("architectures"), "text_config": text, "vision_config": {"hidden_size": 8}}
    stem(c, "language_model.model.", head="language_model.lm_head")
    llama_attention(c, "language_model.model.")
    llama_norms(c, "language_model.model.")
    llama_mlp(c, "language_model.model.")
    c.put("vision_tower.patch_conv.weight", Matrix((8, 3, 2, 2), [0.5] * 96))
    c.put("multi_modal_projector.linear_1.weight", Matrix((2, 2), [0.5] * 4))


def llama_like(model_class):
    def write(c):
        llama_config(c, model_class)
        stem(c)
        llama_attention(c)
        llama_norms(c)
        llama_mlp(c)
    return write


def smollm3(c):
    llama_like("SmolLM3ForCausalLM")(c)
    c.config["no_rope_layers"] = [0 if (i + 1) % 4 == 0 else 1 for i in range(c.layers)]


def granite(c):
    llama_like("GraniteForCausalLM")(c)
    c.config.update({"embedding_multiplier": c["embedding_scale"], "residual_multiplier": c["residual_scale"],
                     "attention_multiplier": c["attention.scale"], "logits_scaling": c["logit_scale"]})


def minicpm(c):
    llama_like("MiniCPMForCausalLM")(c)
    c.config.update({"scale_emb": c.get("embedding_scale", 12), "scale_depth": c.get("residual_scale", 1.4 / math.sqrt(c.layers)) * math.sqrt(c.layers),
                     "dim_model_base": c.width / c.get("logit_scale", c.width / 256)})


def qwen(model_class):
    def write(c):
        llama_config(c, model_class)
        c.config["use_sliding_window"] = False
        stem(c)
        plain_attention(c)
        llama_norms(c)
        if c.get("expert_count"):
            at = "model.layers.{}.mlp."
            c.config.update({"num_experts": c["expert_count"], "norm_topk_prob": model_class == "Qwen3MoeForCausalLM"})
            if c.get("expert_feed_forward_length"):
                c.config["moe_intermediate_size"] = c["expert_feed_forward_length"]
            moe(c, at + "gate", {at + "experts.{}.gate_proj": "ffn_gate_exps", at + "experts.{}.up_proj": "ffn_up_exps", at + "experts.{}.down_proj": "ffn_down_exps"})
        else:
            llama_mlp(c)
    return write


def olmo2(c):
    llama_config(c, "Olmo2ForCausalLM")
    stem(c)
    plain_attention(c)
    c.each_layer({"model.layers.{}.post_attention_layernorm": "post_attention_norm", "model.layers.{}.post_feedforward_layernorm": "post_ffw_norm"})
    llama_mlp(c)


def phi3(c):
    llama_config(c, "Phi3ForCausalLM")
    if c.get("attention.sliding_window"):
        c.config["sliding_window"] = c["attention.sliding_window"]
    if c.has("rope_factors_long.weight"):
        original = c["rope.scaling.original_context_length"]
        c.config["original_max_position_embeddings"] = original
        c.config["rope_scaling"] = {"type": "longrope", "long_factor": list(c.tensor("rope_factors_long.weight").values),
                                    "short_factor": list(c.tensor("rope_factors_short.weight").values)}
        # What the library computes from the two lengths is not what these models have; a checkpoint may state it.
        c.config["rope_scaling"]["attention_factor"] = c.get("rope.scaling.attn_factor", 1.0)
    stem(c)
    c.each_layer({"model.layers.{}.self_attn.qkv_proj": "attn_qkv", "model.layers.{}.self_attn.o_proj": "attn_output",
                  "model.layers.{}.mlp.gate_up_proj": "ffn_up", "model.layers.{}.mlp.down_proj": "ffn_down"})
    llama_norms(c)
