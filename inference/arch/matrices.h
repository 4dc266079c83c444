// All weight matrices of a description.
#pragma once

#include "inference/arch/description.h"

namespace kinglet::arch {

/// Calls `use` with every TensorView that activations are multiplied with; not with embeddings, of which
/// single rows are read. `model` is a Description, const or not, and so are the views. A matrix that two
/// places share comes twice. A Linear that is added to the description belongs here too: kernels then read
/// its copy in resident memory, and tests/unit/engine_resident.cpp notices one that was forgotten.
template <class Model, class Use>
void for_each_matrix(Model& model, Use use) {
    const auto linears = [&](auto&... linear) {
        const auto one = [&](auto& l) {
            if (l) use(l.weight);
        };
        (one(linear), ...);
    };
    const auto feed_forward = [&](auto& f) {
        linears(f.gate, f.up, f.down, f.router);
        for (auto* experts : {&f.expert_gate, &f.expert_up, &f.expert_down}) {
            if (*experts) use(*experts);
        }
    };
    linears(model.layer_projection, model.head_dense, model.output, model.dense_2, model.dense_3);
    for (auto& layer : model.layers) {
        auto& a = layer.attention;
        linears(a.query, a.key, a.value, a.fused, a.output);
        linears(layer.convolution.in, layer.convolution.out);
        linears(layer.delta.qkv, layer.delta.gate, layer.delta.alpha, layer.delta.beta, layer.delta.out);
        linears(layer.mamba.in, layer.mamba.out);
        feed_forward(layer.ffn);
        feed_forward(layer.shared_ffn);
        linears(layer.per_layer.gate, layer.per_layer.proj);
    }
}

}  // namespace kinglet::arch
