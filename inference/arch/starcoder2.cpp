// StarCoder 2: layer norms, biases, grouped queries, no gate.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_starcoder2(Builder& b) {
    b.read_common(NormKind::layer);
    const int rope = b.add_rope(RopePairing::halves);
    const int window = b.integer("attention.sliding_window", 0, 1 << 26, 0);
    for (int n = 0; n < b.layers(); ++n)
        b.pre_norm_layer(n, rope, Activation::gelu_tanh, false).attention.window = window;
    b.output_head();
}

}  // namespace kinglet::arch
