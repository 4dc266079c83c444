// Attention on the device: queries, keys and values, their norms and positions, the cache, and the sum over
// it.
#include "inference/vulkan/forward.h"

namespace kinglet::vulkan {
namespace {

using Word = std::uint32_t;

Word size(int n) {
    return static_cast<Word>(n);
}

}  // namespace

// One row of `wide_` holds a token's queries, keys and values, as on the processor.
void Forward::attention(const arch::Attention& a, int index, const Slice& in) {
    const bool own = a.kv_layer == index;
    const auto count = size(count_);
    const Word queries = size(a.heads) * size(a.key_size) * (a.gated ? 2 : 1);
    const Word keys = own ? size(a.kv_heads) * size(a.key_size) : 0;
    const Word values = own ? size(a.kv_heads) * size(a.value_size) : 0;
    const Rows rows{wide_, 0, queries + keys + values};
    const Rows input{in, 0, width()};
    if (a.fused) {
        multiply(a.fused, input, count, rows);
    } else {
        multiply(a.query, input, count, rows);
        if (own) multiply(a.key, input, count, rows.from(queries));
        // Without a value matrix the keys, before norm and rope, are the values too.
        if (own) multiply(a.value ? a.value : a.key, input, count, rows.from(queries + keys));
    }
    place(a, rows, queries, keys, own);
    if (own) {
        const LayerCache& kept = cache(index);
        ops_.store(rows.from(queries), count, size(a.kv_heads), kept.keys);
        ops_.store(rows.from(queries + keys), count, size(a.kv_heads), kept.values);
        const Word both = keys + values;
        const Heads from{rows.from(queries), 1, both, 0};
        const Heads to{{mirror_->slice(), static_cast<Word>(kept.mirrored), both}, 1, both, 0};
        ops_.map(MapOperation::scale, from, {}, to, count, 1);
        ops_.wait();
    }
    attend(a, rows);
    multiply(a.output, {mixed_, 0, size(a.heads) * size(a.value_size)}, count, {branch_, 0, width()});
}

// The norm of query or key heads.
void Forward::norm_heads(const arch::Attention& a, const arch::Norm& norm, const Heads& heads) {
    if (!norm) return;
    NormOptions options = options_of(norm);
    Heads normed = heads;
    if (a.head_norms == arch::HeadNorms::joint) {
        normed.size = heads.heads * heads.size;
        normed.heads = 1;
    } else if (a.head_norms == arch::HeadNorms::own) {
        options.own_step = heads.size;
    }
    ops_.norm(normed, normed, size(count_), options);
    ops_.wait();
}

void Forward::rotate(const arch::Attention& a, const Heads& heads, bool grows) {
    grows = grows && a.position_scale != 0;
    if (a.rope < 0 && !grows) return;
    RopeOptions options;
    if (a.rope >= 0) {
        const arch::Rope& rope = parts_.model.ropes[static_cast<std::size_t>(a.rope)];
        options.pairing = rope.pairing;
        options.pairs = size(rope.dimensions) / 2;
        options.angles = {angles_[static_cast<std::size_t>(a.rope)], 0, size(rope.dimensions)};
    }
    if (grows) {
        options.growth = a.position_scale;
        options.original = a.position_original;
    }
    ops_.rope(heads, size(count_), options);
    ops_.wait();
}

// Norms and positions of all heads, in place.
void Forward::place(const arch::Attention& a, const Rows& rows, Word queries, Word keys, bool own) {
    const auto count = size(count_);
    if (a.clamp_qkv > 0) {
        const Heads all{rows, 1, rows.stride, 0};
        ops_.map(MapOperation::clamp, all, {}, all, count, a.clamp_qkv);
        ops_.wait();
    }
    const Word step = size(a.key_size) * (a.gated ? 2 : 1);
    const Heads q{rows, size(a.heads), size(a.key_size), step};
    norm_heads(a, a.query_norm, q);
    rotate(a, q, true);
    if (!own) return;
    const Heads k{rows.from(queries), size(a.kv_heads), size(a.key_size), size(a.key_size)};
    norm_heads(a, a.key_norm, k);
    rotate(a, k, false);
    if (!a.normalise_value) return;
    const Heads v{rows.from(queries + keys), size(a.kv_heads), size(a.value_size), size(a.value_size)};
    NormOptions options;
    options.epsilon = a.key_norm.epsilon;
    ops_.norm(v, v, count, options);
    ops_.wait();
}

void Forward::attend(const arch::Attention& a, const Rows& rows) {
    const auto count = size(count_);
    const Word step = size(a.key_size) * (a.gated ? 2 : 1);
    const LayerCache& kept = cache(a.kv_layer);
    const Heads queries{rows, size(a.heads), size(a.key_size), step};
    const Rows out{mixed_, 0, size(a.heads) * size(a.value_size)};
    AttentionOptions options;
    options.heads = size(a.heads);
    options.kv_heads = size(a.kv_heads);
    options.window = size(a.window);
    options.causal = a.causal;
    options.scale = a.scale;
    options.softcap = a.softcap;
    options.splits = splits_;
    options.parts = parts_room_;
    ops_.attention(queries, count, kept.keys, kept.values, out, options);
    ops_.wait();
    if (!a.gated) return;
    const Heads mixed{out, size(a.heads), size(a.value_size), size(a.value_size)};
    const Heads gates{rows.from(size(a.key_size)), size(a.heads), size(a.value_size), step};
    ops_.map(MapOperation::times_sigmoid, mixed, gates, mixed, count);
    ops_.wait();
}

}  // namespace kinglet::vulkan
