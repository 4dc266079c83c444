#include "inference/engine/model_device.h"

#include <fmt/format.h>

#include <algorithm>

#include "inference/arch/matrices.h"
#include "inference/engine/memory.h"
#include "inference/vulkan/placement.h"

namespace kinglet::engine {
namespace {

/// Below this the processor answers as fast as anybody can read, and faster than a device could be got going.
constexpr std::uint64_t worth_a_device = 100 << 20;

/// The device to use, or a negative number and why none.
int choose(const DeviceOptions& options, std::uint64_t model_bytes, std::string& why) {
    const vulkan::DeviceList list = vulkan::list_devices();
    const bool asked = options.use == DeviceUse::graphics;
    if (list.devices.empty()) {
        if (asked) why = fmt::format("There is no graphics device: {}", list.why_none);
        return -1;
    }
    if (options.number >= 0) {
        if (options.number < static_cast<int>(list.devices.size())) return options.number;
        why =
            fmt::format("There is no graphics device {}; there are {}.", options.number, list.devices.size());
        return -1;
    }
    const int best = vulkan::choose_device(list.devices, model_bytes);
    if (best >= 0) return best;
    if (asked) return 0;
    if (list.devices.front().kind == vulkan::DeviceKind::discrete) {
        why = fmt::format("{} has {} MB free, too little for this model.", list.devices.front().name,
                          list.devices.front().free_bytes >> 20);
    }
    return -1;
}

}  // namespace

Status ModelDevice::load(const arch::Description& model, const gguf::ModelFile& file,
                         const LoadOptions& options) {
    first_layer_ = static_cast<int>(model.layers.size());
    const DeviceOptions& wanted = options.device;
    if (wanted.use == DeviceUse::processor || wanted.layers == 0) return {};
    if (wanted.use == DeviceUse::automatic && (file.size() < worth_a_device || !model.causal)) return {};
    if (wanted.on_drivers) wanted.on_drivers(true);
    vulkan::PlacementRequest request;
    request.device = choose(wanted, file.size(), state_.remark);
    if (request.device < 0) return {};
    request.layers = wanted.layers;
    request.context_length =
        wanted.context_length > 0 ? wanted.context_length : std::min(model.context_length, 4096);
    request.batch_size = wanted.batch_size;
    request.kv_type = dtype_of(wanted.kv_type);
    request.cache_folder = wanted.cache_folder;
    request.on_progress = [&](float done, float of_model) {
        if (options.on_progress) options.on_progress(done * of_model);
    };
    request.stop = options.stop;
    std::string why;
    auto loaded = vulkan::DeviceModel::load(model, request, why);
    if (!loaded) {
        if (loaded.error().code == ErrorCode::cancelled) return tl::unexpected(std::move(loaded.error()));
        state_.remark = fmt::format("{}; the processor computes.", loaded.error().message);
        return {};
    }
    if (*loaded == nullptr) {
        state_.remark = fmt::format("The processor computes: {}.", why);
        return {};
    }
    model_ = std::move(*loaded);
    first_layer_ = model_->first_layer();
    state_.number = model_->device().number;
    state_.name = model_->device().name;
    state_.layers = static_cast<int>(model.layers.size()) - first_layer_;
    state_.bytes = model_->weight_bytes();
    if (!model_->remark().empty()) state_.remark = fmt::format("{}: {}.", state_.name, model_->remark());
    // The file's pages that were copied there need not stay in memory.
    for (auto i = static_cast<std::size_t>(first_layer_); i < model.layers.size(); ++i) {
        arch::for_each_layer_matrix(model.layers[i], [&](const TensorView& t) {
            file.release({t.data, t.size_bytes()});
        });
    }
    return {};
}

std::shared_ptr<vulkan::DeviceModel> ModelDevice::model() const {
    const std::scoped_lock lock(mutex_);
    return model_;
}

void ModelDevice::give_up(const Error& why) {
    const std::scoped_lock lock(mutex_);
    if (model_ == nullptr) return;
    model_.reset();
    state_ = {};
    state_.remark = fmt::format("{}; the processor goes on.", why.message);
}

DeviceState ModelDevice::state() const {
    const std::scoped_lock lock(mutex_);
    return state_;
}

}  // namespace kinglet::engine
