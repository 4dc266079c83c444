// Layers that keep a state of fixed size, on the device: short convolutions, the gated delta rule, Mamba 2.
#include "inference/vulkan/forward.h"

namespace kinglet::vulkan {
namespace {

using Word = std::uint32_t;

Word size(int n) {
    return static_cast<Word>(n);
}

}  // namespace

void Forward::mirror_state(const LayerState& state) {
    Slice to = mirror_->slice();
    to.offset += state.mirrored * sizeof(float);
    to.bytes = state.data.bytes;
    recorder_.copy(state.data, to);
}

void Forward::short_convolution(const arch::ShortConvolution& c, int index, const Slice& in) {
    const auto count = size(count_);
    const LayerState& state = states_[static_cast<std::size_t>(index)];
    const Rows rows{wide_, 0, 3 * width()};
    const auto third = [&](Word i) { return Heads{rows.from(i * width()), 1, width(), 0}; };
    multiply(c.in, {in, 0, width()}, count, rows);
    ops_.map(MapOperation::multiply, third(0), third(2), third(0), count);
    ops_.wait();
    ops_.convolution(rows, count, width(), size(c.taps), parts_.weights.vector(c.kernel), {}, state.tail);
    ops_.wait();
    ops_.map(MapOperation::multiply, third(0), third(1), third(0), count);
    mirror_state(state);
    ops_.wait();
    multiply(c.out, rows, count, {branch_, 0, width()});
}

void Forward::delta_net(const arch::DeltaNet& d, int index, const Slice& in) {
    const auto count = size(count_);
    const LayerState& state = states_[static_cast<std::size_t>(index)];
    const Word n = size(d.size), key_heads = size(d.key_heads), value_heads = size(d.value_heads);
    const Word channels = (2 * key_heads + value_heads) * n, inner = value_heads * n;
    const Rows rows{wide_, 0, channels + inner + 2 * value_heads};
    const Rows input{in, 0, width()};
    multiply(d.qkv, input, count, rows);
    multiply(d.gate, input, count, rows.from(channels));
    multiply(d.alpha, input, count, rows.from(channels + inner));
    multiply(d.beta, input, count, rows.from(channels + inner + value_heads));
    ops_.convolution(rows, count, channels, size(d.taps), parts_.weights.vector(d.kernel), {}, state.tail);
    ops_.wait();
    const Heads all{rows, 1, channels, 0};
    ops_.map(MapOperation::silu, all, {}, all, count);
    ops_.wait();
    const Heads queries_and_keys{rows, 2 * key_heads, n, n};
    NormOptions length;
    length.kind = NormOperation::length;
    length.epsilon = d.norm.epsilon;
    ops_.norm(queries_and_keys, queries_and_keys, count, length);
    ops_.wait();
    ops_.delta_net(rows, count,
                   {n, key_heads, value_heads, parts_.weights.vector(d.decay),
                    parts_.weights.vector(d.step_bias), state.data, state.tail_values},
                   mixed_);
    ops_.wait();
    const Heads out{{mixed_, 0, inner}, value_heads, n, n};
    if (d.norm) {
        ops_.norm(out, out, count, options_of(d.norm));
        ops_.wait();
    }
    const Heads gate{rows.from(channels), value_heads, n, n};
    ops_.map(times_b(MapOperation::silu), gate, out, out, count);
    mirror_state(state);
    ops_.wait();
    multiply(d.out, {mixed_, 0, inner}, count, {branch_, 0, width()});
}

void Forward::mamba(const arch::Mamba2& m, int index, const Slice& in) {
    const auto count = size(count_);
    const LayerState& state = states_[static_cast<std::size_t>(index)];
    const Word inner = size(m.inner), channels = inner + 2 * size(m.groups) * size(m.state);
    const Rows rows{wide_, 0, inner + channels + size(m.heads)};
    multiply(m.in, {in, 0, width()}, count, rows);
    ops_.convolution(rows.from(inner), count, channels, size(m.taps), parts_.weights.vector(m.kernel),
                     parts_.weights.vector(m.kernel_bias), state.tail);
    ops_.wait();
    const Heads all{rows.from(inner), 1, channels, 0};
    ops_.map(MapOperation::silu, all, {}, all, count);
    ops_.wait();
    ops_.mamba(rows, count,
               {inner, size(m.state), size(m.heads), size(m.groups), parts_.weights.vector(m.step_bias),
                parts_.weights.vector(m.decay), parts_.weights.vector(m.skip), state.data, state.tail_values},
               mixed_);
    ops_.wait();

    // The gate first, then each group is normed by itself.
    const Heads out{{mixed_, 0, inner}, 1, inner, 0};
    ops_.map(times_b(MapOperation::silu), {rows, 1, inner, 0}, out, out, count);
    mirror_state(state);
    ops_.wait();
    const Word group = inner / size(m.groups);
    const Heads groups{{mixed_, 0, inner}, size(m.groups), group, group};
    NormOptions options = options_of(m.norm);
    options.own_step = group;
    ops_.norm(groups, groups, count, options);
    ops_.wait();
    multiply(m.out, {mixed_, 0, inner}, count, {branch_, 0, width()});
}

}  // namespace kinglet::vulkan
