// Memory of a device, handed out in slices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>
#include <vulkan/vulkan_raii.hpp>

#include "inference/vulkan/context.h"

namespace kinglet::vulkan {

/// Who reads and writes a buffer.
enum class MemoryUse : std::uint8_t {
    device,    ///< shaders
    upload,    ///< written by the processor
    download,  ///< read by the processor
};

/// A part of a buffer. It does not own it.
struct Slice {
    vk::Buffer buffer;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::byte* mapped = nullptr;  ///< of the slice's first byte, where the processor sees it
    explicit operator bool() const { return bytes > 0; }
};

/// One buffer with memory of its own.
class Buffer {
  public:
    /// Throws vk::SystemError.
    Buffer(const Context& context, std::uint64_t bytes, MemoryUse use);
    Slice slice() const { return {*buffer_, 0, bytes_, mapped_}; }

  private:
    // The memory goes after the buffer that is bound to it.
    vk::raii::DeviceMemory memory_ = nullptr;
    vk::raii::Buffer buffer_ = nullptr;
    std::uint64_t bytes_ = 0;
    std::byte* mapped_ = nullptr;
};

/// Hands out slices of few large buffers, which drivers allow only some thousands of. Nothing is given back
/// before the heap goes.
class Heap {
  public:
    explicit Heap(const Context& context, MemoryUse use = MemoryUse::device) : context_(context), use_(use) {}
    /// A slice that begins where it can be bound, with 16 bytes behind it that may be read. Throws
    /// vk::SystemError, vk::OutOfDeviceMemoryError also where no single allocation can be that large.
    Slice take(std::uint64_t bytes);
    std::uint64_t bytes() const { return total_; }

  private:
    const Context& context_;
    MemoryUse use_;
    std::vector<std::unique_ptr<Buffer>> blocks_;
    std::uint64_t used_ = 0;  ///< of the last block
    std::uint64_t total_ = 0;
};

}  // namespace kinglet::vulkan
