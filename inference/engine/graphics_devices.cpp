// Graphics devices as callers of the engine see them.
#include "inference/engine/engine.h"
#include "inference/vulkan/devices.h"
#include "inference/vulkan/limits.h"

namespace kinglet::engine {

GraphicsDevices graphics_devices() {
    vulkan::DeviceList list = vulkan::list_devices();
    GraphicsDevices result;
    result.why_none = std::move(list.why_none);
    for (vulkan::DeviceInfo& info : list.devices) {
        GraphicsDevice device;
        device.number = info.number;
        device.name = std::move(info.name);
        device.kind = std::string(vulkan::device_kind_name(info.kind));
        device.is_processor = info.kind == vulkan::DeviceKind::processor;
        device.driver = std::move(info.driver);
        device.vulkan = std::move(info.vulkan);
        device.memory_bytes = info.memory_bytes;
        device.free_bytes = info.free_bytes;
        device.tells_free = info.tells_free;
        device.features = std::move(info.features);
        result.devices.push_back(std::move(device));
    }
    return result;
}

Result<GraphicsLimits> measure_graphics(int number) {
    const auto limits = vulkan::measure_limits(number);
    if (!limits) return tl::unexpected(limits.error());
    return GraphicsLimits{limits->copy_gb_s, limits->gflops};
}

}  // namespace kinglet::engine
