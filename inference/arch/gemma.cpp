// The first Gemma, and CodeGemma: LLaMA's layers with a GELU gate, heads of a size of their own, and
// embeddings times the root of the width.
#include <cmath>

#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_gemma(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::halves);
    const int width = b.hyper().width;
    b.model().embedding_scale = std::sqrt(static_cast<float>(width));
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, rope);
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), width);
        layer.ffn = b.feed_forward(n, Activation::gelu_tanh, true);
    }
    b.output_head();
}

}  // namespace kinglet::arch
