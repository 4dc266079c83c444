// OLMo 2: norms after attention and feed-forward instead of before, queries and keys normed over all heads.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_olmo2(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::halves);
    const int width = b.hyper().width;
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.attention = b.attention(n, rope);
        b.query_key_norms(layer.attention, n, HeadNorms::joint);
        layer.mixer_output_norm = b.norm(Builder::block(n, "post_attention_norm"), width);
        layer.ffn = b.feed_forward(n, Activation::silu, true);
        layer.ffn_output_norm = b.norm(Builder::block(n, "post_ffw_norm"), width);
    }
    b.output_head();
}

}  // namespace kinglet::arch
