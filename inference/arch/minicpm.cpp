// MiniCPM: a llama with the scales of its scheme, which old files leave to be known.
#include <cmath>

#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_minicpm(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::neighbours);
    const int width = b.hyper().width;
    for (int n = 0; n < b.layers(); ++n) b.pre_norm_layer(n, rope, Activation::silu, true);
    b.granite_scales(12, 1.4 / std::sqrt(b.hyper().layers), width / 256.0);
    b.output_head();
}

}  // namespace kinglet::arch
