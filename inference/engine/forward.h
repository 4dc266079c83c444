// Computes a model: tokens in, the stream through all layers, logits or an embedding out. The last layers may
// lie on a graphics device.
#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <vector>

#include "inference/arch/description.h"
#include "inference/base/aligned_buffer.h"
#include "inference/base/result.h"
#include "inference/base/thread_pool.h"
#include "inference/engine/device_layers.h"
#include "inference/engine/memory.h"
#include "inference/engine/rope.h"
#include "inference/kernels/kernel_table.h"
#include "inference/kernels/matmul.h"
#include "inference/tokenizer/token.h"

namespace kinglet::engine {

/// Which rows of a batch get logits.
enum class Rows { none, last, all };

/// The working memory of one session's computations. Buffers grow with the batch and are reused. One thread
/// at a time.
class Forward {
  public:
    /// The model, device, table and pool must outlive this. `batch_size`: the most tokens of a run().
    Forward(const arch::Description& model, ModelDevice& device, const kernels::KernelTable& table,
            ThreadPool& pool, int context_length, int batch_size);

    /// Appends the tokens to the memory and computes them. `logits` takes one row of vocabulary_size for each
    /// row asked for. Errors: out_of_memory; cancelled, seen between layers, after which the memory must be
    /// truncated.
    Status run(std::span<const Token> tokens, SequenceMemory& memory, Rows rows, float* logits,
               const std::stop_token& stop);

    /// After run() with Rows::none: the last layers' output, normed, one row of width a token.
    Status hidden_states(float* out);

    /// The memory that run() is given was replaced: what was computed of it elsewhere no longer holds.
    void memory_replaced() { device_.invalidate(); }

    /// out = linear(in) for `count` rows. False where memory is short.
    [[nodiscard]] bool multiply(const arch::Linear& linear, const float* in, int count, float* out);

  private:
    struct Span {
        float* data = nullptr;
        std::size_t stride = 0;
        float* row(int i) const { return data + static_cast<std::size_t>(i) * stride; }
    };

    /// Hands the layers that lie on a device to it. False where it failed, and the processor is to compute
    /// them.
    Result<bool> run_on_device(SequenceMemory& memory, Rows rows, float* logits, const std::stop_token& stop);

    // Each step returns false where memory is short.
    bool embed(std::span<const Token> tokens, int first);
    bool embed_per_layer(std::span<const Token> tokens);
    bool layer(int index, SequenceMemory& memory);
    bool mix(const arch::Layer& layer, int index, SequenceMemory& memory);
    bool attention(const arch::Attention& a, int index, SequenceMemory& memory);
    void place(const arch::Attention& a, int token, float* queries, float* keys, float* values);
    void norm_head(const arch::Attention& a, arch::Norm norm, int head, float* x) const;
    bool attend(const arch::Attention& a, const KeyValueMemory& kv, std::size_t row_stride);
    bool short_convolution(const arch::ShortConvolution& c, RecurrentMemory& memory);
    bool delta_net(const arch::DeltaNet& d, RecurrentMemory& memory);
    void delta_head(const arch::DeltaNet& d, int head, float* state);
    bool mamba(const arch::Mamba2& m, RecurrentMemory& memory);
    void mamba_head(const arch::Mamba2& m, int head, float* state);
    void convolve(const float* kernel, const float* bias, int taps, int channels, const Span& rows,
                  float* tail);
    bool feed_forward(const arch::FeedForward& f, const float* in, float* out);
    bool experts(const arch::FeedForward& f, const float* in, float* out);
    bool choose_experts(const arch::FeedForward& f, const float* in);
    bool per_layer_input(const arch::PerLayerInput& p, int index);
    bool head(const float* rows, int count, float* logits);

    void activate(const arch::FeedForward& f, int width, const Span& rows, int count);
    void norm_row(const arch::Norm& norm, const float* in, float* out, int n) const;
    void norm_rows(const arch::Norm& norm, const float* in, float* out, int n, int count);
    /// x += scale * normed(branch), then the norm of the stream itself, row by row.
    void add_branch(float* branch, const arch::Norm& branch_norm, const arch::Norm& stream_norm, float scale);
    bool multiply(std::span<const kernels::MatmulJob> jobs, const float* in, int columns, std::size_t stride,
                  int count);
    static kernels::MatmulJob job(const arch::Linear& linear, float* y, std::size_t stride);
    /// body(i) for i < count, shared out where there is enough to do.
    template <class Body>
    void each(int count, std::size_t work, Body&& body);

    const arch::Description& model_;
    const kernels::KernelTable& table_;
    ThreadPool& pool_;
    DeviceLayers device_;
    int batch_size_;
    bool on_device_ = false;  ///< the last run() ended there
    std::vector<RopeTable> ropes_;
    kernels::Activations activations_;

    int count_ = 0;     ///< tokens in the batch
    int position_ = 0;  ///< of the first of them
    AlignedBuffer<float> x_, normed_, branch_, branch2_, wide_, mixed_, inner_, small_;
    AlignedBuffer<float> layer_inputs_;
    std::vector<int> chosen_;      ///< experts of each token
    std::vector<float> portions_;  ///< and what each contributes
};

}  // namespace kinglet::engine
