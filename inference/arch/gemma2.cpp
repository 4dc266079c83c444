// Gemma 2: norms on both sides of each branch, soft-capped scores and logits, a window in every other layer.
#include <cmath>

#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_gemma2(Builder& b) {
    b.read_common(NormKind::rms);
    const Hyper& h = b.hyper();
    const int rope = b.add_rope(RopePairing::halves);
    const int window = b.integer("attention.sliding_window", 1, 1 << 26, 4096);
    const auto score_cap = static_cast<float>(b.number("attn_logit_softcapping", 0, 1e6, 50));
    b.model().embedding_scale = std::sqrt(static_cast<float>(h.width));
    b.model().logit_softcap = static_cast<float>(b.number("final_logit_softcapping", 0, 1e6, 30));
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), h.width);
        layer.attention = b.attention(n, rope);
        layer.attention.softcap = score_cap;
        if (!Builder::ends_group(n, 2)) layer.attention.window = window;
        // The 27B model alone takes the width of a head as if the heads shared the stream's.
        if (h.layers == 46) layer.attention.scale = 1 / std::sqrt(static_cast<float>(h.width / h.heads[i]));
        layer.mixer_output_norm = b.norm(Builder::block(n, "post_attention_norm"), h.width);
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), h.width);
        layer.ffn = b.feed_forward(n, Activation::gelu_tanh, true);
        layer.ffn_output_norm = b.norm(Builder::block(n, "post_ffw_norm"), h.width);
    }
    b.output_head();
}

}  // namespace kinglet::arch
