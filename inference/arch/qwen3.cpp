// Qwen 3: heads of a size of their own, queries and keys normed per head.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_qwen3(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::halves);
    for (int n = 0; n < b.layers(); ++n) {
        Layer& layer = b.pre_norm_layer(n, rope, Activation::silu, true);
        b.query_key_norms(layer.attention, n, HeadNorms::shared);
    }
    b.output_head();
}

}  // namespace kinglet::arch
