// Phi 3, 3.5 and 4-mini: fused tensors, long rope factors.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_phi3(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::halves);
    const int window = b.integer("attention.sliding_window", 0, 1 << 26, 0);
    for (int n = 0; n < b.layers(); ++n)
        b.pre_norm_layer(n, rope, Activation::silu, true).attention.window = window;
    b.output_head();
}

}  // namespace kinglet::arch
