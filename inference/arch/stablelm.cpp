// StableLM: layer norms, partial rope, a gate. StableLM 2 12B also norms each query and key head with a gain
// of its own, and has no second norm: then the two branches run side by side.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_stablelm(Builder& b) {
    b.read_common(NormKind::layer);
    const int rope = b.add_rope(RopePairing::halves);
    const int width = b.hyper().width;
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, rope);
        if (b.has_tensor(Builder::block(n, "attn_q_norm.weight")))
            b.query_key_norms(layer.attention, n, HeadNorms::own);
        layer.ffn_norm = b.optional_norm(Builder::block(n, "ffn_norm"), width);
        layer.parallel = !layer.ffn_norm;
        layer.ffn = b.feed_forward(n, Activation::silu, true);
    }
    b.output_head();
}

}  // namespace kinglet::arch
