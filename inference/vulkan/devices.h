// Which graphics devices there are. The Vulkan library is opened at run time: a machine without it, or
// without a driver, has none, which is no error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kinglet::vulkan {

/// What kind of thing computes. `processor` is a driver that computes on the processor (lavapipe): of use for
/// tests.
enum class DeviceKind : std::uint8_t { discrete, integrated, virtual_machine, processor, other };

/// "graphics card", "integrated graphics" ...
std::string_view device_kind_name(DeviceKind kind);

/// One device that Kinglet can compute with.
struct DeviceInfo {
    int number = 0;  ///< as `--gpu` names it, from 0
    std::string name;
    DeviceKind kind = DeviceKind::other;
    std::string driver;              ///< name and version
    std::string vulkan;              ///< e.g. "1.3.230"
    std::uint64_t memory_bytes = 0;  ///< of its largest local heap
    std::uint64_t free_bytes = 0;    ///< of that, as far as the driver tells, else all of it
    bool tells_free = false;
    /// Of the optional features those that are used here, e.g. "subgroups of 32", "fp16".
    std::vector<std::string> features;
};

struct DeviceList {
    std::vector<DeviceInfo> devices;
    /// Why there is none, one plain sentence; empty where there is one.
    std::string why_none;
};

/// All devices that can compute for Kinglet, the best first: discrete cards, integrated ones, others,
/// processors.
DeviceList list_devices();

}  // namespace kinglet::vulkan
