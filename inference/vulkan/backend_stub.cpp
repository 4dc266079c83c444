// Where Kinglet was built without Vulkan.
#include "inference/vulkan/backend.h"
#include "inference/vulkan/limits.h"
#include "inference/vulkan/placement.h"

namespace kinglet::vulkan {

std::string_view device_kind_name(DeviceKind) {
    return "other device";
}

DeviceList list_devices() {
    return {{}, "This build of Kinglet was made without Vulkan."};
}

int choose_device(std::span<const DeviceInfo>, std::uint64_t) {
    return -1;
}

Result<DeviceLimits> measure_limits(int) {
    return fail(ErrorCode::unsupported, list_devices().why_none, "Use the processor.");
}

Result<std::shared_ptr<DeviceModel>> DeviceModel::load(const arch::Description&, const PlacementRequest&,
                                                       std::string& why) {
    why = list_devices().why_none;
    return std::shared_ptr<DeviceModel>();
}

}  // namespace kinglet::vulkan
