// What an architecture's file works with: reads hyper-parameters with bounds and binds tensors with their
// shapes checked, into a Description.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/arch/adapter.h"
#include "inference/arch/description.h"
#include "inference/base/result.h"
#include "inference/gguf/reader.h"

namespace kinglet::arch {

/// The numbers that nearly all architectures have, within sane bounds.
struct Hyper {
    int context_length = 0;
    int width = 0;
    int layers = 0;
    int vocabulary = 0;
    std::vector<int> heads, kv_heads, ff;  ///< one a layer
    int key_size = 0;
    int value_size = 0;
    int rope_dimensions = 0;
    float epsilon = 0;
};

/// Where a layer's keys and values come from: its own matrices, its own where a missing value matrix means
/// that the keys are the values too, or another layer.
enum class KeyValues : std::uint8_t { own, value_optional, shared };

/// Errors stick: after the first one, everything asked for gives a harmless small value and status() says
/// what went wrong first. An architecture therefore reads as a list of facts, without a check on each line.
class Builder {
  public:
    /// `adapters` may be null; what it has for the matrices bound is taken.
    Builder(const gguf::File& file, std::string architecture, Adapters* adapters);

    Description& model() { return model_; }
    const Hyper& hyper() const { return hyper_; }
    /// How many layers there are to build: none once something has failed.
    int layers() const { return static_cast<int>(model_.layers.size()); }
    bool ok() const { return !error_; }
    Result<Description> finish();
    void fail(ErrorCode code, std::string message, std::string hint);

    // Hyper-parameters; keys are without the leading "ARCHITECTURE.".
    bool has(std::string_view key) const;
    int integer(std::string_view key, int least, int most);
    int integer(std::string_view key, int least, int most, int fallback);
    double number(std::string_view key, double least, double most);
    double number(std::string_view key, double least, double most, double fallback);
    bool flag(std::string_view key, bool fallback);
    std::string text(std::string_view key, std::string_view fallback);
    /// One number a layer: the file has an array, or one number for all.
    std::vector<int> per_layer(std::string_view key, int least, int most, std::optional<int> fallback);
    /// One flag a layer from an array; empty where the key is missing.
    std::vector<bool> layer_flags(std::string_view key);

    /// Reads Hyper, binds token_embd and sets the description's own facts. `norm` says which epsilon there
    /// must be.
    void read_common(NormKind norm);

    // Tensors. Shapes are as computing sees them: rows, columns; names whole, e.g. "blk.0.attn_q.weight".
    bool has_tensor(std::string_view name) const;
    TensorView matrix(std::string_view name, std::int64_t rows, std::int64_t columns);
    TensorView matrix(std::string_view name, std::int64_t planes, std::int64_t rows, std::int64_t columns);
    /// A small tensor as floats; null after an error. A leading or trailing dimension of 1 does not matter.
    const float* vector(std::string_view name, std::int64_t length);
    const float* optional_vector(std::string_view name, std::int64_t length);
    /// PREFIX.weight, with PREFIX.bias where the file has it.
    Linear linear(std::string_view prefix, std::int64_t outputs, std::int64_t inputs);
    Linear optional_linear(std::string_view prefix, std::int64_t outputs, std::int64_t inputs);
    /// PREFIX.weight and, for layer norms, PREFIX.bias where the file has it; of the kind given to
    /// read_common().
    Norm norm(std::string_view prefix, std::int64_t length);
    Norm optional_norm(std::string_view prefix, std::int64_t length);
    /// The final norm and output, or the token embedding where there is no output.
    void output_head(std::string_view norm = "output_norm");
    /// Rows of a tensor; 1 where it is missing.
    int rows_of(std::string_view name) const;

    /// Adds a rope with what rope.freq_base and rope.scaling.* say; its index.
    int add_rope(RopePairing pairing);
    /// Query, key, value and output projections of layer i, separate or fused; sizes, scale and kv_layer.
    Attention attention(int layer, int rope);
    /// The same with head sizes of its own.
    Attention attention(int layer, int rope, int key_size, int value_size, KeyValues source);
    /// As attention(), with a gate for every query in the query matrix.
    Attention gated_attention(int layer, int rope);
    /// attn_q_norm and attn_k_norm of layer i.
    void query_key_norms(Attention& attention, int layer, HeadNorms kind);
    /// Whether layer i is one of every `period` layers that end a group of them: 2 of 0, 1, 2 for a period
    /// of 3.
    static bool ends_group(int layer, int period) { return period > 0 && (layer + 1) % period == 0; }
    /// embedding_scale, residual_scale, attention.scale and logit_scale, for a model whose layers are built
    /// already.
    void granite_scales(double embedding, double residual, double logits);
    /// Sets pooling and, where the model embeds whole texts at once, that nothing is causal.
    void embedder(Pooling fallback);
    /// Layer i as most have it: attn_norm, attention(), ffn_norm, feed_forward(). What is special is set on
    /// it afterwards.
    Layer& pre_norm_layer(int layer, int rope, Activation activation, bool gated);
    /// ffn_gate (where `gated`), ffn_up and ffn_down of layer i.
    FeedForward feed_forward(int layer, Activation activation, bool gated);
    /// The experts of layer i: ffn_gate_inp, ffn_{gate,up,down}_exps.
    FeedForward experts(int layer, Activation activation, int width, bool normalise);
    /// The expert beside them that every token uses: ffn_{gate,up,down}_shexp.
    FeedForward shared_expert(int layer, Activation activation, int width);
    static std::string block(int layer, std::string_view name);

  private:
    std::string key(std::string_view name) const;
    const gguf::TensorInfo* tensor(std::string_view name, std::initializer_list<std::int64_t> shape);
    std::vector<LowRank> additions(std::string_view tensor, std::int64_t outputs, std::int64_t inputs);
    int checked(std::string_view name, std::int64_t value, int least, int most);
    double checked(std::string_view name, double value, double least, double most);
    void scale_rope(Rope& rope);
    bool read_heads(Attention& a, int layer);

    const gguf::File& file_;
    Adapters* adapters_;
    std::string architecture_;
    Description model_;
    Hyper hyper_;
    NormKind norm_kind_ = NormKind::rms;
    std::optional<Error> error_;
};

}  // namespace kinglet::arch
