// Pythia and GPT-NeoX: attention and feed-forward side by side on a norm each, partial rope. The published
// models name the exact GELU.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_gptneox(Builder& b) {
    b.read_common(NormKind::layer);
    const int rope = b.add_rope(RopePairing::halves);
    const int width = b.hyper().width;
    const bool parallel = b.flag("use_parallel_residual", true);
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.parallel = parallel;
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, rope);
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), width);
        layer.ffn = b.feed_forward(n, Activation::gelu_erf, false);
    }
    b.output_head();
}

}  // namespace kinglet::arch
