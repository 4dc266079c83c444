// Gemma 4 E2B, E4B and dense: two kinds of head, shared keys and values, embeddings for each layer.
#include <cmath>

#include "inference/arch/builder.h"

namespace kinglet::arch {

namespace {

/// The two kinds of attention layer: with a window, and over everything.
struct Kind {
    int size = 0;
    int rope = 0;
    int last_own = -1;  ///< the last layer of this kind that has keys and values of its own
};

void per_layer_embeddings(Builder& b, int each) {
    const std::int64_t total = static_cast<std::int64_t>(each) * b.hyper().layers;
    Description& m = b.model();
    m.layer_embedding_width = each;
    m.layer_embedding = b.matrix("per_layer_token_embd.weight", b.hyper().vocabulary, total);
    m.layer_projection = b.linear("per_layer_model_proj", total, b.hyper().width);
    m.layer_projection_norm = b.norm("per_layer_proj_norm", each);
}

Attention attention(Builder& b, int n, Kind& kind, bool own) {
    Attention a =
        b.attention(n, kind.rope, kind.size, kind.size, own ? KeyValues::value_optional : KeyValues::shared);
    if (own) {
        kind.last_own = n;
    } else if (kind.last_own < 0) {
        b.fail(ErrorCode::bad_format, "a layer shares keys and values, but no layer before it has any",
               "Choose another file.");
    } else {
        a.kv_layer = kind.last_own;
    }
    b.query_key_norms(a, n, HeadNorms::shared);
    a.normalise_value = true;
    a.scale = 1;
    return a;
}

Kind kind_of(Builder& b, bool window) {
    Kind kind;
    kind.size =
        window ? b.integer("attention.key_length_swa", 1, 1024, b.hyper().key_size) : b.hyper().key_size;
    kind.rope = static_cast<int>(b.model().ropes.size());
    Rope rope;
    rope.pairing = RopePairing::halves;
    rope.base = window ? b.number("rope.freq_base_swa", 1e-3, 1e12, 10000)
                       : b.number("rope.freq_base", 1e-3, 1e12, 1e6);
    rope.dimensions = window ? b.integer("rope.dimension_count_swa", 2, kind.size, kind.size)
                             : b.integer("rope.dimension_count", 2, kind.size, kind.size);
    if (!window) rope.factors = b.optional_vector("rope_freqs.weight", rope.dimensions / 2);
    b.model().ropes.push_back(rope);
    return kind;
}

}  // namespace

void build_gemma4(Builder& b) {
    b.read_common(NormKind::rms);
    const Hyper& h = b.hyper();
    const std::vector<bool> pattern = b.layer_flags("attention.sliding_window_pattern");
    const int window = b.integer("attention.sliding_window", 1, 1 << 26, 512);
    const int sharing = b.integer("attention.shared_kv_layers", 0, h.layers - 1, 0);
    const int each = b.integer("embedding_length_per_layer_input", 0, 1 << 14, 0);
    Kind local = kind_of(b, true);
    Kind global = kind_of(b, false);
    b.model().embedding_scale = std::sqrt(static_cast<float>(h.width));
    b.model().logit_softcap = static_cast<float>(b.number("final_logit_softcapping", 0, 1e6, 0));
    if (each > 0) per_layer_embeddings(b, each);
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        const bool windowed = i < pattern.size() && pattern[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), h.width);
        layer.attention = attention(b, n, windowed ? local : global, n < h.layers - sharing);
        if (windowed) layer.attention.window = window;
        layer.mixer_output_norm = b.norm(Builder::block(n, "post_attention_norm"), h.width);
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), h.width);
        layer.ffn = b.feed_forward(n, Activation::gelu_tanh, true);
        layer.ffn_output_norm = b.norm(Builder::block(n, "post_ffw_norm"), h.width);
        if (each > 0) {
            layer.per_layer.gate = b.linear(Builder::block(n, "inp_gate"), each, h.width);
            layer.per_layer.proj = b.linear(Builder::block(n, "proj"), h.width, each);
            layer.per_layer.norm = b.norm(Builder::block(n, "post_norm"), h.width);
        }
        const float* scale = b.optional_vector(Builder::block(n, "layer_output_scale.weight"), 1);
        if (scale != nullptr) layer.output_scale = *scale;
    }
    b.output_head();
}

}  // namespace kinglet::arch
