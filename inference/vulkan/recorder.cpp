#include "inference/vulkan/recorder.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <stdexcept>

namespace kinglet::vulkan {
namespace {

constexpr std::uint32_t sets_a_pool = 256;

}  // namespace

Recorder::Recorder(Context& context, Pipelines& pipelines)
    : context_(context), pipelines_(pipelines), nothing_(context, 256, MemoryUse::device) {
    command_pool_ = vk::raii::CommandPool(
        context.device(), vk::CommandPoolCreateInfo(vk::CommandPoolCreateFlagBits::eResetCommandBuffer,
                                                    context.queue_family()));
    commands_ = vk::raii::CommandBuffers(
        context.device(), vk::CommandBufferAllocateInfo(*command_pool_, vk::CommandBufferLevel::ePrimary, 1));
    fence_ = vk::raii::Fence(context.device(), vk::FenceCreateInfo());
}

void Recorder::begin() {
    for (vk::raii::DescriptorPool& pool : pools_) pool.reset();
    pool_ = 0;
    taken_ = 0;
    commands_[0].begin(vk::CommandBufferBeginInfo());
    // What the processor wrote before is seen; what an earlier run wrote is finished.
    wait();
}

vk::DescriptorSet Recorder::next_set() {
    if (taken_ == sets_a_pool) {
        ++pool_;
        taken_ = 0;
    }
    if (pool_ == pools_.size()) {
        const vk::DescriptorPoolSize size(vk::DescriptorType::eStorageBuffer, sets_a_pool * kBindings);
        pools_.emplace_back(context_.device(), vk::DescriptorPoolCreateInfo({}, sets_a_pool, size));
    }
    ++taken_;
    const vk::DescriptorSetLayout layout = pipelines_.set_layout();
    const vk::DescriptorSetAllocateInfo info(*pools_[pool_], layout);
    // Sets go with their pool; the handle is all that is needed.
    vk::DescriptorSet set;
    const auto result =
        (*context_.device()).allocateDescriptorSets(&info, &set, *context_.device().getDispatcher());
    if (result != vk::Result::eSuccess) throw vk::OutOfDeviceMemoryError("descriptor sets");
    return set;
}

void Recorder::dispatch(std::string_view shader, std::span<const std::uint32_t> constants,
                        std::initializer_list<Slice> bindings, std::span<const std::byte> push,
                        Groups groups) {
    assert(bindings.size() <= kBindings && push.size() <= kPushBytes);
    const vk::Pipeline pipeline = pipelines_.get(shader, constants);
    if (!pipeline) return;  // planned: nothing of this is going to run
    std::array<vk::DescriptorBufferInfo, kBindings> buffers;
    std::size_t i = 0;
    for (const Slice& slice : bindings) {
        const Slice& bound = slice ? slice : nothing_.slice();
        if (bound.bytes > context_.limits().binding_bytes)
            throw vk::OutOfDeviceMemoryError("a buffer too large to bind");
        buffers[i++] = vk::DescriptorBufferInfo(bound.buffer, bound.offset, bound.bytes);
    }
    for (; i < kBindings; ++i) {
        const Slice bound = nothing_.slice();
        buffers[i] = vk::DescriptorBufferInfo(bound.buffer, bound.offset, bound.bytes);
    }
    const vk::DescriptorSet set = next_set();
    const vk::WriteDescriptorSet write(set, 0, 0, vk::DescriptorType::eStorageBuffer, {}, buffers);
    context_.device().updateDescriptorSets(write, {});

    const vk::raii::CommandBuffer& commands = commands_[0];
    commands.bindPipeline(vk::PipelineBindPoint::eCompute, pipeline);
    commands.bindDescriptorSets(vk::PipelineBindPoint::eCompute, pipelines_.layout(), 0, set, {});
    commands.pushConstants<std::byte>(
        pipelines_.layout(), vk::ShaderStageFlagBits::eCompute, 0,
        vk::ArrayProxy<const std::byte>(static_cast<std::uint32_t>(push.size()), push.data()));
    const std::uint64_t most = std::min<std::uint64_t>(context_.limits().groups, 65535);
    const std::uint64_t rounds = (groups.x + most - 1) / most;
    if (rounds > 1 && groups.z > 1) throw std::logic_error("workgroups in both x and z");
    const auto x = static_cast<std::uint32_t>(rounds > 1 ? (groups.x + rounds - 1) / rounds : groups.x);
    commands.dispatch(x, groups.y, rounds > 1 ? static_cast<std::uint32_t>(rounds) : groups.z);
}

void Recorder::copy(const Slice& from, const Slice& to) {
    commands_[0].copyBuffer(from.buffer, to.buffer,
                            vk::BufferCopy(from.offset, to.offset, std::min(from.bytes, to.bytes)));
}

void Recorder::fill_zero(const Slice& what) {
    commands_[0].fillBuffer(what.buffer, what.offset, what.bytes, 0);
}

void Recorder::wait() {
    using Stage = vk::PipelineStageFlagBits;
    using Access = vk::AccessFlagBits;
    const vk::PipelineStageFlags stages = Stage::eComputeShader | Stage::eTransfer | Stage::eHost;
    const vk::MemoryBarrier barrier(Access::eShaderWrite | Access::eTransferWrite | Access::eHostWrite,
                                    Access::eShaderRead | Access::eShaderWrite | Access::eTransferRead |
                                        Access::eTransferWrite | Access::eHostRead);
    commands_[0].pipelineBarrier(stages, stages, {}, barrier, {}, {});
}

void Recorder::end() {
    wait();
    commands_[0].end();
}

void Recorder::start() {
    context_.device().resetFences(*fence_);
    context_.submit(commands_[0], fence_);
}

void Recorder::finish() {
    context_.wait_for(fence_);
}

}  // namespace kinglet::vulkan
