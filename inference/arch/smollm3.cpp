// SmolLM 3: a llama without positions in every fourth layer, which no key says.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_smollm3(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::neighbours);
    for (int n = 0; n < b.layers(); ++n)
        b.pre_norm_layer(n, Builder::ends_group(n, 4) ? -1 : rope, Activation::silu, true);
    b.output_head();
}

}  // namespace kinglet::arch
