"""The building blocks, in double precision and as plainly as the formulae are written."""
import math

import numpy as np


def rms(x, w=None, eps=1e-5):
    y = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)
    return y if w is None else y * w


def layer_norm(x, w, b=None, eps=1e-5):
    c = x - np.mean(x, axis=-1, keepdims=True)
    y = c / np.sqrt(np.mean(c * c, axis=-1, keepdims=True) + eps) * w
    return y if b is None else y + b


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def silu(x):
    return x * sigmoid(x)


def softplus(x):
    return np.log1p(np.exp(x))


def gelu_tanh(x):
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_erf(x):
    return x / 2 * (1 + np.vectorize(math.erf)(x / np.sqrt(2)))


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def linear(m, x, *name):
    """x W^T, plus the bias where the model has one."""
    *layer, prefix = name
    y = x @ m.t(*layer, prefix + '.weight').T
    return y + m.t(*layer, prefix + '.bias') if m.has(*layer, prefix + '.bias') else y


def plain_frequencies(n, base):
    return base ** (-2.0 * np.arange(n // 2) / n)


def yarn(n, base, factor, original, fast=32.0, slow=1.0):
    """Frequencies and the magnitude of YaRN (Peng et al. 2023)."""
    f = plain_frequencies(n, base)

    def pair(rotations):
        return n * math.log(original / (rotations * 2 * math.pi)) / (2 * math.log(base))

    low, high = max(math.floor(pair(fast)), 0), min(math.ceil(pair(slow)), n - 1)
    ramp = np.clip((np.arange(n // 2) - low) / max(0.001, high - low), 0, 1)
    return f * (1 - ramp) + f / factor * ramp, 0.1 * math.log(factor) + 1


def rope(x, frequencies, halves, magnitude=1.0, first=0):
    """Rotates the first 2 len(frequencies) values of each head; x is (tokens, heads, size)."""
    n = 2 * len(frequencies)
    angle = (first + np.arange(x.shape[0]))[:, None, None] * frequencies
    c, s = np.cos(angle) * magnitude, np.sin(angle) * magnitude
    out = x.copy()
    a, b = (slice(0, n // 2), slice(n // 2, n)) if halves else (slice(0, n, 2), slice(1, n, 2))
    out[..., a] = x[..., a] * c - x[..., b] * s
    out[..., b] = x[..., a] * s + x[..., b] * c
    return out


def attend(q, k, v, scale, window=0, cap=0.0, causal=True):
    """q (N, h, hd), k and v (N, g, hd): (N, h hd)."""
    tokens, heads = q.shape[:2]
    share = heads // k.shape[1]
    i, j = np.arange(tokens)[:, None], np.arange(tokens)[None, :]
    if causal:
        seen = (j <= i) & ((i - j < window) if window else True)
    else:
        seen = (np.abs(i - j) <= window // 2) if window else np.ones((tokens, tokens), bool)
    out = np.zeros((tokens, heads, v.shape[2]))
    for h in range(heads):
        scores = scale * (q[:, h] @ k[:, h // share].T)
        if cap:
            scores = cap * np.tanh(scores / cap)
        out[:, h] = softmax(np.where(seen, scores, -np.inf)) @ v[:, h // share]
    return out.reshape(tokens, -1)


def split_heads(x, size):
    return x.reshape(x.shape[0], -1, size)


def qkv(m, i, y, heads, groups, size):
    """Queries, keys and values of layer i by head, from separate matrices or a fused one."""
    if m.has(i, 'attn_qkv.weight'):
        all_rows = linear(m, y, i, 'attn_qkv')
        q, k, v = np.split(all_rows, [heads * size, (heads + groups) * size], axis=1)
    else:
        q, k, v = (linear(m, y, i, 'attn_' + c) for c in 'qkv')
    return split_heads(q, size), split_heads(k, size), split_heads(v, size)


def glu(m, i, y, act, suffix=''):
    return linear(m, act(linear(m, y, i, 'ffn_gate' + suffix)) * linear(m, y, i, 'ffn_up' + suffix), i,
                  'ffn_down' + suffix)


def mlp(m, i, y, act):
    return linear(m, act(linear(m, y, i, 'ffn_up')), i, 'ffn_down')


def experts(m, i, y, act, used, normalise):
    p = softmax(linear(m, y, i, 'ffn_gate_inp'))
    out = np.zeros_like(y)
    for t in range(len(y)):
        chosen = np.argsort(-p[t])[:used]
        whole = p[t][chosen].sum() if normalise else 1.0
        for e in chosen:
            gate = act(m.t(i, 'ffn_gate_exps.weight')[e] @ y[t])
            up = m.t(i, 'ffn_up_exps.weight')[e] @ y[t]
            out[t] += p[t][e] / whole * (m.t(i, 'ffn_down_exps.weight')[e] @ (gate * up))
    return out


def causal_convolution(u, w):
    """u (N, channels), w (channels, taps): the last tap is the current token's."""
    taps = w.shape[1]
    padded = np.concatenate([np.zeros((taps - 1, u.shape[1])), u])
    return sum(padded[j:j + len(u)] * w[:, j] for j in range(taps))
