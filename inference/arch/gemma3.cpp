// Gemma 3, and EmbeddingGemma, which is the same without the causal mask.
#include <cmath>

#include "inference/arch/builder.h"

namespace kinglet::arch {

namespace {

void build_layers(Builder& b) {
    const Hyper& h = b.hyper();
    const int rope = b.add_rope(RopePairing::halves);
    // Layers with a window turn faster, and are not stretched.
    Rope local = b.ok() ? b.model().ropes.back() : Rope{};
    local.base = b.number("rope.freq_base_swa", 1e-3, 1e12, 10000);
    local.scaling = RopeScaling::none;
    b.model().ropes.push_back(local);
    const int window = b.integer("attention.sliding_window", 1, 1 << 26, 1024);
    b.model().embedding_scale = std::sqrt(static_cast<float>(h.width));
    b.model().logit_softcap = static_cast<float>(b.number("final_logit_softcapping", 0, 1e6, 0));
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        const bool global = Builder::ends_group(n, 6);
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), h.width);
        layer.attention = b.attention(n, global ? rope : rope + 1);
        b.query_key_norms(layer.attention, n, HeadNorms::shared);
        if (!global) layer.attention.window = window;
        // The 27B model alone takes the width of a head as if the heads shared the stream's.
        if (h.layers == 62) layer.attention.scale = 1 / std::sqrt(static_cast<float>(h.width / h.heads[i]));
        layer.mixer_output_norm = b.norm(Builder::block(n, "post_attention_norm"), h.width);
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), h.width);
        layer.ffn = b.feed_forward(n, Activation::gelu_tanh, true);
        layer.ffn_output_norm = b.norm(Builder::block(n, "post_ffw_norm"), h.width);
    }
    b.output_head();
}

}  // namespace

void build_gemma3(Builder& b) {
    b.read_common(NormKind::rms);
    build_layers(b);
}

void build_gemma_embedding(Builder& b) {
    b.read_common(NormKind::rms);
    build_layers(b);
    const int width = b.hyper().width;
    b.embedder(Pooling::mean);
    const int inner = b.integer("dense_2_feat_out", 1, 1 << 17, 4 * width);
    b.model().dense_2 = b.optional_linear("dense_2", inner, width);
    b.model().dense_3 = b.optional_linear("dense_3", width, inner);
}

}  // namespace kinglet::arch
