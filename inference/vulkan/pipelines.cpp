#include "inference/vulkan/pipelines.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "inference/vulkan/pipeline_file.h"
#include "inference/vulkan/shader_code.h"

namespace kinglet::vulkan {

Pipelines::Pipelines(const Context& context, const std::filesystem::path& cache_folder) : context_(context) {
    std::array<vk::DescriptorSetLayoutBinding, kBindings> bindings;
    for (std::uint32_t i = 0; i < kBindings; ++i) {
        bindings[i] = vk::DescriptorSetLayoutBinding(i, vk::DescriptorType::eStorageBuffer, 1,
                                                     vk::ShaderStageFlagBits::eCompute);
    }
    set_layout_ =
        vk::raii::DescriptorSetLayout(context.device(), vk::DescriptorSetLayoutCreateInfo({}, bindings));
    const vk::PushConstantRange push(vk::ShaderStageFlagBits::eCompute, 0, kPushBytes);
    layout_ =
        vk::raii::PipelineLayout(context.device(), vk::PipelineLayoutCreateInfo({}, *set_layout_, push));

    std::vector<std::byte> kept;
    if (!cache_folder.empty()) {
        file_ = cache_folder / pipeline_file_name(context.physical().getProperties());
        kept = read_pipeline_file(file_, context.physical().getProperties());
    }
    cache_ =
        vk::raii::PipelineCache(context.device(), vk::PipelineCacheCreateInfo({}, kept.size(), kept.data()));
}

vk::Pipeline Pipelines::get(std::string_view shader, std::span<const std::uint32_t> constants) {
    const std::scoped_lock lock(mutex_);
    Key key{std::string(shader), {constants.begin(), constants.end()}};
    if (const auto found = pipelines_.find(key); found != pipelines_.end()) return *found->second;
    if (planning_) {
        planned_.insert(std::move(key));
        return {};
    }
    vk::raii::Pipeline pipeline = make(key);
    changed_ = true;
    return *pipelines_.emplace(std::move(key), std::move(pipeline)).first->second;
}

void Pipelines::plan() {
    const std::scoped_lock lock(mutex_);
    planning_ = true;
}

bool Pipelines::make_planned(const std::function<void(float)>& on_progress, const std::stop_token& stop) {
    const std::scoped_lock lock(mutex_);
    planning_ = false;
    const std::set<Key> planned = std::exchange(planned_, {});
    std::size_t made = 0;
    for (const Key& key : planned) {
        if (stop.stop_requested()) return false;
        if (!pipelines_.contains(key)) pipelines_.emplace(key, make(key));
        changed_ = true;
        if (on_progress) on_progress(static_cast<float>(++made) / static_cast<float>(planned.size()));
    }
    return true;
}

std::size_t Pipelines::count() const {
    const std::scoped_lock lock(mutex_);
    return pipelines_.size();
}

vk::raii::Pipeline Pipelines::make(const Key& key) const {
    const auto& [shader, constants] = key;
    const ShaderCode* code = find_shader(shader);
    if (code == nullptr || code->code.empty()) throw std::logic_error(fmt::format("no shader {}", shader));
    const vk::raii::ShaderModule module(
        context_.device(), vk::ShaderModuleCreateInfo({}, code->code.size_bytes(), code->code.data()));
    std::vector<vk::SpecializationMapEntry> entries;
    for (std::uint32_t i = 0; i < constants.size(); ++i) entries.emplace_back(i, i * 4, 4);
    const vk::SpecializationInfo special(static_cast<std::uint32_t>(entries.size()), entries.data(),
                                         constants.size() * sizeof(std::uint32_t), constants.data());
    const vk::PipelineShaderStageCreateInfo stage({}, vk::ShaderStageFlagBits::eCompute, *module, "main",
                                                  &special);
    return {context_.device(), cache_, vk::ComputePipelineCreateInfo({}, stage, *layout_)};
}

void Pipelines::save() {
    const std::scoped_lock lock(mutex_);
    if (!changed_ || file_.empty()) return;
    changed_ = false;
    const std::vector<std::uint8_t> data = cache_.getData();
    write_pipeline_file(file_, context_.physical().getProperties(), std::as_bytes(std::span(data)));
}

}  // namespace kinglet::vulkan
