#include "inference/engine/device_layers.h"

#include <algorithm>

namespace kinglet::engine {
namespace {

std::size_t size(int n) {
    return static_cast<std::size_t>(n);
}

/// The session's memory as a device sees it.
class MemoryBehind final : public vulkan::HostMemory {
  public:
    MemoryBehind(SequenceMemory& memory, const kernels::KernelTable& table)
        : memory_(memory), table_(table) {}

    const std::byte* keys(int layer, int head, int first) override {
        return memory_.key_values(layer)->key(head, first);
    }
    const std::byte* values(int layer, int head, int first) override {
        return memory_.key_values(layer)->value(head, first);
    }
    int first_kept(int layer) override { return memory_.key_values(layer)->first_kept(); }
    std::span<float> state(int layer) override { return memory_.state(layer)->all(); }
    void advance(int layer, int count) override { memory_.state(layer)->advance(count); }
    void append(int layer, int count, const float* keys, const float* values, std::size_t stride) override {
        memory_.key_values(layer)->append(table_, count, keys, values, stride);
    }

  private:
    SequenceMemory& memory_;
    const kernels::KernelTable& table_;
};

}  // namespace

DeviceLayers::DeviceLayers(const arch::Description& model, ModelDevice& device,
                           const kernels::KernelTable& table)
    : model_(model), device_(device), table_(table), angles_(model.ropes.size()) {}

bool DeviceLayers::create(const SequenceMemory& memory, int batch_size) {
    const auto model = device_.model();
    if (model == nullptr) return false;
    std::vector<vulkan::CacheShape> caches(model_.layers.size());
    for (std::size_t i = 0; i < caches.size(); ++i) {
        const KeyValueMemory* kept = memory.key_values(static_cast<int>(i));
        if (kept == nullptr) continue;
        const arch::Attention& a = model_.layers[i].attention;
        // A ring holds what the window sees from every token of a batch.
        const bool ring = a.causal && a.window > 0;
        caches[i].type = kept->type();
        caches[i].capacity =
            ring ? std::min(memory.context_length(), a.window + batch_size) : memory.context_length();
    }
    auto made = model->create_sequence(batch_size, caches);
    if (!made) {
        device_.give_up(made.error());
        return false;
    }
    sequence_ = std::move(*made);
    return true;
}

int DeviceLayers::first_layer(const SequenceMemory& memory, int batch_size) {
    const int all = static_cast<int>(model_.layers.size());
    if (given_up_ || device_.first_layer() == all) return all;
    if (device_.model() == nullptr || (sequence_ == nullptr && !create(memory, batch_size))) {
        given_up_ = true;
        sequence_.reset();
        return all;
    }
    return device_.first_layer();
}

Result<bool> DeviceLayers::run(const DeviceBatch& batch, SequenceMemory& memory,
                               const std::stop_token& stop) {
    std::vector<const float*> angles;
    for (std::size_t i = 0; i < batch.ropes.size(); ++i) {
        const RopeTable& rope = batch.ropes[i];
        const std::size_t pairs = size(rope.pairs());
        if (!angles_[i].ensure(size(batch.count) * pairs * 2))
            return fail(ErrorCode::out_of_memory, "There is not enough memory to compute the next tokens");
        for (int token = 0; token < batch.count; ++token) {
            float* row = angles_[i].data() + size(token) * pairs * 2;
            std::copy_n(rope.cos(token), pairs, row);
            std::copy_n(rope.sin(token), pairs, row + pairs);
        }
        angles.push_back(angles_[i].data());
    }
    vulkan::Batch handed;
    handed.position = memory.length();
    handed.count = batch.count;
    handed.stream = batch.stream;
    handed.angles = angles;
    handed.layer_inputs = batch.layer_inputs;
    handed.wanted = batch.wanted;
    handed.logits = batch.logits;
    MemoryBehind behind(memory, table_);
    auto status = sequence_->run(handed, behind, stop);
    if (status) return true;
    if (status.error().code == ErrorCode::cancelled) return tl::unexpected(std::move(status.error()));
    device_.give_up(status.error());
    given_up_ = true;
    sequence_.reset();
    return false;
}

}  // namespace kinglet::engine
