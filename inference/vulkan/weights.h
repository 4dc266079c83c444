// A model's weights on a device, found by where they lie in the processor's memory.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <unordered_map>

#include "inference/arch/description.h"
#include "inference/base/result.h"
#include "inference/vulkan/buffers.h"
#include "inference/vulkan/operations.h"

namespace kinglet::vulkan {

/// The code words that decoding a format needs (inference/kernels/grids.h); empty for formats without.
std::span<const std::byte> grid_bytes(DType type);

/// What of a model is copied to a device: its layers from `first_layer` on and all behind them.
class Weights {
  public:
    Weights(Context& context, Pipelines& pipelines)
        : context_(context), pipelines_(pipelines), heap_(context) {}

    /// Bytes that upload() copies, without what allocation rounds up.
    static std::uint64_t bytes(const arch::Description& model, int first_layer);
    /// Bytes of one layer's weights.
    static std::uint64_t layer_bytes(const arch::Layer& layer, int width);

    /// Copies them, a piece being read from the file while the one before goes to the device. Told 0..1.
    /// Errors: cancelled. Throws vk::SystemError.
    Status upload(const arch::Description& model, int first_layer,
                  const std::function<void(float)>& on_progress, const std::stop_token& stop);

    /// The device's copy of a tensor; an empty one of an absent tensor.
    Matrix matrix(const TensorView& tensor) const;
    /// The device's copy of a small vector; empty for null.
    Slice vector(const float* values) const;
    std::uint64_t allocated() const { return heap_.bytes(); }

  private:
    Context& context_;
    Pipelines& pipelines_;
    Heap heap_;
    std::unordered_map<const void*, Slice> places_;
    std::unordered_map<std::uint32_t, Slice> grids_;  ///< by dtype
};

}  // namespace kinglet::vulkan
