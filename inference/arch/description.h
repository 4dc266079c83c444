// A model as data: which tensors there are and how each layer is computed from them. Architectures fill this
// in; whatever computes (CPU, GPU) reads it and never asks for an architecture's name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "inference/tensor/low_rank.h"
#include "inference/tensor/tensor_view.h"

namespace kinglet::arch {

enum class NormKind : std::uint8_t { none, rms, layer };

/// gain[i] * normalised(x)[i] + bias[i]; gain and bias may be null.
struct Norm {
    NormKind kind = NormKind::none;
    const float* gain = nullptr;
    const float* bias = nullptr;
    float epsilon = 0;
    explicit operator bool() const { return kind != NormKind::none; }
};

/// y = W x + bias, one output a row of W. Without a tensor: absent.
struct Linear {
    TensorView weight;
    const float* bias = nullptr;
    std::vector<LowRank> additions;  ///< of adapters
    explicit operator bool() const { return static_cast<bool>(weight); }
    int inputs() const { return static_cast<int>(weight.cols()); }
    int outputs() const { return static_cast<int>(weight.rows()); }
};

/// Which two values of a head a rotation pairs: (2i, 2i+1), or (i, i + n/2).
enum class RopePairing : std::uint8_t { neighbours, halves };
enum class RopeScaling : std::uint8_t { none, linear, yarn };

/// Rotary position embedding: what the angle of pair i at position p is, and how large the rotated vector
/// becomes.
struct Rope {
    RopePairing pairing = RopePairing::neighbours;
    int dimensions = 0;  ///< leading values of a head that are rotated; even
    double base = 10000;
    RopeScaling scaling = RopeScaling::none;
    double factor = 1;            ///< by which linear and YaRN stretch the context
    double original_context = 0;  ///< tokens the model saw before it was stretched
    double beta_fast = 32;        ///< YaRN: rotations above which nothing is stretched
    double beta_slow = 1;         ///< YaRN: rotations below which everything is
    double magnitude = 1;         ///< cos and sin are times this
    /// Divisors of the frequencies, dimensions / 2 of them; null = none.
    const float* factors = nullptr;
    /// As factors, but only for a session whose context is longer than original_context.
    const float* long_factors = nullptr;
};

/// What the norms of queries and keys run over.
enum class HeadNorms : std::uint8_t {
    shared,  ///< each head, all with one gain
    own,     ///< each head with a gain of its own: (heads, size of a head)
    joint,   ///< all heads together
};

struct Attention {
    Linear query, key, value;
    /// Query, key and value rows in one matrix, in that order; replaces the three above.
    Linear fused;
    Linear output;
    Norm query_norm, key_norm;
    HeadNorms head_norms = HeadNorms::shared;
    /// Each value head is divided by its root mean square (epsilon of key_norm).
    bool normalise_value = false;
    /// The query matrix gives, for each head, its query and then a gate: the result is times sigmoid(gate).
    bool gated = false;
    int heads = 0;
    int kv_heads = 0;
    int key_size = 0;    ///< of a head
    int value_size = 0;  ///< of a head
    int rope = -1;       ///< index into Description::ropes; -1 = no positions
    float scale = 1;     ///< of the scores, before the softmax
    float softcap = 0;   ///< c: scores become c tanh(scores / c); 0 = off
    int window =
        0;  ///< causal: sees the last `window` positions, itself included; else: abs(i - j) <= window / 2
    bool causal = true;
    float clamp_qkv = 0;  ///< queries, keys and values are cut to [-c, c]; 0 = off
    /// Queries grow with the position: times 1 + s ln(1 + floor(p / original)); s = 0 = off.
    float position_scale = 0;
    float position_original = 0;
    /// The layer whose keys and values are used; its own index unless layers share.
    int kv_layer = 0;
};

/// out_proj(C * conv(B * X)), with B, C and X thirds of in_proj's outputs.
struct ShortConvolution {
    Linear in, out;
    const float* kernel = nullptr;  ///< (width, taps); the last tap belongs to the current token
    int taps = 0;
};

/// Gated delta rule: heads of a square matrix that forgets, is corrected and is read at each token.
struct DeltaNet {
    Linear qkv, gate, alpha, beta, out;
    const float* kernel = nullptr;     ///< (channels, taps)
    const float* decay = nullptr;      ///< (value_heads), negative
    const float* step_bias = nullptr;  ///< (value_heads)
    Norm norm;                         ///< over one head
    int taps = 0;
    int key_heads = 0;
    int value_heads = 0;
    int size = 0;  ///< of a head
};

/// Mamba 2: heads of a matrix with one decay each.
struct Mamba2 {
    Linear in, out;
    const float* kernel = nullptr;       ///< (channels, taps)
    const float* kernel_bias = nullptr;  ///< (channels) or null
    const float* step_bias = nullptr;    ///< (heads)
    const float* decay = nullptr;        ///< (heads), negative
    const float* skip = nullptr;         ///< (heads)
    Norm norm;                           ///< gain (inner); each group has its own mean
    int taps = 0;
    int inner = 0;
    int state = 0;
    int heads = 0;
    int groups = 0;
};

enum class Mixer : std::uint8_t { attention, short_convolution, delta_net, mamba2 };
enum class Activation : std::uint8_t { silu, gelu_tanh, gelu_erf, relu, relu_squared };

/// down(act(gate x) * (up x)), or down(act(up x)) where there is no gate.
struct FeedForward {
    Linear gate, up, down;
    /// `up` holds the gate's rows and then its own.
    bool gate_in_up = false;
    Activation activation = Activation::silu;
    int width = 0;

    /// A mixture of experts where expert_count > 0: the three tensors have one plane an expert, and the
    /// expert_used largest of softmax(router x) are added up, each times its probability.
    Linear router;
    TensorView expert_gate, expert_up, expert_down;
    int expert_count = 0;
    int expert_used = 0;
    int expert_width = 0;
    /// The chosen probabilities are divided by their sum.
    bool expert_normalise = false;
    bool gated() const { return gate_in_up || static_cast<bool>(gate); }
};

/// proj(gelu(gate x) * input of this layer and token), added to the stream.
struct PerLayerInput {
    Linear gate, proj;
    Norm norm;
};

/// One layer: the stream x goes through
///   y = mixer(mixer_norm x);  x = stream_norm(x + s * mixer_output_norm y)
///   z = ffn(ffn_norm x);      x = ffn_stream_norm(x + s * ffn_output_norm z)
/// or, parallel, x = x + s * (y + z) with both computed from the x of before.
struct Layer {
    Mixer mixer = Mixer::attention;
    Norm mixer_norm, mixer_output_norm, stream_norm;
    Attention attention;
    ShortConvolution convolution;
    DeltaNet delta;
    Mamba2 mamba;
    bool parallel = false;
    /// Parallel layers without a norm of their own here take what the mixer takes.
    Norm ffn_norm, ffn_output_norm, ffn_stream_norm;
    FeedForward ffn;
    /// A second branch beside `ffn`, fed with the same values (an expert that all tokens use).
    FeedForward shared_ffn;
    PerLayerInput per_layer;
    float residual_scale = 1;
    float output_scale = 1;
};

/// What an embedding of a whole text is made of.
enum class Pooling : std::uint8_t { none, mean, first, last };

/// Everything that computing needs. Tensor views point into the mapped file, which must outlive this.
struct Description {
    std::string architecture;
    int context_length = 0;
    int width = 0;
    int vocabulary_size = 0;
    int head_count = 0;
    int head_count_kv = 0;

    TensorView token_embedding;             ///< (vocabulary, width)
    TensorView position_embedding;          ///< (positions, width), optional
    const float* type_embedding = nullptr;  ///< (width), added to every token, optional
    Norm embedding_norm;
    float embedding_scale = 1;

    TensorView layer_embedding;  ///< (vocabulary, layers * layer_embedding_width), optional
    Linear layer_projection;
    Norm layer_projection_norm;
    int layer_embedding_width = 0;

    std::vector<Rope> ropes;
    std::vector<Layer> layers;
    Norm output_norm;
    /// Between that norm and the output of models that fill in masked words: norm(gelu(dense x)). Optional.
    Linear head_dense;
    Norm head_norm;
    Linear output;          ///< absent in models that only embed
    float logit_scale = 1;  ///< logits are times this
    float logit_softcap = 0;
    /// False: every token sees every other, so a text is computed at once and nothing is kept.
    bool causal = true;
    Pooling pooling = Pooling::none;
    Linear dense_2, dense_3;  ///< after pooling, optional

    /// Small tensors turned into F32, which the pointers above point to.
    std::vector<std::unique_ptr<float[]>> owned;
};

}  // namespace kinglet::arch
