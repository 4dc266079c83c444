// Commands for a device: recorded once, handed over as often as wanted.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>
#include <vulkan/vulkan_raii.hpp>

#include "inference/vulkan/buffers.h"
#include "inference/vulkan/context.h"
#include "inference/vulkan/pipelines.h"

namespace kinglet::vulkan {

/// How many workgroups; more than fit in x go on in z (see shaders/include/workgroup.glsl).
struct Groups {
    std::uint64_t x = 1;
    std::uint32_t y = 1;
    std::uint32_t z = 1;
};

/// One command buffer. One thread at a time. Everything throws vk::SystemError.
class Recorder {
  public:
    Recorder(Context& context, Pipelines& pipelines);

    /// Forgets what was recorded and begins anew.
    void begin();
    /// Runs a shader; what it is to read must have been waited for. `push` has at most kPushBytes.
    void dispatch(std::string_view shader, std::span<const std::uint32_t> constants,
                  std::initializer_list<Slice> bindings, std::span<const std::byte> push, Groups groups);
    void copy(const Slice& from, const Slice& to);
    void fill_zero(const Slice& what);
    /// What comes after waits for what came before.
    void wait();
    void end();
    /// Runs what was recorded, to its end.
    void run() {
        start();
        finish();
    }
    /// The same in two steps, between which the processor can do something else. Only after start():
    /// finish().
    void start();
    void finish();

    Context& context() { return context_; }

  private:
    vk::DescriptorSet next_set();

    Context& context_;
    Pipelines& pipelines_;
    Buffer nothing_;  ///< bound where a shader does not look
    vk::raii::CommandPool command_pool_ = nullptr;
    vk::raii::CommandBuffers commands_ = nullptr;
    vk::raii::Fence fence_ = nullptr;
    std::vector<vk::raii::DescriptorPool> pools_;
    std::size_t pool_ = 0;     ///< in use
    std::uint32_t taken_ = 0;  ///< sets of it
};

}  // namespace kinglet::vulkan
