// GPT-2: learnt positions, layer norms, biases, no gate.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_gpt2(Builder& b) {
    b.read_common(NormKind::layer);
    const int width = b.hyper().width;
    b.model().position_embedding = b.matrix("position_embd.weight", b.hyper().context_length, width);
    for (int n = 0; n < b.layers(); ++n) b.pre_norm_layer(n, -1, Activation::gelu_tanh, false);
    b.output_head();
}

}  // namespace kinglet::arch
