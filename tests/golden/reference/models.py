"""One function an architecture: token ids in, logits (or an embedding) out."""
import math

import numpy as np

from layers import (attend, causal_convolution, experts, gelu_erf, gelu_tanh, glu, layer_norm, linear, mlp,
                    plain_frequencies, qkv, rms, rope, sigmoid, silu, softplus, split_heads, yarn)


def head(m, x, norm='output_norm'):
    x = rms(x, m.t(norm + '.weight'), m['attention.layer_norm_rms_epsilon'])
    return x @ m.t('output.weight' if m.has('output.weight') else 'token_embd.weight').T


def head_size(m):
    return m.get('attention.key_length', m['embedding_length'] // m['attention.head_count'])


def frequencies(m, base=None):
    """Frequencies and magnitude as rope.scaling.* of this model say."""
    n = m.get('rope.dimension_count', head_size(m))
    base = base or m.get('rope.freq_base', 10000.0)
    kind, factor = m.get('rope.scaling.type', 'none'), m.get('rope.scaling.factor', 1.0)
    magnitude = m.get('rope.scaling.attn_factor', 1.0)
    original = m.get('rope.scaling.original_context_length', m['context_length'])
    f = plain_frequencies(n, base)
    if kind == 'linear':
        f = f / factor
    if kind == 'yarn':
        f, growth = yarn(n, base, factor, original)
        log_multiplier = m.get('rope.scaling.yarn_log_multiplier', 0.0)
        magnitude *= growth / (0.1 * log_multiplier * math.log(factor) + 1)
    if m.has('rope_freqs.weight'):
        f = f / m.t('rope_freqs.weight')
    if m.has('rope_factors_long.weight'):
        which = 'long' if m['context_length'] > original else 'short'
        f = f / m.t(f'rope_factors_{which}.weight')
    return f, magnitude


def llama_like(m, tokens, halves, qk_norm=None, fused_gate=False, no_rope=lambda i: False, moe=None, window=0,
               e=1.0, r=1.0, scale=None, logit_divisor=1.0, grow=None, act=silu):
    """The family of LLaMA: what differs is said by the arguments."""
    eps, size = m['attention.layer_norm_rms_epsilon'], head_size(m)
    heads, groups = m['attention.head_count'], m['attention.head_count_kv']
    f, magnitude = frequencies(m)
    x = e * m.t('token_embd.weight')[tokens]
    for i in range(m.layers):
        y = rms(x, m.t(i, 'attn_norm.weight'), eps)
        q, k, v = qkv(m, i, y, heads, groups, size)
        if qk_norm == 'head':
            q, k = rms(q, m.t(i, 'attn_q_norm.weight'), eps), rms(k, m.t(i, 'attn_k_norm.weight'), eps)
        if qk_norm == 'all':
            q = split_heads(rms(q.reshape(len(x), -1), m.t(i, 'attn_q_norm.weight'), eps), size)
            k = split_heads(rms(k.reshape(len(x), -1), m.t(i, 'attn_k_norm.weight'), eps), size)
        if not no_rope(i):
            q, k = rope(q, f, halves, magnitude), rope(k, f, halves, magnitude)
        if grow is not None:
            q = q * grow(np.arange(len(x)))[:, None, None]
        x = x + r * linear(m, attend(q, k, v, scale or 1 / math.sqrt(size), window), i, 'attn_output')
        y = rms(x, m.t(i, 'ffn_norm.weight'), eps)
        if moe:
            z = experts(m, i, y, silu, m['expert_used_count'], moe == 'normalise')
        elif fused_gate:
            gate, up = np.split(linear(m, y, i, 'ffn_up'), 2, axis=1)
            z = linear(m, silu(gate) * up, i, 'ffn_down')
        else:
            z = glu(m, i, y, act)
        x = x + r * z
    return head(m, x) / logit_divisor


def llama(m, t):
    return llama_like(m, t, False, moe='normalise' if m.get('expert_count', 0) else None,
                      window=m.get('attention.sliding_window', 0))


def gemma(m, t):
    return llama_like(m, t, True, e=math.sqrt(m['embedding_length']), act=gelu_tanh)


def qwen2(m, t):
    return llama_like(m, t, True)


def qwen3(m, t):
    return llama_like(m, t, True, qk_norm='head')


def qwen3moe(m, t):
    return llama_like(m, t, True, qk_norm='head', moe='normalise')


def olmoe(m, t):
    return llama_like(m, t, True, qk_norm='all', moe='as is')


def phi3(m, t):
    return llama_like(m, t, True, fused_gate=True, window=m.get('attention.sliding_window', 0))


def smollm3(m, t):
    return llama_like(m, t, False, no_rope=lambda i: (i + 1) % 4 == 0)


def granite(m, t):
    return llama_like(m, t, False, e=m['embedding_scale'], r=m['residual_scale'], scale=m['attention.scale'],
                      logit_divisor=m['logit_scale'])


def minicpm(m, t):
    return llama_like(m, t, False, e=m.get('embedding_scale', 12.0),
                      r=m.get('residual_scale', 1.4 / math.sqrt(m.layers)),
                      logit_divisor=m.get('logit_scale', m['embedding_length'] / 256))


def mistral3(m, t):
    original = m['rope.scaling.original_context_length']
    return llama_like(m, t, False,
                      grow=lambda p: 1 + m['attention.temperature_scale'] * np.log(1 + np.floor(p / original)))


def olmo2(m, tokens):
    eps, size = m['attention.layer_norm_rms_epsilon'], head_size(m)
    f, _ = frequencies(m)
    x = m.t('token_embd.weight')[tokens]
    for i in range(m.layers):
        q = split_heads(rms(linear(m, x, i, 'attn_q'), m.t(i, 'attn_q_norm.weight'), eps), size)
        k = split_heads(rms(linear(m, x, i, 'attn_k'), m.t(i, 'attn_k_norm.weight'), eps), size)
        v = split_heads(linear(m, x, i, 'attn_v'), size)
        z = attend(rope(q, f, True), rope(k, f, True), v, 1 / math.sqrt(size))
        x = x + rms(linear(m, z, i, 'attn_output'), m.t(i, 'post_attention_norm.weight'), eps)
        x = x + rms(glu(m, i, x, silu), m.t(i, 'post_ffw_norm.weight'), eps)
    return head(m, x)


def layer_normed(m, tokens, act, gated=False, parallel=False, positions=False):
    """The family with layer norms: GPT-2, Phi, NeoX, StableLM, StarCoder 2."""
    eps, size = m['attention.layer_norm_epsilon'], head_size(m)
    heads, groups = m['attention.head_count'], m['attention.head_count_kv']

    def norm(x, *name):
        *layer, prefix = name
        bias = m.t(*layer, prefix + '.bias') if m.has(*layer, prefix + '.bias') else None
        return layer_norm(x, m.t(*layer, prefix + '.weight'), bias, eps)

    x = m.t('token_embd.weight')[tokens]
    if positions:
        x = x + m.t('position_embd.weight')[:len(x)]
    for i in range(m.layers):
        y = norm(x, i, 'attn_norm')
        q, k, v = qkv(m, i, y, heads, groups, size)
        if m.has(i, 'attn_q_norm.weight'):  # each head's gain is a row
            q, k = (layer_norm(z, m.t(i, f'attn_{c}_norm.weight'), eps=eps) for z, c in ((q, 'q'), (k, 'k')))
        if not positions:
            f, _ = frequencies(m)
            q, k = rope(q, f, True), rope(k, f, True)
        window = m.get('attention.sliding_window', 0)
        a = linear(m, attend(q, k, v, 1 / math.sqrt(size), window), i, 'attn_output')
        if parallel:
            w = norm(x, i, 'ffn_norm') if m.has(i, 'ffn_norm.weight') else y
            x = x + a + (glu(m, i, w, act) if gated else mlp(m, i, w, act))
        else:
            x = x + a
            w = norm(x, i, 'ffn_norm')
            x = x + (glu(m, i, w, act) if gated else mlp(m, i, w, act))
    x = norm(x, 'output_norm')
    return linear(m, x, 'output' if m.has('output.weight') else 'token_embd')


def gpt2(m, t):
    return layer_normed(m, t, gelu_tanh, positions=True)


def phi2(m, t):
    return layer_normed(m, t, gelu_tanh, parallel=True)


def gptneox(m, t):
    return layer_normed(m, t, gelu_erf, parallel=m['use_parallel_residual'])


def stablelm(m, t):
    return layer_normed(m, t, silu, gated=True, parallel=not m.has(0, 'ffn_norm.weight'))


def starcoder2(m, t):
    return layer_normed(m, t, gelu_tanh)


def gemma_layers(m, tokens, windowed, base_of, qk_norm, cap=0.0, causal=True):
    eps, size = m['attention.layer_norm_rms_epsilon'], head_size(m)
    heads, groups = m['attention.head_count'], m['attention.head_count_kv']
    x = math.sqrt(m['embedding_length']) * m.t('token_embd.weight')[tokens]
    for i in range(m.layers):
        q, k, v = qkv(m, i, rms(x, m.t(i, 'attn_norm.weight'), eps), heads, groups, size)
        if qk_norm:
            q, k = rms(q, m.t(i, 'attn_q_norm.weight'), eps), rms(k, m.t(i, 'attn_k_norm.weight'), eps)
        f = plain_frequencies(m.get('rope.dimension_count', size), base_of(i))
        window = m['attention.sliding_window'] if windowed(i) else 0
        z = attend(rope(q, f, True), rope(k, f, True), v, 1 / math.sqrt(size), window, cap, causal)
        x = x + rms(linear(m, z, i, 'attn_output'), m.t(i, 'post_attention_norm.weight'), eps)
        z = glu(m, i, rms(x, m.t(i, 'ffn_norm.weight'), eps), gelu_tanh)
        x = x + rms(z, m.t(i, 'post_ffw_norm.weight'), eps)
    return x


def gemma2(m, t):
    x = gemma_layers(m, t, lambda i: i % 2 == 0, lambda i: m['rope.freq_base'], False, m['attn_logit_softcapping'])
    c = m['final_logit_softcapping']
    return c * np.tanh(head(m, x) / c)


def gemma3(m, t):
    return head(m, gemma_layers(m, t, lambda i: (i + 1) % 6 != 0,
                                lambda i: 10000.0 if (i + 1) % 6 else m['rope.freq_base'], True))


def gemma_embedding(m, t):
    x = gemma_layers(m, t, lambda i: (i + 1) % 6 != 0, lambda i: 10000.0 if (i + 1) % 6 else m['rope.freq_base'], True,
                     causal=False)
    v = np.mean(rms(x, m.t('output_norm.weight'), m['attention.layer_norm_rms_epsilon']), axis=0)
    for name in ('dense_2', 'dense_3'):
        if m.has(name + '.weight'):
            v = m.t(name + '.weight') @ v
    return v


def encoder(m, tokens, positions, act, gated):
    eps, size = m['attention.layer_norm_epsilon'], head_size(m)
    heads = m['attention.head_count']
    x = m.t('token_embd.weight')[tokens]
    if m.has('token_types.weight'):
        x = x + m.t('token_types.weight')[0]
    if positions:
        x = x + m.t('position_embd.weight')[:len(x)]
    x = layer_norm(x, m.t('token_embd_norm.weight'), m.t('token_embd_norm.bias'), eps)
    for i in range(m.layers):
        q, k, v = qkv(m, i, x, heads, heads, size)
        if not positions:
            f = plain_frequencies(size, m['rope.freq_base'])
            q, k = rope(q, f, True), rope(k, f, True)
        x = x + linear(m, attend(q, k, v, 1 / math.sqrt(size), causal=False), i, 'attn_output')
        x = layer_norm(x, m.t(i, 'attn_output_norm.weight'), m.t(i, 'attn_output_norm.bias'), eps)
        x = x + (glu(m, i, x, act) if gated else mlp(m, i, x, act))
        x = layer_norm(x, m.t(i, 'layer_output_norm.weight'), m.t(i, 'layer_output_norm.bias'), eps)
    if m.has('cls.norm.weight'):
        return masked_head(m, x, eps)
    return {1: np.mean(x, axis=0), 2: x[0], 3: x[-1]}[m['pooling_type']]


def masked_head(m, x, eps):
    """As BertForMaskedLM: dense, gelu, layer norm, and the decoder with its bias."""
    x = gelu_erf(x @ m.t('cls.weight').T + m.t('cls.bias'))
    x = layer_norm(x, m.t('cls.norm.weight'), m.t('cls.norm.bias'), eps)
    return x @ m.t('cls.output.weight' if m.has('cls.output.weight') else 'token_embd.weight').T + m.t('cls.output.bias')


def bert(m, t):
    return encoder(m, t, True, gelu_erf, False)


def nomic_bert(m, t):
    return encoder(m, t, False, silu, True)


def lfm2(m, tokens):
    eps, size = m['attention.layer_norm_rms_epsilon'], head_size(m)
    f, _ = frequencies(m)
    x = m.t('token_embd.weight')[tokens]
    for i in range(m.layers):
        y = rms(x, m.t(i, 'attn_norm.weight'), eps)
        groups = m.per_layer('attention.head_count_kv', i)
        if groups == 0:
            b, c, u = np.split(linear(m, y, i, 'shortconv.in_proj'), 3, axis=1)
            z = linear(m, c * causal_convolution(b * u, m.t(i, 'shortconv.conv.weight')), i, 'shortconv.out_proj')
        else:
            q, k, v = qkv(m, i, y, m['attention.head_count'], groups, size)
            q, k = rms(q, m.t(i, 'attn_q_norm.weight'), eps), rms(k, m.t(i, 'attn_k_norm.weight'), eps)
            z = linear(m, attend(rope(q, f, True), rope(k, f, True), v, 1 / math.sqrt(size),
                                 m.get('attention.sliding_window', 0)), i, 'attn_output')
        x = x + z
        x = x + glu(m, i, rms(x, m.t(i, 'ffn_norm.weight'), eps), silu)
    return head(m, x, 'token_embd_norm')


def delta_net(m, i, y):
    eps, s = m['attention.layer_norm_rms_epsilon'], m['ssm.state_size']
    hk, hv = m['ssm.group_count'], m['ssm.time_step_rank']
    u = silu(causal_convolution(linear(m, y, i, 'attn_qkv'), m.t(i, 'ssm_conv1d.weight')))
    q, k, v = (split_heads(part, s) for part in np.split(u, [hk * s, 2 * hk * s], axis=1))
    q, k = (a / np.sqrt(np.sum(a * a, axis=-1, keepdims=True) + eps) for a in (q, k))
    beta = sigmoid(linear(m, y, i, 'ssm_beta'))
    alpha = np.exp(m.t(i, 'ssm_a') * softplus(linear(m, y, i, 'ssm_alpha') + m.t(i, 'ssm_dt.bias')))
    out = np.zeros((len(y), hv, s))
    for a in range(hv):
        state = np.zeros((s, s))
        for t in range(len(y)):
            qt, kt = q[t, a % hk], k[t, a % hk]
            state = alpha[t, a] * state
            state = state + np.outer(kt, beta[t, a] * (v[t, a] - kt @ state))
            out[t, a] = qt @ state / math.sqrt(s)
    out = rms(out, m.t(i, 'ssm_norm.weight'), eps) * silu(split_heads(linear(m, y, i, 'attn_gate'), s))
    return linear(m, out.reshape(len(y), -1), i, 'ssm_out')


def qwen35(m, tokens):
    eps, size = m['attention.layer_norm_rms_epsilon'], head_size(m)
    heads, groups = m['attention.head_count'], m['attention.head_count_kv']
    f = plain_frequencies(m['rope.dimension_count'], m['rope.freq_base'])
    recurrent = m.get('attention.recurrent_layers', None)
    x = m.t('token_embd.weight')[tokens]
    for i in range(m.layers - m.get('nextn_predict_layers', 0)):
        y = rms(x, m.t(i, 'attn_norm.weight'), eps)
        is_delta = recurrent[i] if recurrent else (i + 1) % m.get('full_attention_interval', 4) != 0
        if is_delta:
            z = delta_net(m, i, y)
        else:
            both = split_heads(linear(m, y, i, 'attn_q'), 2 * size)
            q, gate = both[..., :size], both[..., size:].reshape(len(x), heads * size)
            k, v = (split_heads(linear(m, y, i, 'attn_' + c), size) for c in 'kv')
            q = rope(rms(q, m.t(i, 'attn_q_norm.weight'), eps), f, True)
            k = rope(rms(k, m.t(i, 'attn_k_norm.weight'), eps), f, True)
            z = linear(m, attend(q, k, v, 1 / math.sqrt(size)) * sigmoid(gate), i, 'attn_output')
        x = x + z
        x = x + glu(m, i, rms(x, m.t(i, 'post_attention_norm.weight'), eps), silu)
    return head(m, x)


def mamba2(m, i, y):
    d, s = m['ssm.inner_size'], m['ssm.state_size']
    heads, groups = m['ssm.time_step_rank'], m['ssm.group_count']
    z, u, dt = np.split(linear(m, y, i, 'ssm_in'), [d, 2 * d + 2 * groups * s], axis=1)
    bias = m.t(i, 'ssm_conv1d.bias') if m.has(i, 'ssm_conv1d.bias') else 0
    u = silu(causal_convolution(u, m.t(i, 'ssm_conv1d.weight')) + bias)
    x, b, c = np.split(u, [d, d + groups * s], axis=1)
    x, b, c = split_heads(x, d // heads), split_heads(b, s), split_heads(c, s)
    dt = softplus(dt + m.t(i, 'ssm_dt.bias'))
    a_log, skip = m.t(i, 'ssm_a').ravel(), m.t(i, 'ssm_d').ravel()
    out = np.zeros_like(x)
    for h in range(heads):
        g, state = h // (heads // groups), np.zeros((d // heads, s))
        for t in range(len(y)):
            state = np.exp(dt[t, h] * a_log[h]) * state + dt[t, h] * np.outer(x[t, h], b[t, g])
            out[t, h] = state @ c[t, g] + skip[h] * x[t, h]
    gated = (out.reshape(len(y), d) * silu(z)).reshape(len(y), groups, d // groups)
    normed = rms(gated, m.t(i, 'ssm_norm.weight').reshape(groups, -1), m['attention.layer_norm_rms_epsilon'])
    return linear(m, normed.reshape(len(y), d), i, 'ssm_out')


def granitehybrid(m, tokens):
    eps, size = m['attention.layer_norm_rms_epsilon'], head_size(m)
    r = m.get('residual_scale', 1.0)
    x = m.get('embedding_scale', 1.0) * m.t('token_embd.weight')[tokens]
    for i in range(m.layers):
        y = rms(x, m.t(i, 'attn_norm.weight'), eps)
        groups = m.per_layer('attention.head_count_kv', i)
        if groups == 0:
            z = mamba2(m, i, y)
        else:
            q, k, v = qkv(m, i, y, m['attention.head_count'], groups, size)
            if m.get('rope.scaling.finetuned', True):
                f, _ = frequencies(m)
                q, k = rope(q, f, False), rope(k, f, False)
            z = linear(m, attend(q, k, v, m.get('attention.scale', 1 / math.sqrt(size))), i, 'attn_output')
        x = x + r * z
        y = rms(x, m.t(i, 'ffn_norm.weight'), eps)
        if m.get('expert_count', 0):
            z = experts(m, i, y, silu, m['expert_used_count'], True) + glu(m, i, y, silu, '_shexp')
        else:
            z = glu(m, i, y, silu)
        x = x + r * z
    return head(m, x) / m.get('logit_scale', 1.0)


def gemma4(m, tokens):
    eps, d, each = m['attention.layer_norm_rms_epsilon'], m['embedding_length'], m['embedding_length_per_layer_input']
    heads, groups = m['attention.head_count'], m['attention.head_count_kv']
    pattern, own = m['attention.sliding_window_pattern'], m.layers - m['attention.shared_kv_layers']
    x = math.sqrt(d) * m.t('token_embd.weight')[tokens]
    p = math.sqrt(each) * m.t('per_layer_token_embd.weight')[tokens].reshape(len(x), m.layers, each)
    q = linear(m, x, 'per_layer_model_proj').reshape(len(x), m.layers, each) / math.sqrt(d)
    inputs = (p + rms(q, m.t('per_layer_proj_norm.weight'), eps)) / math.sqrt(2)
    memory = {}
    for i in range(m.layers):
        local = pattern[i]
        size = m['attention.key_length_swa'] if local else m['attention.key_length']
        f = plain_frequencies(size, m['rope.freq_base_swa'] if local else m['rope.freq_base'])
        if not local:
            f = f / m.t('rope_freqs.weight')
        y = rms(x, m.t(i, 'attn_norm.weight'), eps)
        q = rope(rms(split_heads(linear(m, y, i, 'attn_q'), size), m.t(i, 'attn_q_norm.weight'), eps), f, True)
        if i < own:
            k = split_heads(linear(m, y, i, 'attn_k'), size)
            v = split_heads(linear(m, y, i, 'attn_v'), size) if m.has(i, 'attn_v.weight') else k
            memory[local] = rope(rms(k, m.t(i, 'attn_k_norm.weight'), eps), f, True), rms(v, eps=eps)
        z = attend(q, *memory[local], 1.0, m['attention.sliding_window'] if local else 0)
        x = x + rms(linear(m, z, i, 'attn_output'), m.t(i, 'post_attention_norm.weight'), eps)
        z = glu(m, i, rms(x, m.t(i, 'ffn_norm.weight'), eps), gelu_tanh)
        x = x + rms(z, m.t(i, 'post_ffw_norm.weight'), eps)
        z = linear(m, gelu_tanh(linear(m, x, i, 'inp_gate')) * inputs[:, i], i, 'proj')
        x = x + rms(z, m.t(i, 'post_norm.weight'), eps)
        x = x * m.t(i, 'layer_output_scale.weight')
    c = m['final_logit_softcapping']
    return c * np.tanh(head(m, x) / c)


ARCHITECTURES = {
    'bert': bert, 'gemma': gemma, 'gemma-embedding': gemma_embedding, 'gemma2': gemma2, 'gemma3': gemma3,
    'gemma4': gemma4, 'gpt2': gpt2, 'gptneox': gptneox, 'granite': granite, 'granitehybrid': granitehybrid, 'lfm2': lfm2, 'llama': llama,
    'minicpm': minicpm, 'mistral3': mistral3, 'nomic-bert': nomic_bert, 'olmo2': olmo2, 'olmoe': olmoe, 'phi2': phi2,
    'phi3': phi3, 'qwen2': qwen2, 'qwen3': qwen3, 'qwen35': qwen35, 'qwen3moe': qwen3moe, 'smollm3': smollm3,
    'stablelm': stablelm, 'starcoder2': starcoder2,
}
