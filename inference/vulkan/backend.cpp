#include "inference/vulkan/backend.h"

#include <fmt/format.h>

#include "inference/vulkan/context.h"
#include "inference/vulkan/forward.h"
#include "inference/vulkan/pipelines.h"
#include "inference/vulkan/placement.h"
#include "inference/vulkan/weights.h"

namespace kinglet::vulkan {
namespace {

class LoadedDeviceModel final : public DeviceModel, public std::enable_shared_from_this<LoadedDeviceModel> {
  public:
    /// Throws vk::SystemError, std::out_of_range.
    LoadedDeviceModel(const arch::Description& model, const PlacementRequest& request)
        : model_(model),
          context_(request.device),
          pipelines_(context_, request.cache_folder),
          weights_(context_, pipelines_) {
        const Limits& limits = context_.limits();
        placement_ = place(model, {limits.binding_bytes, limits.allocation_bytes, context_.free_bytes()},
                           request.layers, request.context_length, request.batch_size, request.kv_type);
    }

    /// Weights and pipelines, told as one. Throws vk::SystemError.
    Status prepare(const PlacementRequest& request) {
        constexpr float compiling = 0.2F;
        const auto layers = static_cast<float>(model_.layers.size());
        const float of_model = (layers - static_cast<float>(placement_.first_layer)) / layers;
        const auto tell = [&](float done) {
            if (request.on_progress) request.on_progress(done, of_model);
        };
        const auto copied = [&](float done) { tell(done * (1 - compiling)); };
        if (auto status = weights_.upload(model_, placement_.first_layer, copied, request.stop); !status)
            return status;
        const auto compiled = [&](float done) { tell(1 - compiling + done * compiling); };
        if (!compile(request, compiled)) return fail(ErrorCode::cancelled, "Loading was stopped");
        return {};
    }

    const DeviceInfo& device() const override { return context_.info(); }
    int first_layer() const override { return placement_.first_layer; }
    std::uint64_t weight_bytes() const override { return placement_.weight_bytes; }
    const std::string& remark() const override { return placement_.remark; }
    std::size_t pipelines() const override { return pipelines_.count(); }
    int validation_messages() const override { return context_.validation_messages(); }

    Result<std::unique_ptr<DeviceSequence>> create_sequence(int batch_size,
                                                            std::span<const CacheShape> caches) override {
        std::unique_ptr<DeviceSequence> sequence;
        for (const CacheShape& cache : caches) {
            const bool blocks = cache.type == DType::q8_0 || cache.type == DType::q4_0;
            if (blocks && !context_.features().storage_16) {
                return fail(ErrorCode::unsupported,
                            fmt::format("{} cannot write keys and values of 8 or 4 bits", device().name),
                            "Choose f16 for keys and values, or use the processor.");
            }
        }
        auto status = guarded(device().name, [&]() -> Status {
            sequence = std::make_unique<Forward>(parts(), shared_from_this(), batch_size, caches);
            return {};
        });
        if (!status) return tl::unexpected(std::move(status.error()));
        return sequence;
    }

  private:
    ModelParts parts() { return {model_, context_, pipelines_, weights_, placement_.first_layer}; }

    // All that answers will need, so that none of them waits for a compiler.
    bool compile(const PlacementRequest& request, const std::function<void(float)>& on_progress) {
        // The least that a batch can be recorded with; heads that are no whole blocks are kept as F16.
        std::vector<CacheShape> caches(model_.layers.size(), {request.kv_type, request.batch_size});
        const int block = static_cast<int>(dtype_info(request.kv_type).block_length);
        for (std::size_t i = 0; i < caches.size(); ++i) {
            const arch::Attention& a = model_.layers[i].attention;
            if (a.key_size % block != 0 || a.value_size % block != 0 ||
                (block > 1 && !context_.features().storage_16))
                caches[i].type = DType::f16;
        }
        Forward forward(parts(), nullptr, request.batch_size, caches);
        pipelines_.plan();
        forward.record_steps();
        const bool whole = pipelines_.make_planned(on_progress, request.stop);
        pipelines_.save();
        return whole;
    }

    const arch::Description& model_;
    Context context_;
    Pipelines pipelines_;
    Weights weights_;
    Placement placement_;
};

}  // namespace

Result<std::shared_ptr<DeviceModel>> DeviceModel::load(const arch::Description& model,
                                                       const PlacementRequest& request, std::string& why) {
    std::shared_ptr<DeviceModel> result;
    auto status = guarded("The graphics device", [&]() -> Status {
        auto loaded = std::make_shared<LoadedDeviceModel>(model, request);
        if (loaded->first_layer() >= static_cast<int>(model.layers.size())) {
            why = fmt::format(
                "{}: {}", loaded->device().name,
                loaded->remark().empty() ? std::string("no layer was asked for") : loaded->remark());
            return {};
        }
        if (auto prepared = loaded->prepare(request); !prepared) return prepared;
        result = std::move(loaded);
        return {};
    });
    if (!status) return tl::unexpected(std::move(status.error()));
    return result;
}

}  // namespace kinglet::vulkan
