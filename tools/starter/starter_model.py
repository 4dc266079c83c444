"""A small model of the llama kind in PyTorch, and the optimizer Muon for its matrices."""
import dataclasses
import math

import torch
import torch.nn.functional as F


@dataclasses.dataclass
class Config:
    vocabulary: int = 4096
    width: int = 256
    layers: int = 4
    heads: int = 8
    kv_heads: int = 2
    feed_forward: int = 512
    context: int = 1024
    rope_base: float = 10000.0
    epsilon: float = 1e-5

    @property
    def head(self):
        return self.width // self.heads

    def parameters(self):
        kv = self.kv_heads * self.head
        layer = 2 * self.width * self.width + 2 * self.width * kv + 3 * self.width * self.feed_forward + 2 * self.width
        return self.vocabulary * self.width + self.layers * layer + self.width


class Norm(torch.nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return x * (x.pow(2).mean(-1, keepdim=True) + self.epsilon).rsqrt() * self.weight


class Layer(torch.nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        kv = c.kv_heads * c.head
        self.attention_norm = Norm(c.width, c.epsilon)
        self.ffn_norm = Norm(c.width, c.epsilon)

        def matrix(rows, columns, scale=1.0):
            return torch.nn.Parameter(torch.randn(rows, columns) * scale / math.sqrt(columns))

        self.q = matrix(c.width, c.width)
        self.k = matrix(kv, c.width)
        self.v = matrix(kv, c.width)
        self.o = matrix(c.width, c.width, 1.0 / math.sqrt(2 * c.layers))
        self.gate = matrix(c.feed_forward, c.width)
        self.up = matrix(c.feed_forward, c.width)
        self.down = matrix(c.width, c.feed_forward, 1.0 / math.sqrt(2 * c.layers))

    def forward(self, x, cos, sin, mask):
        c = self.c
        batch, length, _ = x.shape
        h = self.attention_norm(x)
        kv = c.kv_heads * c.head
        q, k, v = F.linear(h, torch.cat([self.q, self.k, self.v])).split([c.width, kv, kv], dim=-1)
        q = rotate(q.view(batch, length, c.heads, c.head), cos, sin).transpose(1, 2)
        k = rotate(k.view(batch, length, c.kv_heads, c.head), cos, sin).transpose(1, 2)
        v = v.view(batch, length, c.kv_heads, c.head).transpose(1, 2)
        # The heads that share keys stand one below the other in one matrix: fewer, larger products.
        group = c.heads // c.kv_heads
        q = q.reshape(batch * c.kv_heads, group * length, c.head)
        k = k.reshape(batch * c.kv_heads, length, c.head)
        v = v.reshape(batch * c.kv_heads, length, c.head)
        scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(c.head)
        scores = scores.view(batch * c.kv_heads, group, length, length) + mask
        out = torch.bmm(scores.softmax(-1).view(batch * c.kv_heads, group * length, length), v)
        out = out.view(batch, c.heads, length, c.head).transpose(1, 2).reshape(batch, length, c.width)
        x = x + F.linear(out, self.o)
        h = self.ffn_norm(x)
        gate, up = F.linear(h, torch.cat([self.gate, self.up])).chunk(2, dim=-1)
        return x + F.linear(F.silu(gate) * up, self.down)


def rotate(x, cos, sin):
    """RoPE on halves: element i turns with element i + head/2. x: batch, length, heads, head."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class Llama(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c = config
        self.embedding = torch.nn.Parameter(torch.randn(config.vocabulary, config.width) * 0.02)
        self.layers = torch.nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = Norm(config.width, config.epsilon)
        angles = torch.arange(config.context).float()[:, None] * config.rope_base ** (
            -torch.arange(0, config.head, 2).float() / config.head)[None, :]
        self.register_buffer("cos", angles.cos()[:, None, :], persistent=False)
        self.register_buffer("sin", angles.sin()[:, None, :], persistent=False)
        self.register_buffer("mask", torch.full((config.context, config.context), float("-inf")).triu(1), persistent=False)

    def forward(self, ids, wanted):
        """Logits of the positions `wanted` (flat indices into ids), one row each."""
        length = ids.shape[1]
        x = F.embedding(ids, self.embedding)
        cos, sin, mask = self.cos[:length], self.sin[:length], self.mask[:length, :length]
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        x = x.reshape(-1, self.c.width)[wanted]
        return F.linear(self.norm(x), self.embedding)


class Muon(torch.optim.Optimizer):
    """Momentum whose steps are made orthogonal by a Newton-Schulz iteration: each direction of a matrix learns alike.
    Matrices of one shape are done together."""

    def __init__(self, parameters, lr, momentum=0.95, decay=0.01):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                state = self.state[p]
                if "buffer" not in state:
                    state["buffer"] = torch.zeros_like(p)
                buffer = state["buffer"].lerp_(p.grad, 1 - group["momentum"])
                shapes.setdefault(p.shape, []).append((p, p.grad.lerp(buffer, group["momentum"])))
            for shape, rows in shapes.items():
                steps = orthogonal([step for _, step in rows])
                scale = max(1.0, shape[0] / shape[1]) ** 0.5
                for (p, _), step in zip(rows, steps):
                    p.mul_(1 - group["lr"] * group["decay"]).add_(step, alpha=-group["lr"] * scale)


def orthogonal(matrices, steps=5):
    """The nearest orthogonal matrix of each, roughly: singular values end between 0.7 and 1.2."""
    out = []
    for x in matrices:
        tall = x.shape[0] > x.shape[1]
        if tall:
            x = x.t()
        x = x / (x.norm() + 1e-7)
        for _ in range(steps):
            a = x @ x.t()
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
        out.append(x.t() if tall else x)
    return out
