// OLMoE: a mixture of experts, queries and keys normed over all heads.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_olmoe(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::halves);
    const int width = b.hyper().width;
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, rope);
        b.query_key_norms(layer.attention, n, HeadNorms::joint);
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), width);
        layer.ffn = b.experts(n, Activation::silu, b.hyper().ff[i], false);
    }
    b.output_head();
}

}  // namespace kinglet::arch
