// Qwen 3: heads of a size of their own, queries and keys normed per head.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_qwen3(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::halves);
    const int width = b.hyper().width;
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, rope);
        b.query_key_norms(layer.attention, n, HeadNorms::shared);
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), width);
        layer.ffn = b.feed_forward(n, Activation::silu, true);
    }
    b.output_head();
}

}  // namespace kinglet::arch
