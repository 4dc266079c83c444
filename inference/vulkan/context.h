// A Vulkan device opened for computing: instance, queue, limits and what it can do.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>
#include <vulkan/vulkan_raii.hpp>

#include "inference/base/result.h"
#include "inference/vulkan/devices.h"

namespace kinglet::vulkan {

/// What differs between devices and matters here.
struct Limits {
    std::uint64_t binding_bytes = 0;     ///< maxStorageBufferRange
    std::uint64_t allocation_bytes = 0;  ///< maxMemoryAllocationSize
    std::uint64_t binding_alignment = 0;
    std::uint32_t groups = 0;  ///< maxComputeWorkGroupCount in x
    std::uint32_t group_size = 0;
    std::uint32_t shared_bytes = 0;
};

struct Features {
    std::uint32_t subgroup_size = 0;
    bool subgroup_arithmetic = false;
    bool storage_16 =
        false;  ///< 16-bit values in storage buffers, which caches of quantized keys are written with
    bool float16 = false;
    bool integer_dot = false;  ///< dot products of four signed bytes, where they are fast
    bool memory_budget = false;
};

/// An instance of the Vulkan library. Throws what vulkan_raii throws; callers of this folder's face never see
/// it.
class Instance {
  public:
    Instance();
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    /// Devices that can be used, the best first, DeviceInfo::number being their place.
    std::vector<vk::raii::PhysicalDevice> devices() const;
    DeviceInfo describe(const vk::raii::PhysicalDevice& device, int number) const;
    int validation_messages() const { return validation_messages_; }

  private:
    vk::raii::Context context_;
    vk::raii::Instance instance_ = nullptr;
    vk::raii::DebugUtilsMessengerEXT messenger_ = nullptr;
    std::atomic<int> validation_messages_ = 0;
};

/// An opened device. Sessions on several threads share it; submissions take turns.
class Context {
  public:
    /// Throws vk::Error; std::out_of_range where there is no such device.
    explicit Context(int number);

    const DeviceInfo& info() const { return info_; }
    const Limits& limits() const { return limits_; }
    const Features& features() const { return features_; }
    const vk::raii::Device& device() const { return device_; }
    const vk::raii::PhysicalDevice& physical() const { return physical_; }
    std::uint32_t queue_family() const { return queue_family_; }
    /// Of the heap that weights go to, asked for anew.
    std::uint64_t free_bytes() const;
    /// The index of a memory type of `allowed` that has `wanted` and, where there is one, `preferred`, too;
    /// negative where none has.
    int memory_type(std::uint32_t allowed, vk::MemoryPropertyFlags wanted,
                    vk::MemoryPropertyFlags preferred) const;
    /// Hands commands over and does not wait; `fence` tells when they are done.
    void submit(const vk::raii::CommandBuffer& commands, const vk::raii::Fence& fence);
    /// Throws vk::DeviceLostError where the fence's commands take more than a minute.
    void wait_for(const vk::raii::Fence& fence) const;
    int validation_messages() const { return instance_.validation_messages(); }

  private:
    Instance instance_;
    vk::raii::PhysicalDevice physical_ = nullptr;
    DeviceInfo info_;
    Limits limits_;
    Features features_;
    std::uint32_t queue_family_ = 0;
    vk::raii::Device device_ = nullptr;
    vk::raii::Queue queue_ = nullptr;
    std::mutex queue_mutex_;
    int submissions_left_ = -1;  ///< before a test's failure
};

/// Runs `body` and turns what Vulkan and the standard library throw into an Error. `device` names it to
/// people.
Status guarded(const std::string& device, const std::function<Status()>& body);

}  // namespace kinglet::vulkan
