// Qwen 2 and 2.5: a llama with biases on queries, keys and values, and halves rope.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_qwen2(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::halves);
    for (int n = 0; n < b.layers(); ++n) b.pre_norm_layer(n, rope, Activation::silu, true);
    b.output_head();
}

}  // namespace kinglet::arch
