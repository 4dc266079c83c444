// Compute pipelines, made when they are first used and kept on disk in the driver's own form.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>
#include <vulkan/vulkan_raii.hpp>

#include "inference/vulkan/context.h"

namespace kinglet::vulkan {

/// Storage buffers that a shader can bind; all shaders share one layout.
inline constexpr std::uint32_t kBindings = 6;
/// Bytes of push constants, which every device has.
inline constexpr std::uint32_t kPushBytes = 128;

/// A device's pipelines. Threads may share it.
class Pipelines {
  public:
    /// `cache_folder`: where compiled pipelines are kept; empty = nowhere. A file there that is damaged, or
    /// another driver's, is only a miss.
    Pipelines(const Context& context, const std::filesystem::path& cache_folder);
    /// The pipeline of a variant with these specialization constants, from constant 0 on. Throws
    /// vk::SystemError; std::logic_error where there is no such variant.
    vk::Pipeline get(std::string_view shader, std::span<const std::uint32_t> constants);
    /// From now on get() only notes what is wanted, and returns none.
    void plan();
    /// Makes what was wanted since plan(). Told 0..1; false where it was stopped. Throws vk::SystemError.
    bool make_planned(const std::function<void(float)>& on_progress, const std::stop_token& stop);
    std::size_t count() const;
    vk::PipelineLayout layout() const { return *layout_; }
    vk::DescriptorSetLayout set_layout() const { return *set_layout_; }
    /// Writes what was compiled since. What goes wrong only costs time at the next start.
    void save();

  private:
    using Key = std::pair<std::string, std::vector<std::uint32_t>>;

    vk::raii::Pipeline make(const Key& key) const;

    const Context& context_;
    std::filesystem::path file_;
    vk::raii::DescriptorSetLayout set_layout_ = nullptr;
    vk::raii::PipelineLayout layout_ = nullptr;
    vk::raii::PipelineCache cache_ = nullptr;
    mutable std::mutex mutex_;
    std::map<Key, vk::raii::Pipeline> pipelines_;
    std::set<Key> planned_;
    bool planning_ = false;
    bool changed_ = false;
};

}  // namespace kinglet::vulkan
