#!/usr/bin/env python3
"""Writes tests/convert/expected/NAME.bin for every checkpoint of reference_models.py: logits row by row, or the mean of the
tokens, as little-endian 32-bit floats. Computed with numpy from the checkpoint itself, module by module as the transformers
library defines them, without any GGUF in between. Needs python3-numpy. With --check it only compares."""
import math
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent.parent / "golden" / "reference"))

from fixtures import values  # noqa: E402
from layers import gelu_erf, gelu_tanh, layer_norm, sigmoid, silu, softmax, softplus  # noqa: E402
from reference_models import MODELS, SEED, TOKENS, offset_and_scale  # noqa: E402


class Module:
    """The state dict, looked at from a prefix."""

    def __init__(self, state, config, prefix=""):
        self.state, self.config, self.prefix = state, config, prefix

    def __getattr__(self, name):
        return Module(self.state, self.config, f"{self.prefix}{name}.")

    def __getitem__(self, i):
        return Module(self.state, self.config, f"{self.prefix}{i}.")

    def has(self, name):
        return self.prefix + name in self.state

    def tensor(self, name="weight"):
        return self.state[self.prefix + name]

    def linear(self, x):
        y = x @ self.tensor().T
        return y + self.tensor("bias") if self.has("bias") else y

    def linear_of_gpt2(self, x):
        """GPT-2's own linear layer: weight (inputs, outputs)."""
        return x @ self.tensor() + self.tensor("bias")

    def layer_norm(self, x, eps):
        return layer_norm(x, self.tensor(), self.tensor("bias"), eps)

    def rms_norm(self, x, eps, offset=0.0):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * (offset + self.tensor())


def heads_of(x, count):
    """(tokens, heads * size) -> (heads, tokens, size)"""
    return x.reshape(len(x), count, -1).transpose(1, 0, 2)


def rotate_half(x):
    half = x.shape[-1] // 2
    return np.concatenate([-x[..., half:], x[..., :half]], axis=-1)


def rotated(x, inverse_frequencies):
    """apply_rotary_pos_emb on the first 2 len(frequencies) values of each head."""
    n = 2 * len(inverse_frequencies)
    angles = np.arange(x.shape[1])[:, None] * inverse_frequencies
    angles = np.concatenate([angles, angles], axis=-1)
    turned = x[..., :n] * np.cos(angles) + rotate_half(x[..., :n]) * np.sin(angles)
    return np.concatenate([turned, x[..., n:]], axis=-1)


def inverse_frequencies(size, theta):
    return 1.0 / theta ** (np.arange(0, size, 2) / size)


def llama3(f, scaling):
    old = scaling["original_max_position_embeddings"]
    out = []
    for x in f:
        wave = 2 * math.pi / x
        if wave < old / scaling["high_freq_factor"]:
            out.append(x)
        elif wave > old / scaling["low_freq_factor"]:
            out.append(x / scaling["factor"])
        else:
            smooth = (old / wave - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
            out.append((1 - smooth) * x / scaling["factor"] + smooth * x)
    return np.array(out)


def attend(q, k, v, scale, window=0, cap=0.0, causal=True):
    """(heads, tokens, size) each; fewer key heads are repeated."""
    k, v = (np.repeat(x, len(q) // len(x), axis=0) for x in (k, v))
    scores = scale * q @ k.transpose(0, 2, 1)
    if cap:
        scores = cap * np.tanh(scores / cap)
    i, j = np.arange(q.shape[1])[:, None], np.arange(q.shape[1])[None, :]
    if causal:
        scores = np.where((j <= i) & ((j > i - window) if window else True), scores, -np.inf)
    return (softmax(scores) @ v).transpose(1, 0, 2).reshape(q.shape[1], -1)


def gated_mlp(mlp, x, act):
    return mlp.down_proj.linear(act(mlp.gate_proj.linear(x)) * mlp.up_proj.linear(x))


def llama(m, c, f):
    x = m.model.embed_tokens.tensor()[TOKENS]
    for i in range(c["num_hidden_layers"]):
        layer = m.model.layers[i]
        y = layer.input_layernorm.rms_norm(x, c["rms_norm_eps"])
        q = rotated(heads_of(layer.self_attn.q_proj.linear(y), 4), f)
        k = rotated(heads_of(layer.self_attn.k_proj.linear(y), 2), f)
        v = heads_of(layer.self_attn.v_proj.linear(y), 2)
        x = x + layer.self_attn.o_proj.linear(attend(q, k, v, 8**-0.5))
        x = x + gated_mlp(layer.mlp, layer.post_attention_layernorm.rms_norm(x, c["rms_norm_eps"]), silu)
    x = m.model.norm.rms_norm(x, c["rms_norm_eps"])
    return x @ (m.model.embed_tokens if c["tie_word_embeddings"] else m.lm_head).tensor().T


def gpt2(m, c):
    t = m.transformer
    x = t.wte.tensor()[TOKENS] + t.wpe.tensor()[:len(TOKENS)]
    for i in range(2):
        block = t.h[i]
        q, k, v = (heads_of(part, 4) for part in np.split(block.attn.c_attn.linear_of_gpt2(block.ln_1.layer_norm(x, 1e-5)), 3, axis=1))
        x = x + block.attn.c_proj.linear_of_gpt2(attend(q, k, v, 8**-0.5))
        x = x + block.mlp.c_proj.linear_of_gpt2(gelu_tanh(block.mlp.c_fc.linear_of_gpt2(block.ln_2.layer_norm(x, 1e-5))))
    return t.ln_f.layer_norm(x, 1e-5) @ t.wte.tensor().T


def bert(m, c):
    e = m.embeddings
    x = e.word_embeddings.tensor()[TOKENS] + e.position_embeddings.tensor()[:len(TOKENS)] + e.token_type_embeddings.tensor()[0]
    x = e.LayerNorm.layer_norm(x, 1e-12)
    for i in range(2):
        layer = m.encoder.layer[i]
        own = layer.attention.self
        q, k, v = (heads_of(part.linear(x), 4) for part in (own.query, own.key, own.value))
        y = layer.attention.output.dense.linear(attend(q, k, v, 8**-0.5, causal=False))
        x = layer.attention.output.LayerNorm.layer_norm(x + y, 1e-12)
        y = layer.output.dense.linear(gelu_erf(layer.intermediate.dense.linear(x)))
        x = layer.output.LayerNorm.layer_norm(x + y, 1e-12)
    return np.mean(x, axis=0)


def phi(m, c):
    x = m.model.embed_tokens.tensor()[TOKENS]
    f = inverse_frequencies(4, 100.0)
    for i in range(2):
        layer = m.model.layers[i]
        y = layer.input_layernorm.layer_norm(x, 1e-5)
        q, k, v = (heads_of(part.linear(y), 4) for part in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj))
        a = layer.self_attn.dense.linear(attend(rotated(q, f), rotated(k, f), v, 8**-0.5))
        x = x + a + layer.mlp.fc2.linear(gelu_tanh(layer.mlp.fc1.linear(y)))
    return m.lm_head.linear(m.model.final_layernorm.layer_norm(x, 1e-5))


def head_norms(norms, x):
    """StableLmLayerNormPerHead: a module a head, no bias."""
    return np.stack([layer_norm(head, norms[h].tensor(), 0, 1e-5) for h, head in enumerate(x)])


def stablelm(m, c):
    x = m.model.embed_tokens.tensor()[TOKENS]
    f = inverse_frequencies(2, c["rope_theta"])
    for i in range(2):
        layer = m.model.layers[i]
        own = layer.self_attn
        y = layer.input_layernorm.layer_norm(x, 1e-5)
        q = head_norms(own.q_layernorm.norms, heads_of(own.q_proj.linear(y), 4))
        k = head_norms(own.k_layernorm.norms, heads_of(own.k_proj.linear(y), 2))
        a = own.o_proj.linear(attend(rotated(q, f), rotated(k, f), heads_of(own.v_proj.linear(y), 2), 8**-0.5))
        x = x + a + gated_mlp(layer.mlp, y, silu)
    return m.lm_head.linear(m.model.norm.layer_norm(x, 1e-5))


def gemma2(m, c):
    x = math.sqrt(32) * m.model.embed_tokens.tensor()[TOKENS]
    f = inverse_frequencies(8, c["rope_theta"])
    norm = lambda module, z: module.rms_norm(z, 1e-6, 1.0)  # noqa: E731
    for i in range(2):
        layer = m.model.layers[i]
        y = norm(layer.input_layernorm, x)
        q = rotated(heads_of(layer.self_attn.q_proj.linear(y), 4), f)
        k = rotated(heads_of(layer.self_attn.k_proj.linear(y), 2), f)
        v = heads_of(layer.self_attn.v_proj.linear(y), 2)
        a = attend(q, k, v, 8**-0.5, 4 if i % 2 == 0 else 0, 5.0)
        x = x + norm(layer.post_attention_layernorm, layer.self_attn.o_proj.linear(a))
        x = x + norm(layer.post_feedforward_layernorm, gated_mlp(layer.mlp, norm(layer.pre_feedforward_layernorm, x), gelu_tanh))
    return 3 * np.tanh(norm(m.model.norm, x) @ m.model.embed_tokens.tensor().T / 3)


def gptneox(m, c):
    t = m.gpt_neox
    x = t.embed_in.tensor()[TOKENS]
    f = inverse_frequencies(4, 100.0)
    for i in range(2):
        layer = t.layers[i]
        y = layer.input_layernorm.layer_norm(x, 1e-5)
        # (tokens, heads, 3 * size), cut within each head
        q, k, v = np.split(heads_of(layer.attention.query_key_value.linear(y), 4), 3, axis=-1)
        a = layer.attention.dense.linear(attend(rotated(q, f), rotated(k, f), v, 8**-0.5))
        z = layer.post_attention_layernorm.layer_norm(x, 1e-5)
        x = x + a + layer.mlp.dense_4h_to_h.linear(gelu_erf(layer.mlp.dense_h_to_4h.linear(z)))
    return t.final_layer_norm.layer_norm(x, 1e-5) @ m.embed_out.tensor().T


def delta_net(m, x):
    keys, values_, size = 2, 4, 8
    u = m.in_proj_qkv.linear(x)
    taps = m.conv1d.tensor()[:, 0, :]
    padded = np.concatenate([np.zeros((3, u.shape[1])), u])
    u = silu(sum(padded[j:j + len(u)] * taps[:, j] for j in range(4)))
    q, k, v = np.split(u, [keys * size, 2 * keys * size], axis=1)
    q, k, v = heads_of(q, keys), heads_of(k, keys), heads_of(v, values_)
    q, k = (a / np.sqrt(np.sum(a * a, axis=-1, keepdims=True) + 1e-6) for a in (q, k))
    # repeat_interleave: consecutive value heads share a key head
    q, k = np.repeat(q, values_ // keys, axis=0) / math.sqrt(size), np.repeat(k, values_ // keys, axis=0)
    beta = sigmoid(m.in_proj_b.linear(x))
    decay = -np.exp(m.tensor("A_log")) * softplus(m.in_proj_a.linear(x) + m.tensor("dt_bias"))
    out = np.zeros((len(x), values_, size))
    for h in range(values_):
        state = np.zeros((size, size))
        for t in range(len(x)):
            state = state * math.exp(decay[t, h])
            delta = beta[t, h] * (v[h, t] - k[h, t] @ state)
            state = state + np.outer(k[h, t], delta)
            out[t, h] = q[h, t] @ state
    z = m.in_proj_z.linear(x).reshape(len(x), values_, size)
    return m.out_proj.linear((m.norm.rms_norm(out, 1e-6) * silu(z)).reshape(len(x), -1))


def qwen35(m, c):
    x = m.model.embed_tokens.tensor()[TOKENS]
    f = inverse_frequencies(4, 100.0)
    norm = lambda module, z: module.rms_norm(z, 1e-6, 1.0)  # noqa: E731
    for i in range(3):
        layer = m.model.layers[i]
        y = norm(layer.input_layernorm, x)
        if i != 1:
            x = x + delta_net(layer.linear_attn, y)
        else:
            own = layer.self_attn
            q, gate = np.split(heads_of(own.q_proj.linear(y), 4), 2, axis=-1)
            k, v = heads_of(own.k_proj.linear(y), 2), heads_of(own.v_proj.linear(y), 2)
            a = attend(rotated(norm(own.q_norm, q), f), rotated(norm(own.k_norm, k), f), v, 8**-0.5)
            x = x + own.o_proj.linear(a * sigmoid(gate.transpose(1, 0, 2).reshape(len(x), -1)))
        x = x + gated_mlp(layer.mlp, norm(layer.post_attention_layernorm, x), silu)
    return norm(m.model.norm, x) @ m.lm_head.tensor().T


FUNCTIONS = {
    "llama": lambda m, c: llama(m, c, llama3(inverse_frequencies(8, c["rope_theta"]), c["rope_scaling"])),
    "qwen2": lambda m, c: llama(m, c, inverse_frequencies(8, c["rope_theta"])),
    "gpt2": gpt2, "bert": bert, "phi": phi, "stablelm": stablelm, "gemma2": gemma2, "gptneox": gptneox, "qwen3_5": qwen35,
}


def main():
    worst = 0.0
    for name, (model_class, config, shapes) in MODELS.items():
        state = {}
        for tensor, shape in shapes.items():
            offset, scale = offset_and_scale(model_class, tensor, shape)
            with np.errstate(over="ignore"):
                state[tensor] = (offset + scale * values(SEED, tensor, int(np.prod(shape)))).reshape(shape)
        result = np.asarray(FUNCTIONS[name](Module(state, config), config), dtype="<f4")
        assert np.all(np.isfinite(result)), name
        path = HERE.parent / "expected" / f"{name}.bin"
        path.parent.mkdir(exist_ok=True)
        if "--check" in sys.argv:
            worst = max(worst, float(np.max(np.abs(np.fromfile(path, "<f4") - result.ravel()))))
        else:
            result.tofile(path)
            print(f"{name}: {result.size} values")
    return 1 if worst > 1e-5 else 0


if __name__ == "__main__":
    sys.exit(main())
