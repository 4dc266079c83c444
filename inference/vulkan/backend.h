// All that the engine sees of the graphics device: a model's last layers on it, and sequences over them. No
// Vulkan types, no exceptions; backend_stub.cpp stands in where Kinglet was built without Vulkan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "inference/arch/description.h"
#include "inference/base/result.h"
#include "inference/vulkan/devices.h"

namespace kinglet::vulkan {

/// What is to lie on a device.
struct PlacementRequest {
    int device = 0;          ///< DeviceInfo::number
    int layers = -1;         ///< wanted, counted from the last one; negative = as many as fit
    int context_length = 0;  ///< of one session, for which room is kept
    int batch_size = 256;    ///< of that session
    DType kv_type = DType::f16;
    std::filesystem::path cache_folder;  ///< for compiled pipelines; empty = keep none
    /// Told 0..1 while weights are copied and pipelines compiled, and how much of the model goes there
    /// (0..1).
    std::function<void(float done, float of_model)> on_progress;
    std::stop_token stop;
};

/// Keys and values of one layer's cache.
struct CacheShape {
    DType type = DType::f16;  ///< f32, f16, q8_0 or q4_0
    int capacity = 0;         ///< positions in the buffer; older ones are overwritten
};

/// Rows of a batch that are wanted back.
enum class Wanted : std::uint8_t { nothing, last_logits, all_logits };

/// The processor's memory of the layers that are computed here: the device's is a copy of it, so that a
/// device that is lost loses nothing. Called while run() is at work, by the thread that called it.
class HostMemory {
  public:
    virtual ~HostMemory() = default;
    /// The bytes of `count` positions of one head, as the cache stores them.
    virtual const std::byte* keys(int layer, int head, int first) = 0;
    virtual const std::byte* values(int layer, int head, int first) = 0;
    /// The first position that is still kept of a layer.
    virtual int first_kept(int layer) = 0;
    /// A recurrent layer's state: the tail of its convolution, then its matrices.
    virtual std::span<float> state(int layer) = 0;
    /// A batch has gone through a recurrent layer; state() was written.
    virtual void advance(int layer, int count) = 0;
    /// Takes in a batch: row i holds the keys (values) of all heads at keys + i * stride.
    virtual void append(int layer, int count, const float* keys, const float* values, std::size_t stride) = 0;
};

/// One batch of tokens, as it leaves the processor's layers.
struct Batch {
    int position = 0;  ///< of the first token
    int count = 0;
    const float* stream = nullptr;  ///< (count, width)
    /// Of each rope of the description, for each token its cosines and then its sines: (count, 2 * pairs).
    std::span<const float* const> angles;
    const float* layer_inputs =
        nullptr;  ///< (count, layers * layer_embedding_width), where the model has them
    Wanted wanted = Wanted::nothing;
    float* logits = nullptr;  ///< one row of vocabulary_size for each row wanted
};

/// One session's buffers on the device. One thread at a time.
class DeviceSequence {
  public:
    virtual ~DeviceSequence() = default;
    /// Computes the layers that lie on the device. Errors: cancelled; device_lost and out_of_memory, after
    /// which the batch can be computed elsewhere: `memory` was not changed.
    virtual Status run(const Batch& batch, HostMemory& memory, const std::stop_token& stop) = 0;
    /// What the device keeps is no longer what `memory` holds; the next run() copies it anew.
    virtual void invalidate() = 0;
    /// After run(): the stream behind the last layer, (count, width), not normed.
    virtual Status read_stream(float* out) = 0;
};

/// The last layers of a model, and its output matrix, on a device. Shared between sessions.
class DeviceModel {
  public:
    virtual ~DeviceModel() = default;
    /// Copies what fits, and compiles what computes it. The description and what it points to must outlive
    /// this. Null, and `why` says the reason, where nothing is to lie there. Errors: cancelled, device_lost,
    /// unsupported (no such device).
    static Result<std::shared_ptr<DeviceModel>> load(const arch::Description& model,
                                                     const PlacementRequest& request, std::string& why);

    virtual const DeviceInfo& device() const = 0;
    /// Layers from this one on lie on the device.
    virtual int first_layer() const = 0;
    /// Bytes that the weights take there.
    virtual std::uint64_t weight_bytes() const = 0;
    /// Why not all layers lie there; empty where all do.
    virtual const std::string& remark() const = 0;
    /// `caches`: one entry a layer of the model. Errors: out_of_memory, device_lost.
    virtual Result<std::unique_ptr<DeviceSequence>> create_sequence(int batch_size,
                                                                    std::span<const CacheShape> caches) = 0;
    /// Pipelines made so far. load() makes all that are needed.
    virtual std::size_t pipelines() const = 0;
    /// Messages of the validation layers so far (KINGLET_VULKAN_VALIDATION=1), which tests want to be none.
    virtual int validation_messages() const = 0;
};

}  // namespace kinglet::vulkan
