// Phi 3, 3.5 and 4-mini: fused tensors, long rope factors.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_phi3(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::halves);
    const int width = b.hyper().width;
    const int window = b.integer("attention.sliding_window", 0, 1 << 26, 0);
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, rope);
        layer.attention.window = window;
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), width);
        layer.ffn = b.feed_forward(n, Activation::silu, true);
    }
    b.output_head();
}

}  // namespace kinglet::arch
