// All weights of a description.
#pragma once

#include <cstddef>

#include "inference/arch/description.h"

namespace kinglet::arch {

/// Calls `use` with every Linear of a layer, absent ones left out. A Linear that is added to the description
/// belongs here: kernels then read its copy in resident memory and graphics devices get it, and
/// tests/unit/engine_resident.cpp notices one that was forgotten. `layer` is a Layer, const or not, and so
/// are the Linears.
template <class Layer, class Use>
void for_each_linear(Layer& layer, Use use) {
    const auto linears = [&](auto&... linear) {
        const auto one = [&](auto& l) {
            if (l) use(l);
        };
        (one(linear), ...);
    };
    auto& a = layer.attention;
    linears(a.query, a.key, a.value, a.fused, a.output);
    linears(layer.convolution.in, layer.convolution.out);
    linears(layer.delta.qkv, layer.delta.gate, layer.delta.alpha, layer.delta.beta, layer.delta.out);
    linears(layer.mamba.in, layer.mamba.out);
    linears(layer.ffn.gate, layer.ffn.up, layer.ffn.down, layer.ffn.router);
    linears(layer.shared_ffn.gate, layer.shared_ffn.up, layer.shared_ffn.down, layer.shared_ffn.router);
    linears(layer.per_layer.gate, layer.per_layer.proj);
}

/// Calls `use` with every TensorView of a layer that activations are multiplied with.
template <class Layer, class Use>
void for_each_layer_matrix(Layer& layer, Use use) {
    for_each_linear(layer, [&](auto& linear) { use(linear.weight); });
    for (auto* f : {&layer.ffn, &layer.shared_ffn}) {
        for (auto* experts : {&f->expert_gate, &f->expert_up, &f->expert_down}) {
            if (*experts) use(*experts);
        }
    }
}

/// Calls `use` with every TensorView that activations are multiplied with; not with embeddings, of which
/// single rows are read. `model` is a Description, const or not, and so are the views. A matrix that two
/// places share comes twice. Where fewer than all `layers` are asked for, those behind them and what turns
/// their result into logits are left out.
template <class Model, class Use>
void for_each_matrix(Model& model, Use use, std::size_t layers = static_cast<std::size_t>(-1)) {
    const bool all = layers >= model.layers.size();
    for (auto* linear : {&model.layer_projection, &model.dense_2, &model.dense_3}) {
        if (*linear) use(linear->weight);
    }
    for (auto* linear : {&model.head_dense, &model.output}) {
        if (all && *linear) use(linear->weight);
    }
    for (std::size_t i = 0; i < model.layers.size() && i < layers; ++i)
        for_each_layer_matrix(model.layers[i], use);
}

}  // namespace kinglet::arch
