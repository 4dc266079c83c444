"""Runs the starter model's GGUF file with NumPy alone: slow and plain, to check a model without building Kinglet."""
import numpy as np

import starter_bpe
import starter_gguf


def load(path):
    """(metadata, tensors as float32)"""
    reader = starter_gguf.Reader(path)
    meta, tensor_count = starter_gguf.metadata(reader)
    infos = []
    for _ in range(tensor_count):
        name = reader.string()
        shape = [reader.take("<Q") for _ in range(reader.take("<I"))]
        infos.append((name, shape[::-1], reader.take("<I"), reader.take("<Q")))
    base = -(-reader.at // 32) * 32
    tensors = {}
    for name, shape, kind, offset in infos:
        count = int(np.prod(shape))
        if kind == 0:
            tensors[name] = np.frombuffer(reader.data, np.float32, count, base + offset).reshape(shape)
        else:
            raw = np.frombuffer(reader.data, np.uint8, count // 32 * 34, base + offset).reshape(-1, 34)
            scale = raw[:, :2].copy().view(np.float16).astype(np.float32)
            tensors[name] = (raw[:, 2:].view(np.int8).astype(np.float32) * scale).reshape(shape)
    return meta, tensors


class Chat:
    """Answers chats greedily, or by temperature."""

    def __init__(self, path):
        self.meta, self.w = load(path)
        m = self.meta
        self.layers, self.heads = m["llama.block_count"], m["llama.attention.head_count"]
        self.kv_heads, self.head = m["llama.attention.head_count_kv"], m["llama.rope.dimension_count"]
        self.epsilon = m["llama.attention.layer_norm_rms_epsilon"]
        self.frequency = m["llama.rope.freq_base"] ** (-np.arange(0, self.head, 2) / self.head)
        self.tok = starter_bpe.Tokenizer([tuple(x.split(" ")) for x in m["tokenizer.ggml.merges"]])

    def _norm(self, x, weight):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon) * weight

    def _rotate(self, x, start):
        angle = (start + np.arange(x.shape[0]))[:, None] * self.frequency
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        out = np.empty_like(x)
        out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
        out[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
        return out

    def step(self, ids, cache):
        """Logits after the last of ids; cache: a list of (keys, values) a layer, made longer here."""
        w, x = self.w, self.w["token_embd.weight"][ids]
        start, count = (cache[0][0].shape[0] if cache else 0), len(ids)
        for i in range(self.layers):
            p = f"blk.{i}."
            h = self._norm(x, w[p + "attn_norm.weight"])
            q = self._rotate((h @ w[p + "attn_q.weight"].T).reshape(count, self.heads, self.head), start)
            k = self._rotate((h @ w[p + "attn_k.weight"].T).reshape(count, self.kv_heads, self.head), start)
            v = (h @ w[p + "attn_v.weight"].T).reshape(count, self.kv_heads, self.head)
            if i < len(cache):
                k, v = np.concatenate([cache[i][0], k]), np.concatenate([cache[i][1], v])
                cache[i] = (k, v)
            else:
                cache.append((k, v))
            group = self.heads // self.kv_heads
            scores = np.einsum("qhd,khd->hqk", q, np.repeat(k, group, 1)) / np.sqrt(self.head)
            scores = np.where(np.arange(k.shape[0])[None, :] > start + np.arange(count)[:, None], -np.inf, scores)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            out = np.einsum("hqk,khd->qhd", scores / scores.sum(-1, keepdims=True), np.repeat(v, group, 1))
            x = x + out.reshape(count, -1) @ w[p + "attn_output.weight"].T
            h = self._norm(x, w[p + "ffn_norm.weight"])
            gate = h @ w[p + "ffn_gate.weight"].T
            x = x + (gate / (1 + np.exp(-gate)) * (h @ w[p + "ffn_up.weight"].T)) @ w[p + "ffn_down.weight"].T
        return self._norm(x[-1], w["output_norm.weight"]) @ w["token_embd.weight"].T

    def answer(self, turns, temperature=0.0, rng=None, most=300):
        """The answer to [(role, text), ...] as text."""
        cache, ids, out = [], self.tok.chat(turns), []
        while len(out) < most:
            logits = self.step(ids, cache)
            if temperature:
                chance = np.exp((logits - logits.max()) / temperature)
                best = int(rng.choice(len(chance), p=chance / chance.sum()))
            else:
                best = int(logits.argmax())
            if best in (self.tok.end, self.tok.end_of_text):
                break
            out.append(best)
            ids = [best]
        return self.tok.decode(out)
