// Encoders: BERT, DistilBERT and nomic-bert. What pools their tokens to one vector is said by the files of
// sentence-transformers beside the checkpoint.
#include "inference/convert/hyper.h"
#include "inference/convert/recipe_tables.h"

namespace kinglet::convert {
namespace {

using enum Need;

constexpr int max_ff = 1 << 17;

// Behind the encoder stands the head that fills in masked words, in checkpoints that have kept it. Its matrix
// is the token embedding unless the config says otherwise.
constexpr TensorRule bert_rules[] = {
    {"embeddings.word_embeddings.weight", "token_embd.weight"},
    {"embeddings.position_embeddings.weight", "position_embd.weight"},
    {"embeddings.token_type_embeddings.weight", "token_types.weight", optional},
    {"embeddings.LayerNorm.weight", "token_embd_norm.weight"},
    {"embeddings.LayerNorm.bias", "token_embd_norm.bias"},
    {"encoder.layer.#.attention.self.query.weight", "blk.#.attn_q.weight"},
    {"encoder.layer.#.attention.self.query.bias", "blk.#.attn_q.bias"},
    {"encoder.layer.#.attention.self.key.weight", "blk.#.attn_k.weight"},
    {"encoder.layer.#.attention.self.key.bias", "blk.#.attn_k.bias"},
    {"encoder.layer.#.attention.self.value.weight", "blk.#.attn_v.weight"},
    {"encoder.layer.#.attention.self.value.bias", "blk.#.attn_v.bias"},
    {"encoder.layer.#.attention.output.dense.weight", "blk.#.attn_output.weight"},
    {"encoder.layer.#.attention.output.dense.bias", "blk.#.attn_output.bias"},
    {"encoder.layer.#.attention.output.LayerNorm.weight", "blk.#.attn_output_norm.weight"},
    {"encoder.layer.#.attention.output.LayerNorm.bias", "blk.#.attn_output_norm.bias"},
    {"encoder.layer.#.intermediate.dense.weight", "blk.#.ffn_up.weight"},
    {"encoder.layer.#.intermediate.dense.bias", "blk.#.ffn_up.bias"},
    {"encoder.layer.#.output.dense.weight", "blk.#.ffn_down.weight"},
    {"encoder.layer.#.output.dense.bias", "blk.#.ffn_down.bias"},
    {"encoder.layer.#.output.LayerNorm.weight", "blk.#.layer_output_norm.weight"},
    {"encoder.layer.#.output.LayerNorm.bias", "blk.#.layer_output_norm.bias"},
    {"cls.predictions.transform.dense.weight", "cls.weight", optional},
    {"cls.predictions.transform.dense.bias", "cls.bias", optional},
    {"cls.predictions.transform.LayerNorm.weight", "cls.norm.weight", optional},
    {"cls.predictions.transform.LayerNorm.bias", "cls.norm.bias", optional},
    {"cls.predictions.decoder.weight", "cls.output.weight", own_head},
    {"cls.predictions.bias", "cls.output.bias", optional},
    {"cls.predictions.decoder.bias", ""},
    {"cls.seq_relationship.*", ""},
    {"embeddings.position_ids", ""},
    {"pooler.*", ""},
};

constexpr TensorRule distilbert_rules[] = {
    {"embeddings.word_embeddings.weight", "token_embd.weight"},
    {"embeddings.position_embeddings.weight", "position_embd.weight"},
    {"embeddings.LayerNorm.weight", "token_embd_norm.weight"},
    {"embeddings.LayerNorm.bias", "token_embd_norm.bias"},
    {"transformer.layer.#.attention.q_lin.weight", "blk.#.attn_q.weight"},
    {"transformer.layer.#.attention.q_lin.bias", "blk.#.attn_q.bias"},
    {"transformer.layer.#.attention.k_lin.weight", "blk.#.attn_k.weight"},
    {"transformer.layer.#.attention.k_lin.bias", "blk.#.attn_k.bias"},
    {"transformer.layer.#.attention.v_lin.weight", "blk.#.attn_v.weight"},
    {"transformer.layer.#.attention.v_lin.bias", "blk.#.attn_v.bias"},
    {"transformer.layer.#.attention.out_lin.weight", "blk.#.attn_output.weight"},
    {"transformer.layer.#.attention.out_lin.bias", "blk.#.attn_output.bias"},
    {"transformer.layer.#.sa_layer_norm.weight", "blk.#.attn_output_norm.weight"},
    {"transformer.layer.#.sa_layer_norm.bias", "blk.#.attn_output_norm.bias"},
    {"transformer.layer.#.ffn.lin1.weight", "blk.#.ffn_up.weight"},
    {"transformer.layer.#.ffn.lin1.bias", "blk.#.ffn_up.bias"},
    {"transformer.layer.#.ffn.lin2.weight", "blk.#.ffn_down.weight"},
    {"transformer.layer.#.ffn.lin2.bias", "blk.#.ffn_down.bias"},
    {"transformer.layer.#.output_layer_norm.weight", "blk.#.layer_output_norm.weight"},
    {"transformer.layer.#.output_layer_norm.bias", "blk.#.layer_output_norm.bias"},
    {"vocab_transform.weight", "cls.weight", optional},
    {"vocab_transform.bias", "cls.bias", optional},
    {"vocab_layer_norm.weight", "cls.norm.weight", optional},
    {"vocab_layer_norm.bias", "cls.norm.bias", optional},
    {"vocab_projector.weight", "cls.output.weight", own_head},
    {"vocab_projector.bias", "cls.output.bias", optional},
    {"embeddings.position_ids", ""},
};

// fc12 is what goes through the activation.
constexpr TensorRule nomic_rules[] = {
    {"embeddings.word_embeddings.weight", "token_embd.weight"},
    {"embeddings.token_type_embeddings.weight", "token_types.weight", optional},
    {"emb_ln.weight", "token_embd_norm.weight"},
    {"emb_ln.bias", "token_embd_norm.bias"},
    {"encoder.layers.#.attn.Wqkv.weight", "blk.#.attn_qkv.weight"},
    {"encoder.layers.#.attn.out_proj.weight", "blk.#.attn_output.weight"},
    {"encoder.layers.#.norm1.weight", "blk.#.attn_output_norm.weight"},
    {"encoder.layers.#.norm1.bias", "blk.#.attn_output_norm.bias"},
    {"encoder.layers.#.mlp.fc12.weight", "blk.#.ffn_gate.weight"},
    {"encoder.layers.#.mlp.fc11.weight", "blk.#.ffn_up.weight"},
    {"encoder.layers.#.mlp.fc2.weight", "blk.#.ffn_down.weight"},
    {"encoder.layers.#.norm2.weight", "blk.#.layer_output_norm.weight"},
    {"encoder.layers.#.norm2.bias", "blk.#.layer_output_norm.bias"},
    {"cls.*", ""},
    {"pooler.*", ""},
};

/// What a config leaves open.
void describe_encoder(Model& model) {
    if (!model.facts.tied) model.facts.tied = true;
    // How many kinds of text there are: the first and the second of a pair, or one.
    model.writer.add_u32("tokenizer.ggml.token_type_count",
                         static_cast<std::uint32_t>(model.config.integer({"type_vocab_size"}, 1, 1024, 1)));
}

void describe_bert(Model& model) {
    describe_sizes(model, Epsilon::layer, {.epsilon = 1e-12});
    model.integer("feed_forward_length", model.config.integer({"intermediate_size"}, 1, max_ff));
    describe_encoder(model);
    model.flag("attention.causal", false);
    describe_pooling(model);
    require_activation(model, {"gelu"});
    const std::string positions = model.config.text({"position_embedding_type"}, "absolute");
    model.config.require(positions == "absolute", "relative positions are not supported in BERT");
}

void describe_distilbert(Model& model) {
    describe_sizes(model, Epsilon::layer, {.epsilon = 1e-12});
    model.integer("feed_forward_length", model.config.integer({"hidden_dim"}, 1, max_ff));
    describe_encoder(model);
    model.flag("attention.causal", false);
    describe_pooling(model);
    require_activation(model, {"gelu"});
}

void describe_nomic(Model& model) {
    Config& c = model.config;
    describe_sizes(model, Epsilon::layer, {.epsilon = 1e-12});
    model.integer("feed_forward_length", c.integer({"n_inner", "intermediate_size"}, 1, max_ff));
    describe_rope(model);
    describe_encoder(model);
    model.flag("attention.causal", false);
    describe_pooling(model);
    require_activation(model, {"swiglu", "silu", "swish"});
    c.require(!c.flag({"prenorm"}, false) && !c.flag({"use_rms_norm"}, false),
              "this variant of nomic-bert is not supported");
    c.require(!c.flag({"qkv_proj_bias"}, false) && !c.flag({"rotary_emb_interleaved"}, false),
              "this variant of nomic-bert is not supported");
}

}  // namespace

std::vector<Recipe> encoder_recipes() {
    return {
        {{"BertModel", "BertForMaskedLM", "BertForPreTraining"},
         "bert",
         {"bert."},
         {bert_rules},
         describe_bert},
        {{"DistilBertModel", "DistilBertForMaskedLM"},
         "bert",
         {"distilbert."},
         {distilbert_rules},
         describe_distilbert},
        {{"NomicBertModel"}, "nomic-bert", {"bert."}, {nomic_rules}, describe_nomic},
    };
}

}  // namespace kinglet::convert
