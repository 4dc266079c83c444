// Computes a model's last layers on a device: the same steps as inference/engine/forward.cpp, recorded as
// commands.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "inference/arch/description.h"
#include "inference/vulkan/backend.h"
#include "inference/vulkan/buffers.h"
#include "inference/vulkan/operations.h"
#include "inference/vulkan/recorder.h"
#include "inference/vulkan/uploader.h"
#include "inference/vulkan/weights.h"

namespace kinglet::vulkan {

/// What a sequence needs of its model, which outlives it.
struct ModelParts {
    const arch::Description& model;
    Context& context;
    Pipelines& pipelines;
    const Weights& weights;
    int first_layer = 0;
};

/// One session on the device.
class Forward final : public DeviceSequence {
  public:
    /// Throws vk::SystemError where the device's memory is short. `owner` keeps the parts alive.
    Forward(const ModelParts& parts, std::shared_ptr<const void> owner, int batch_size,
            std::span<const CacheShape> caches);

    /// Records a step of one token and one of a batch, for Pipelines::plan().
    void record_steps();
    Status run(const Batch& batch, HostMemory& memory, const std::stop_token& stop) override;
    Status read_stream(float* out) override;
    void invalidate() override { length_ = 0; }

  private:
    using Word = std::uint32_t;

    /// A layer's keys and values here.
    struct LayerCache {
        Cache keys, values;
        int kv_heads = 0;
        std::uint64_t mirrored = 0;  ///< value in `mirror_` at which a batch's keys and values are put
    };
    struct LayerState {
        Slice data;  ///< tail, then matrices
        Slice tail;  ///< its beginning
        Word tail_values = 0;
        std::uint64_t mirrored = 0;
    };

    void take_buffers(std::span<const CacheShape> caches);
    void take_layer(std::size_t index, std::span<const CacheShape> caches);
    void resynchronise(int position, HostMemory& memory);
    void upload_cache(int layer, int first, int last, HostMemory& memory);
    void write_inputs(const Batch& batch);
    Status run_checked(const Batch& batch, HostMemory& memory, const std::stop_token& stop);
    void run_recorded(const Batch& batch);
    Status run_anew(const Batch& batch, const std::stop_token& stop);
    void mirror(const Batch& batch, HostMemory& memory);

    void record_step();
    void record_inputs();
    void record_layer(int index);
    void record_head(int first_row, int rows);

    void attention(const arch::Attention& a, int index, const Slice& in);
    void place(const arch::Attention& a, const Rows& rows, Word queries, Word keys, bool own);
    void norm_heads(const arch::Attention& a, const arch::Norm& norm, const Heads& heads);
    void rotate(const arch::Attention& a, const Heads& heads, bool grows);
    void attend(const arch::Attention& a, const Rows& rows);
    void short_convolution(const arch::ShortConvolution& c, int index, const Slice& in);
    void delta_net(const arch::DeltaNet& d, int index, const Slice& in);
    void mamba(const arch::Mamba2& m, int index, const Slice& in);
    void mirror_state(const LayerState& state);
    void feed_forward(const arch::FeedForward& f, const Slice& in, const Slice& out);
    void experts(const arch::FeedForward& f, const Slice& in, const Slice& out);
    void activate(const arch::FeedForward& f, Word width, const Rows& rows, Word count);
    void per_layer_input(const arch::PerLayerInput& p, int index);
    void add_branch(const Slice& branch, const arch::Norm& branch_norm, const arch::Norm& stream_norm,
                    float scale);

    void multiply(const arch::Linear& linear, const Rows& x, Word count, const Rows& y);
    NormOptions options_of(const arch::Norm& norm) const;
    void norm(const arch::Norm& norm, const Slice& x, const Slice& y, Word count);
    Heads rows_of(const Slice& slice, Word size) const { return {{slice, 0, size}, 1, size, 0}; }
    Word width() const { return static_cast<Word>(parts_.model.width); }
    LayerCache& cache(int layer) { return caches_[static_cast<std::size_t>(layer)]; }

    ModelParts parts_;
    std::shared_ptr<const void> owner_;
    int batch_size_;
    Heap heap_;
    Recorder recorder_;
    Uploader uploader_;
    Buffer step_;
    Operations ops_;

    Slice x_, normed_, branch_, branch2_, wide_, mixed_, small_, low_rank_, parts_room_, expert_rows_,
        chosen_, portions_, logits_, layer_inputs_;
    std::vector<Slice> angles_;
    std::vector<LayerCache> caches_;
    std::vector<LayerState> states_;
    std::unique_ptr<Buffer> input_;    ///< stream, angles and layer inputs on their way here
    std::unique_ptr<Buffer> mirror_;   ///< keys, values and states on their way back
    std::unique_ptr<Buffer> output_;   ///< logits, or the stream, on their way back
    std::uint64_t mirror_values_ = 0;  ///< in use of the mirror, for a whole batch
    int logit_rows_ = 1;               ///< rows of logits that are computed at once

    int length_ = 0;  ///< positions that the device has taken in
    int count_ = 0;   ///< tokens of the batch that is being recorded
    Word splits_ = 1;
    Word recorded_splits_ = 0;  ///< of the step of one token that is recorded now; 0 = something else is
};

}  // namespace kinglet::vulkan
