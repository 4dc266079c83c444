// A session's layers on the graphics device, with the processor's memory behind them.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "inference/base/aligned_buffer.h"
#include "inference/base/result.h"
#include "inference/engine/memory.h"
#include "inference/engine/model_device.h"
#include "inference/engine/rope.h"
#include "inference/kernels/kernel_table.h"
#include "inference/vulkan/backend.h"

namespace kinglet::engine {

/// What a forward pass hands to a device. One thread at a time.
struct DeviceBatch {
    int count = 0;
    const float* stream = nullptr;  ///< (count, width)
    std::span<const RopeTable> ropes;
    const float* layer_inputs = nullptr;
    vulkan::Wanted wanted = vulkan::Wanted::nothing;
    float* logits = nullptr;
};

/// Everything computed on the device is kept in the session's SequenceMemory, too, so that saving, copying
/// and going back work as ever, and the processor can go on where a device fails.
class DeviceLayers {
  public:
    /// `device` and `table` must outlive this. Nothing is made before the first batch.
    DeviceLayers(const arch::Description& model, ModelDevice& device, const kernels::KernelTable& table);

    /// The first layer that the next batch should be handed over at; the number of layers where the processor
    /// computes all.
    int first_layer(const SequenceMemory& memory, int batch_size);
    /// Errors: cancelled. False where the device failed: the batch is to be computed by the processor, and
    /// all later ones.
    Result<bool> run(const DeviceBatch& batch, SequenceMemory& memory, const std::stop_token& stop);
    /// The stream of the last batch that was run here.
    Status read_stream(float* out) { return sequence_->read_stream(out); }
    /// The memory was replaced by another one.
    void invalidate() {
        if (sequence_ != nullptr) sequence_->invalidate();
    }

  private:
    bool create(const SequenceMemory& memory, int batch_size);

    const arch::Description& model_;
    ModelDevice& device_;
    const kernels::KernelTable& table_;
    std::unique_ptr<vulkan::DeviceSequence> sequence_;
    bool given_up_ = false;
    std::vector<AlignedBuffer<float>> angles_;
};

}  // namespace kinglet::engine
