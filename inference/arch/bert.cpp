// BERT, DistilBERT and nomic-bert: every token sees every other, norms after each sum.
#include "inference/arch/builder.h"

namespace kinglet::arch {

namespace {

void embeddings(Builder& b) {
    const int width = b.hyper().width;
    if (b.has_tensor("token_types.weight")) {
        // All text is of type 0, the first row.
        const int types = b.rows_of("token_types.weight");
        b.model().type_embedding = b.vector("token_types.weight", static_cast<std::int64_t>(types) * width);
    }
    b.model().embedding_norm = b.norm("token_embd_norm", width);
}

void build_layers(Builder& b, int rope, Activation activation, bool gated) {
    const int width = b.hyper().width;
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.attention = b.attention(n, rope);
        layer.stream_norm = b.norm(Builder::block(n, "attn_output_norm"), width);
        layer.ffn = b.feed_forward(n, activation, gated);
        layer.ffn_stream_norm = b.norm(Builder::block(n, "layer_output_norm"), width);
    }
    b.embedder(Pooling::mean);
}

/// The head that models are trained with to fill in masked words, where the file has it: cls (dense),
/// cls.norm, and cls.output, whose matrix is the token embedding where it is left out.
void mask_head(Builder& b) {
    if (!b.has_tensor("cls.norm.weight")) return;
    const int width = b.hyper().width;
    const int vocabulary = b.hyper().vocabulary;
    Description& model = b.model();
    model.head_dense = b.linear("cls", width, width);
    model.head_norm = b.norm("cls.norm", width);
    model.output = b.optional_linear("cls.output", vocabulary, width);
    if (model.output) return;
    model.output.weight = model.token_embedding;
    model.output.bias = b.optional_vector("cls.output.bias", vocabulary);
}

}  // namespace

void build_bert(Builder& b) {
    b.read_common(NormKind::layer);
    embeddings(b);
    b.model().position_embedding =
        b.matrix("position_embd.weight", b.hyper().context_length, b.hyper().width);
    build_layers(b, -1, Activation::gelu_erf, false);
    mask_head(b);
}

void build_nomic_bert(Builder& b) {
    b.read_common(NormKind::layer);
    embeddings(b);
    build_layers(b, b.add_rope(RopePairing::halves), Activation::silu, true);
}

}  // namespace kinglet::arch
