// GPT-2: learnt positions, layer norms, biases, no gate.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_gpt2(Builder& b) {
    b.read_common(NormKind::layer);
    const int width = b.hyper().width;
    b.model().position_embedding = b.matrix("position_embd.weight", b.hyper().context_length, width);
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), width);
        layer.attention = b.attention(n, -1);
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), width);
        layer.ffn = b.feed_forward(n, Activation::gelu_tanh, false);
    }
    b.output_head();
}

}  // namespace kinglet::arch
