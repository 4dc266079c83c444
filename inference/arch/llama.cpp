// LLaMA 1 to 3, Mistral 7B, TinyLlama, SmolLM; with experts Mixtral: rms norms, neighbours rope, gated silu.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_llama(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::neighbours);
    const int width = b.hyper().width;
    const int window = b.integer("attention.sliding_window", 0, 1 << 26, 0);
    const bool experts = b.integer("expert_count", 0, 1024, 0) > 0;
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, rope);
        layer.attention.window = window;
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), width);
        layer.ffn = experts ? b.experts(n, Activation::silu, b.hyper().ff[i], true)
                            : b.feed_forward(n, Activation::silu, true);
    }
    b.output_head();
}

}  // namespace kinglet::arch
