// Ministral 3: a llama with YaRN, whose queries grow with the position.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_mistral3(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::neighbours);
    const int width = b.hyper().width;
    const auto growth = static_cast<float>(b.number("attention.temperature_scale", 0, 1000, 0));
    const auto original = static_cast<float>(
        b.number("rope.scaling.original_context_length", 1, 1 << 26, b.hyper().context_length));
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, rope);
        layer.attention.position_scale = growth;
        layer.attention.position_original = original;
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), width);
        layer.ffn = b.feed_forward(n, Activation::silu, true);
    }
    b.output_head();
}

}  // namespace kinglet::arch
