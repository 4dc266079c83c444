#include "inference/vulkan/buffers.h"

#include <algorithm>

namespace kinglet::vulkan {
namespace {

constexpr std::uint64_t block_bytes = 64 << 20;
constexpr std::uint64_t readable_behind = 16;

std::uint64_t rounded_up(std::uint64_t bytes, std::uint64_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

}  // namespace

Buffer::Buffer(const Context& context, std::uint64_t bytes, MemoryUse use) : bytes_(bytes) {
    using Property = vk::MemoryPropertyFlagBits;
    using Usage = vk::BufferUsageFlagBits;
    const vk::BufferUsageFlags usage = Usage::eStorageBuffer | Usage::eTransferSrc | Usage::eTransferDst;
    buffer_ = vk::raii::Buffer(context.device(), vk::BufferCreateInfo({}, bytes, usage));
    const vk::MemoryRequirements requirements = buffer_.getMemoryRequirements();
    const vk::MemoryPropertyFlags visible = Property::eHostVisible | Property::eHostCoherent;
    const int type = use == MemoryUse::device
                         ? context.memory_type(requirements.memoryTypeBits, {}, Property::eDeviceLocal)
                         : context.memory_type(requirements.memoryTypeBits, visible,
                                               use == MemoryUse::download ? Property::eHostCached
                                                                          : vk::MemoryPropertyFlags());
    if (type < 0 || requirements.size > context.limits().allocation_bytes)
        throw vk::OutOfDeviceMemoryError("no memory of this kind and size");
    memory_ = vk::raii::DeviceMemory(
        context.device(), vk::MemoryAllocateInfo(requirements.size, static_cast<std::uint32_t>(type)));
    buffer_.bindMemory(*memory_, 0);
    if (use != MemoryUse::device) mapped_ = static_cast<std::byte*>(memory_.mapMemory(0, VK_WHOLE_SIZE));
}

Slice Heap::take(std::uint64_t bytes) {
    const std::uint64_t unit = std::max<std::uint64_t>(context_.limits().binding_alignment, 256);
    const std::uint64_t wanted = rounded_up(std::max<std::uint64_t>(bytes, 4) + readable_behind, unit);
    if (blocks_.empty() || used_ + wanted > blocks_.back()->slice().bytes) {
        const std::uint64_t size =
            std::max(wanted, std::min(block_bytes, context_.limits().allocation_bytes));
        blocks_.push_back(std::make_unique<Buffer>(context_, size, use_));
        used_ = 0;
        total_ += size;
    }
    Slice slice = blocks_.back()->slice();
    slice.offset = used_;
    slice.bytes = rounded_up(bytes, 4);
    if (slice.mapped != nullptr) slice.mapped += used_;
    used_ += wanted;
    return slice;
}

}  // namespace kinglet::vulkan
