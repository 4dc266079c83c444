// Attention: queries, keys and values, their norms and positions, and the sum over what the memory holds.
#include <algorithm>
#include <array>
#include <cmath>

#include "inference/engine/forward.h"
#include "inference/engine/forward_each.h"

namespace kinglet::engine {
namespace {

std::size_t size(int n) {
    return static_cast<std::size_t>(n);
}

float sigmoid(float x) {
    return 1 / (1 + std::exp(-x));
}

}  // namespace

// The input's activations were assigned by layer(). One buffer row holds a token's queries, keys and values.
bool Forward::attention(const arch::Attention& a, int index, SequenceMemory& memory) {
    const bool own = a.kv_layer == index;
    const std::size_t queries = size(a.heads) * size(a.key_size) * (a.gated ? 2 : 1);
    const std::size_t keys = own ? size(a.kv_heads) * size(a.key_size) : 0;
    const std::size_t values = own ? size(a.kv_heads) * size(a.value_size) : 0;
    const std::size_t stride = queries + keys + values;
    if (!wide_.ensure(size(count_) * stride)) return false;
    float* rows = wide_.data();

    std::array<kernels::MatmulJob, 3> jobs;
    std::size_t count = 0;
    if (a.fused) {
        jobs[count++] = job(a.fused, rows, stride);
    } else {
        jobs[count++] = job(a.query, rows, stride);
        if (own) jobs[count++] = job(a.key, rows + queries, stride);
        // Without a value matrix the keys, before norm and rope, are the values too.
        if (own) jobs[count++] = job(a.value ? a.value : a.key, rows + queries + keys, stride);
    }
    if (!kernels::matmul(table_, pool_, activations_, std::span(jobs).first(count))) return false;

    each(count_, stride * 4, [&](int i) {
        float* row = rows + size(i) * stride;
        place(a, i, row, own ? row + queries : nullptr, own ? row + queries + keys : nullptr);
    });
    KeyValueMemory& kv = *memory.key_values(a.kv_layer);
    if (own) kv.append(table_, count_, rows + queries, rows + queries + keys, stride);
    if (!attend(a, kv, stride)) return false;
    return multiply(a.output, mixed_.data(), count_, branch_.data());
}

// The norm of one query or key head, unless all heads are normed together.
void Forward::norm_head(const arch::Attention& a, arch::Norm norm, int head, float* x) const {
    if (a.head_norms == arch::HeadNorms::joint) return;
    if (a.head_norms == arch::HeadNorms::own) {
        const std::size_t at = size(head) * size(a.key_size);
        if (norm.gain != nullptr) norm.gain += at;
        if (norm.bias != nullptr) norm.bias += at;
    }
    norm_row(norm, x, x, a.key_size);
}

// Norms and positions of one token's heads, in place.
void Forward::place(const arch::Attention& a, int token, float* queries, float* keys, float* values) {
    const std::size_t step = size(a.key_size) * (a.gated ? 2 : 1);
    if (a.clamp_qkv > 0) {
        const auto clamp = [&](float* x, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) x[i] = std::clamp(x[i], -a.clamp_qkv, a.clamp_qkv);
        };
        clamp(queries, size(a.heads) * step);
        if (keys != nullptr) clamp(keys, size(a.kv_heads) * size(a.key_size));
        if (values != nullptr) clamp(values, size(a.kv_heads) * size(a.value_size));
    }
    if (a.head_norms == arch::HeadNorms::joint) {
        norm_row(a.query_norm, queries, queries, a.heads * a.key_size);
        if (keys != nullptr) norm_row(a.key_norm, keys, keys, a.kv_heads * a.key_size);
    }
    const float grown =
        a.position_scale == 0
            ? 1.0F
            : 1 + a.position_scale *
                      std::log(1 + std::floor(static_cast<float>(position_ + token) / a.position_original));
    const auto rotate = [&](float* x) {
        if (a.rope < 0) return;
        const RopeTable& rope = ropes_[size(a.rope)];
        const auto pairing = model_.ropes[size(a.rope)].pairing;
        const auto kernel = pairing == arch::RopePairing::halves ? table_.rope_halves : table_.rope_adjacent;
        kernel(x, rope.cos(token), rope.sin(token), size(rope.pairs()));
    };
    for (int h = 0; h < a.heads; ++h) {
        float* q = queries + size(h) * step;
        norm_head(a, a.query_norm, h, q);
        rotate(q);
        if (grown != 1) table_.scale(q, size(a.key_size), grown);
    }
    if (keys == nullptr) return;
    for (int h = 0; h < a.kv_heads; ++h) {
        float* k = keys + size(h) * size(a.key_size);
        float* v = values + size(h) * size(a.value_size);
        norm_head(a, a.key_norm, h, k);
        rotate(k);
        if (a.normalise_value) table_.rms_norm(v, nullptr, v, size(a.value_size), a.key_norm.epsilon);
    }
}

bool Forward::attend(const arch::Attention& a, const KeyValueMemory& kv, std::size_t row_stride) {
    const int group = a.heads / a.kv_heads;
    const std::size_t step = size(a.key_size) * (a.gated ? 2 : 1);
    const std::size_t out_stride = size(a.heads) * size(a.value_size);
    if (!mixed_.ensure(size(count_) * out_stride)) return false;
    const auto kernel = table_.of(kv.type()).attention;
    const std::size_t work = size(position_ + count_) * size(group) * size(a.key_size + a.value_size);

    each(count_ * a.kv_heads, work, [&](int chunk) {
        const int token = chunk / a.kv_heads;
        const int head = chunk % a.kv_heads;
        const int here = position_ + token;
        int first = 0;
        int last = here;
        if (a.causal) {
            if (a.window > 0) first = std::max(0, here - a.window + 1);
        } else {
            last = kv.length() - 1;
            if (a.window > 0) {
                first = std::max(first, here - a.window / 2);
                last = std::min(last, here + a.window / 2);
            }
        }
        kernels::AttentionArgs args;
        args.q = wide_.data() + size(token) * row_stride + size(head * group) * step;
        args.q_stride = step;
        args.count = size(group);
        args.k = kv.key(head, first);
        args.k_stride = kv.key_stride();
        args.v = kv.value(head, first);
        args.v_stride = kv.value_stride();
        args.length = size(last - first + 1);
        args.k_dim = size(a.key_size);
        args.v_dim = size(a.value_size);
        args.scale = a.scale;
        args.softcap = a.softcap;
        args.out = mixed_.data() + size(token) * out_stride + size(head * group) * size(a.value_size);
        args.out_stride = size(a.value_size);
        kernel(args);
        if (!a.gated) return;
        for (int h = 0; h < group; ++h) {
            const float* gate = args.q + size(h) * step + size(a.key_size);
            float* out = args.out + size(h) * args.out_stride;
            for (int j = 0; j < a.value_size; ++j) out[j] *= sigmoid(gate[j]);
        }
    });
    return true;
}

}  // namespace kinglet::engine
