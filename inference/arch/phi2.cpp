// Phi-1.5 and Phi-2: attention and feed-forward side by side on one norm, partial rope, biases everywhere.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_phi2(Builder& b) {
    b.read_common(NormKind::layer);
    const int rope = b.add_rope(RopePairing::halves);
    const int width = b.hyper().width;
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.parallel = true;
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, rope);
        layer.ffn = b.feed_forward(n, Activation::gelu_tanh, false);
    }
    b.output_head();
}

}  // namespace kinglet::arch
