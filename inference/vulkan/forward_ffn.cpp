// Feed-forward networks on the device: one for all tokens, or a few experts chosen for each.
#include "inference/vulkan/forward.h"

namespace kinglet::vulkan {
namespace {

using Word = std::uint32_t;

Word size(int n) {
    return static_cast<Word>(n);
}

MapOperation operation_of(arch::Activation activation, bool gated) {
    MapOperation one = MapOperation::silu;
    switch (activation) {
        case arch::Activation::silu:
            break;
        case arch::Activation::gelu_tanh:
            one = MapOperation::gelu_tanh;
            break;
        case arch::Activation::gelu_erf:
            one = MapOperation::gelu_erf;
            break;
        case arch::Activation::relu:
            one = MapOperation::relu;
            break;
        case arch::Activation::relu_squared:
            one = MapOperation::relu_squared;
            break;
    }
    return gated ? times_b(one) : one;
}

}  // namespace

void Forward::feed_forward(const arch::FeedForward& f, const Slice& in, const Slice& out) {
    if (f.expert_count > 0) {
        experts(f, in, out);
        return;
    }
    const auto count = size(count_);
    const Word inner = size(f.width);
    const Rows rows{wide_, 0, inner * (f.gated() ? 2 : 1)};
    const Rows input{in, 0, width()};
    // A row holds the gate's values and then the others.
    if (f.gate) multiply(f.gate, input, count, rows);
    multiply(f.up, input, count, f.gate ? rows.from(inner) : rows);
    activate(f, inner, rows, count);
    multiply(f.down, rows, count, {out, 0, width()});
}

void Forward::activate(const arch::FeedForward& f, Word inner, const Rows& rows, Word count) {
    const bool gated = f.gated() || f.expert_count > 0;
    const Heads gate{rows, 1, inner, 0};
    const Heads up{rows.from(inner), 1, inner, 0};
    ops_.map(operation_of(f.activation, gated), gate, gated ? up : Heads{}, gate, count);
    ops_.wait();
}

void Forward::experts(const arch::FeedForward& f, const Slice& in, const Slice& out) {
    const auto count = size(count_);
    const Word used = size(f.expert_used), inner = size(f.expert_width);
    const Rows input{in, 0, width()};
    multiply(f.router, input, count, {small_, 0, size(f.expert_count)});
    ops_.softmax(small_, size(f.expert_count), count);
    ops_.wait();
    ops_.choose_experts(small_, size(f.expert_count), used, count, f.expert_normalise, chosen_, portions_);
    ops_.wait();

    // A row for each token and each of its experts.
    const Rows rows{wide_, 0, 2 * inner};
    MultiplyOptions options;
    options.chosen = chosen_;
    options.share = used;
    ops_.multiply(parts_.weights.matrix(f.expert_gate), input, count * used, rows, options);
    ops_.multiply(parts_.weights.matrix(f.expert_up), input, count * used, rows.from(inner), options);
    ops_.wait();
    activate(f, inner, rows, count * used);
    options.share = 1;
    ops_.multiply(parts_.weights.matrix(f.expert_down), rows, count * used, {expert_rows_, 0, width()},
                  options);
    ops_.wait();
    ops_.blend(expert_rows_, portions_, width(), used, count, out);
    ops_.wait();
}

void Forward::per_layer_input(const arch::PerLayerInput& p, int index) {
    const auto count = size(count_);
    const Word each = size(parts_.model.layer_embedding_width);
    const Word total = each * static_cast<Word>(parts_.model.layers.size());
    multiply(p.gate, {x_, 0, width()}, count, {small_, 0, each});
    const Heads gate = rows_of(small_, each);
    const Heads input{{layer_inputs_, size(index) * each, total}, 1, each, 0};
    ops_.map(operation_of(arch::Activation::gelu_tanh, true), gate, input, gate, count);
    ops_.wait();
    multiply(p.proj, {small_, 0, each}, count, {branch_, 0, width()});
    add_branch(branch_, p.norm, {}, 1);
}

}  // namespace kinglet::vulkan
