// The file that keeps compiled pipelines. Drivers trust what they are given back, so that it is given back
// only where every byte is what was written, by this driver, for this device.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>
#include <vulkan/vulkan.hpp>

namespace kinglet::vulkan {

/// One file a device and driver.
std::string pipeline_file_name(const vk::PhysicalDeviceProperties& device);

/// What write_pipeline_file() wrote for the same device and driver; empty where there is no such file, or
/// anything about it is not as it should be.
std::vector<std::byte> read_pipeline_file(const std::filesystem::path& file,
                                          const vk::PhysicalDeviceProperties& device);

/// Under its name only when it is complete. False where it could not be written.
bool write_pipeline_file(const std::filesystem::path& file, const vk::PhysicalDeviceProperties& device,
                         std::span<const std::byte> data);

}  // namespace kinglet::vulkan
