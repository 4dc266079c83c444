#include "inference/vulkan/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

namespace kinglet::vulkan {
namespace {

constexpr std::uint32_t needed_version = VK_API_VERSION_1_1;
constexpr std::uint32_t needed_bindings = 6;
constexpr std::uint64_t one_minute_ns = 60'000'000'000;

bool wants_validation() {
    const char* value = std::getenv("KINGLET_VULKAN_VALIDATION");
    return value != nullptr && std::strcmp(value, "1") == 0;
}

/// KINGLET_VULKAN_FEATURES, for tests: "plain" leaves out what makes products less exact, "all" uses also
/// what the driver says is slow.
bool features_are(const char* word) {
    const char* value = std::getenv("KINGLET_VULKAN_FEATURES");
    return value != nullptr && std::strcmp(value, word) == 0;
}

VKAPI_ATTR VkBool32 VKAPI_CALL count_message(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                             VkDebugUtilsMessageTypeFlagsEXT,
                                             const VkDebugUtilsMessengerCallbackDataEXT* data, void* count) {
    ++*static_cast<std::atomic<int>*>(count);
    std::fprintf(stderr, "Vulkan validation: %s\n", data->pMessage);
    return VK_FALSE;
}

DeviceKind kind_of(vk::PhysicalDeviceType type) {
    switch (type) {
        case vk::PhysicalDeviceType::eDiscreteGpu:
            return DeviceKind::discrete;
        case vk::PhysicalDeviceType::eIntegratedGpu:
            return DeviceKind::integrated;
        case vk::PhysicalDeviceType::eVirtualGpu:
            return DeviceKind::virtual_machine;
        case vk::PhysicalDeviceType::eCpu:
            return DeviceKind::processor;
        case vk::PhysicalDeviceType::eOther:
            break;
    }
    return DeviceKind::other;
}

int rank(const vk::raii::PhysicalDevice& device) {
    const DeviceKind kind = kind_of(device.getProperties().deviceType);
    return kind == DeviceKind::other ? static_cast<int>(DeviceKind::processor) : static_cast<int>(kind);
}

int compute_family(const vk::raii::PhysicalDevice& device) {
    const auto families = device.getQueueFamilyProperties();
    for (std::size_t i = 0; i < families.size(); ++i) {
        if (families[i].queueCount > 0 && (families[i].queueFlags & vk::QueueFlagBits::eCompute))
            return static_cast<int>(i);
    }
    return -1;
}

bool usable(const vk::raii::PhysicalDevice& device) {
    const vk::PhysicalDeviceProperties properties = device.getProperties();
    return properties.apiVersion >= needed_version && compute_family(device) >= 0 &&
           properties.limits.maxPerStageDescriptorStorageBuffers >= needed_bindings &&
           properties.limits.maxComputeWorkGroupInvocations >= 128;
}

bool has_extension(const vk::raii::PhysicalDevice& device, const char* name) {
    const auto all = device.enumerateDeviceExtensionProperties();
    return std::any_of(all.begin(), all.end(), [&](const vk::ExtensionProperties& extension) {
        return std::strcmp(extension.extensionName, name) == 0;
    });
}

bool has_integer_dot(const vk::raii::PhysicalDevice& device) {
    if (!has_extension(device, VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME)) return false;
    const auto features =
        device.getFeatures2<vk::PhysicalDeviceFeatures2, vk::PhysicalDeviceShaderIntegerDotProductFeatures>();
    const auto properties = device.getProperties2<vk::PhysicalDeviceProperties2,
                                                  vk::PhysicalDeviceShaderIntegerDotProductProperties>();
    const auto& fast = properties.get<vk::PhysicalDeviceShaderIntegerDotProductProperties>();
    return features.get<vk::PhysicalDeviceShaderIntegerDotProductFeatures>().shaderIntegerDotProduct &&
           (fast.integerDotProduct4x8BitPackedSignedAccelerated || features_are("all"));
}

Features features_of(const vk::raii::PhysicalDevice& device) {
    Features features;
    const auto properties =
        device.getProperties2<vk::PhysicalDeviceProperties2, vk::PhysicalDeviceSubgroupProperties>();
    const auto& subgroups = properties.get<vk::PhysicalDeviceSubgroupProperties>();
    features.subgroup_size = subgroups.subgroupSize;
    features.subgroup_arithmetic = (subgroups.supportedStages & vk::ShaderStageFlagBits::eCompute) &&
                                   (subgroups.supportedOperations & vk::SubgroupFeatureFlagBits::eArithmetic);
    const bool float16 = has_extension(device, VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME);
    if (float16) {
        const auto chain =
            device.getFeatures2<vk::PhysicalDeviceFeatures2, vk::PhysicalDevice16BitStorageFeatures,
                                vk::PhysicalDeviceShaderFloat16Int8Features>();
        features.storage_16 = chain.get<vk::PhysicalDevice16BitStorageFeatures>().storageBuffer16BitAccess &&
                              chain.get<vk::PhysicalDeviceFeatures2>().features.shaderInt16;
        features.float16 = chain.get<vk::PhysicalDeviceShaderFloat16Int8Features>().shaderFloat16;
    }
    features.integer_dot = has_integer_dot(device);
    if (features_are("plain")) features.float16 = features.integer_dot = false;
    features.memory_budget = has_extension(device, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    return features;
}

/// The largest heap that is the device's own, and how much of it is free.
struct Memory {
    std::uint64_t bytes = 0;
    std::uint64_t free = 0;
};

Memory memory_of(const vk::raii::PhysicalDevice& device, bool has_budget) {
    const auto chain = has_budget ? device.getMemoryProperties2<vk::PhysicalDeviceMemoryProperties2,
                                                                vk::PhysicalDeviceMemoryBudgetPropertiesEXT>()
                                  : vk::StructureChain<vk::PhysicalDeviceMemoryProperties2,
                                                       vk::PhysicalDeviceMemoryBudgetPropertiesEXT>(
                                        {device.getMemoryProperties()}, {});
    const auto& properties = chain.get<vk::PhysicalDeviceMemoryProperties2>().memoryProperties;
    const auto& budget = chain.get<vk::PhysicalDeviceMemoryBudgetPropertiesEXT>();
    Memory memory;
    for (std::uint32_t i = 0; i < properties.memoryHeapCount; ++i) {
        const vk::MemoryHeap& heap = properties.memoryHeaps[i];
        if (!(heap.flags & vk::MemoryHeapFlagBits::eDeviceLocal) || heap.size <= memory.bytes) continue;
        memory.bytes = heap.size;
        memory.free = heap.size;
        if (has_budget) {
            const std::uint64_t used = std::min(budget.heapUsage[i], budget.heapBudget[i]);
            memory.free = std::min<std::uint64_t>(heap.size, budget.heapBudget[i] - used);
        }
    }
    return memory;
}

std::string version_text(std::uint32_t version) {
    return fmt::format("{}.{}.{}", VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version),
                       VK_API_VERSION_PATCH(version));
}

}  // namespace

std::string_view device_kind_name(DeviceKind kind) {
    switch (kind) {
        case DeviceKind::discrete:
            return "graphics card";
        case DeviceKind::integrated:
            return "integrated graphics";
        case DeviceKind::virtual_machine:
            return "virtual graphics";
        case DeviceKind::processor:
            return "processor, by a driver";
        case DeviceKind::other:
            break;
    }
    return "other device";
}

Instance::Instance() {
    const vk::ApplicationInfo application("Kinglet", 1, "Kinglet", 1, needed_version);
    std::vector<const char*> layers, extensions;
    if (wants_validation()) {
        layers.push_back("VK_LAYER_KHRONOS_validation");
        extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    }
    instance_ = vk::raii::Instance(context_, vk::InstanceCreateInfo({}, &application, layers, extensions));
    if (!wants_validation()) return;
    // The C structure, since the type of the callback in the C++ one differs between versions of the headers.
    VkDebugUtilsMessengerCreateInfoEXT info{};
    info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
    info.messageSeverity =
        VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT;
    info.messageType =
        VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
    info.pfnUserCallback = count_message;
    info.pUserData = &validation_messages_;
    messenger_ = vk::raii::DebugUtilsMessengerEXT(instance_, vk::DebugUtilsMessengerCreateInfoEXT(info));
}

Instance::~Instance() = default;

std::vector<vk::raii::PhysicalDevice> Instance::devices() const {
    std::vector<vk::raii::PhysicalDevice> found;
    for (vk::raii::PhysicalDevice& device : vk::raii::PhysicalDevices(instance_)) {
        if (usable(device)) found.push_back(std::move(device));
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return found;
}

DeviceInfo Instance::describe(const vk::raii::PhysicalDevice& device, int number) const {
    DeviceInfo info;
    info.number = number;
    const vk::PhysicalDeviceProperties properties = device.getProperties();
    info.name = properties.deviceName.data();
    info.kind = kind_of(properties.deviceType);
    info.vulkan = version_text(properties.apiVersion);
    info.driver = fmt::format("driver {:#x}", properties.driverVersion);
    if (has_extension(device, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME)) {
        const auto chain =
            device.getProperties2<vk::PhysicalDeviceProperties2, vk::PhysicalDeviceDriverProperties>();
        const auto& driver = chain.get<vk::PhysicalDeviceDriverProperties>();
        info.driver = fmt::format("{} {}", driver.driverName.data(), driver.driverInfo.data());
    }
    const Features features = features_of(device);
    const Memory memory = memory_of(device, features.memory_budget);
    info.memory_bytes = memory.bytes;
    info.free_bytes = memory.free;
    info.tells_free = features.memory_budget;
    if (features.subgroup_arithmetic)
        info.features.push_back(fmt::format("subgroups of {}", features.subgroup_size));
    if (features.float16) info.features.emplace_back("fp16");
    if (features.integer_dot) info.features.emplace_back("integer dot product");
    if (features.storage_16) info.features.emplace_back("16-bit storage");
    if (features.memory_budget) info.features.emplace_back("memory budget");
    return info;
}

DeviceList list_devices() {
    DeviceList list;
    try {
        const Instance instance;
        for (const vk::raii::PhysicalDevice& device : instance.devices())
            list.devices.push_back(instance.describe(device, static_cast<int>(list.devices.size())));
        if (list.devices.empty()) list.why_none = "No device here supports Vulkan 1.1 with compute shaders.";
    } catch (const vk::SystemError& error) {
        // A loader without any driver says so by refusing the instance.
        list.why_none = error.code() == make_error_code(vk::Result::eErrorIncompatibleDriver)
                            ? "Vulkan is installed, but no driver for it."
                            : fmt::format("Vulkan could not be started ({}).", error.what());
    } catch (const std::exception&) {
        list.why_none = "Vulkan is not installed here.";
    }
    return list;
}

Context::Context(int number) {
    auto devices = instance_.devices();
    if (number < 0 || number >= static_cast<int>(devices.size())) throw std::out_of_range("no such device");
    physical_ = std::move(devices[static_cast<std::size_t>(number)]);
    info_ = instance_.describe(physical_, number);
    features_ = features_of(physical_);
    const auto chain =
        physical_.getProperties2<vk::PhysicalDeviceProperties2, vk::PhysicalDeviceMaintenance3Properties>();
    const vk::PhysicalDeviceLimits& limits = chain.get<vk::PhysicalDeviceProperties2>().properties.limits;
    limits_.binding_bytes = limits.maxStorageBufferRange;
    limits_.allocation_bytes = chain.get<vk::PhysicalDeviceMaintenance3Properties>().maxMemoryAllocationSize;
    limits_.binding_alignment = std::max<std::uint64_t>(limits.minStorageBufferOffsetAlignment, 16);
    limits_.groups = limits.maxComputeWorkGroupCount[0];
    limits_.group_size = limits.maxComputeWorkGroupInvocations;
    limits_.shared_bytes = limits.maxComputeSharedMemorySize;

    queue_family_ = static_cast<std::uint32_t>(compute_family(physical_));
    constexpr float priority = 0.5F;
    const vk::DeviceQueueCreateInfo queue({}, queue_family_, 1, &priority);
    std::vector<const char*> extensions;
    vk::PhysicalDeviceFeatures wanted;
    wanted.shaderInt16 = features_.storage_16;
    vk::PhysicalDevice16BitStorageFeatures storage;
    storage.storageBuffer16BitAccess = features_.storage_16;
    vk::PhysicalDeviceShaderFloat16Int8Features halves;
    halves.shaderFloat16 = features_.float16;
    if (features_.float16) {
        extensions.push_back(VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME);
        storage.pNext = &halves;
    }
    vk::PhysicalDeviceShaderIntegerDotProductFeatures dots;
    dots.shaderIntegerDotProduct = features_.integer_dot;
    if (features_.integer_dot) {
        extensions.push_back(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME);
        dots.pNext = storage.pNext;
        storage.pNext = &dots;
    }
    if (features_.memory_budget) extensions.push_back(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    const vk::DeviceCreateInfo info({}, queue, {}, extensions, &wanted, &storage);
    device_ = vk::raii::Device(physical_, info);
    queue_ = device_.getQueue(queue_family_, 0);
}

std::uint64_t Context::free_bytes() const {
    return memory_of(physical_, features_.memory_budget).free;
}

int Context::memory_type(std::uint32_t allowed, vk::MemoryPropertyFlags wanted,
                         vk::MemoryPropertyFlags preferred) const {
    const vk::PhysicalDeviceMemoryProperties properties = physical_.getMemoryProperties();
    for (const vk::MemoryPropertyFlags flags : {wanted | preferred, wanted}) {
        for (std::uint32_t i = 0; i < properties.memoryTypeCount; ++i) {
            if ((allowed >> i & 1U) != 0 && (properties.memoryTypes[i].propertyFlags & flags) == flags)
                return static_cast<int>(i);
        }
    }
    return -1;
}

void Context::submit(const vk::raii::CommandBuffer& commands, const vk::raii::Fence& fence) {
    const std::scoped_lock lock(queue_mutex_);
    // Lets tests lose a device, which no driver does on demand.
    if (const char* fail_after = std::getenv("KINGLET_VULKAN_FAIL_AFTER"); fail_after != nullptr) {
        if (submissions_left_ < 0) submissions_left_ = std::atoi(fail_after);
        if (submissions_left_-- == 0) throw vk::DeviceLostError("as a test asked for");
    }
    const vk::CommandBuffer handle = *commands;
    queue_.submit(vk::SubmitInfo({}, {}, handle), *fence);
}

void Context::wait_for(const vk::raii::Fence& fence) const {
    if (device_.waitForFences(*fence, VK_TRUE, one_minute_ns) != vk::Result::eSuccess)
        throw vk::DeviceLostError("no answer within a minute");
}

Status guarded(const std::string& device, const std::function<Status()>& body) {
    try {
        return body();
    } catch (const vk::OutOfDeviceMemoryError&) {
        return fail(ErrorCode::out_of_memory, fmt::format("The memory of {} is full", device),
                    "Put fewer layers there, close other programs, or use the processor.");
    } catch (const vk::SystemError& error) {
        return fail(ErrorCode::device_lost, fmt::format("{} stopped working ({})", device, error.what()),
                    "Kinglet goes on with the processor; a newer driver may help.");
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::out_of_memory, "There is not enough memory to use the graphics device",
                    "Close other programs or choose a smaller model.");
    } catch (const std::exception& error) {
        return fail(ErrorCode::unsupported, fmt::format("{} cannot be used ({})", device, error.what()),
                    "Use the processor, or install the device's Vulkan driver.");
    }
}

}  // namespace kinglet::vulkan
