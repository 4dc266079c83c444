// LFM 2 and 2.5: short convolutions, with attention in some layers.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_lfm2(Builder& b) {
    b.read_common(NormKind::rms);
    const Hyper& h = b.hyper();
    const int rope = b.add_rope(RopePairing::halves);
    const int taps = b.integer("shortconv.l_cache", 1, 64);
    const int window = b.integer("attention.sliding_window", 0, 1 << 26, 0);
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), h.width);
        if (h.kv_heads[i] > 0) {
            layer.attention = b.attention(n, rope);
            layer.attention.window = window;
            b.query_key_norms(layer.attention, n, HeadNorms::shared);
        } else {
            layer.mixer = Mixer::short_convolution;
            layer.convolution.taps = taps;
            layer.convolution.in = b.linear(Builder::block(n, "shortconv.in_proj"), 3 * h.width, h.width);
            layer.convolution.kernel = b.vector(Builder::block(n, "shortconv.conv.weight"),
                                                static_cast<std::int64_t>(h.width) * taps);
            layer.convolution.out = b.linear(Builder::block(n, "shortconv.out_proj"), h.width, h.width);
        }
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), h.width);
        layer.ffn = b.feed_forward(n, Activation::silu, true);
    }
    // The file calls the final norm after the embedding.
    b.output_head("token_embd_norm");
}

}  // namespace kinglet::arch
