// Granite 3: a llama whose embedding, branches, scores and logits are scaled.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_granite(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::neighbours);
    for (int n = 0; n < b.layers(); ++n) b.pre_norm_layer(n, rope, Activation::silu, true);
    b.granite_scales(1, 1, 1);
    b.output_head();
}

}  // namespace kinglet::arch
