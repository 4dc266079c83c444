#include "inference/vulkan/pipeline_file.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <fstream>

#include "inference/base/checksum.h"
#include "inference/gguf/atomic_file.h"

namespace kinglet::vulkan {
namespace {

constexpr std::uint64_t magic = 0x3145504950474e4bULL;  // "KNGPIPE1"
constexpr std::uint64_t most_bytes = 64 << 20;
constexpr std::size_t head_words = 8;
using Head = std::array<std::uint64_t, head_words>;

Checksum identity(const vk::PhysicalDeviceProperties& device) {
    Checksum sum;
    sum.add(static_cast<std::uint64_t>(device.vendorID) << 32 | device.deviceID);
    sum.add(static_cast<std::uint64_t>(device.driverVersion) << 32 | device.apiVersion);
    sum.add(std::as_bytes(std::span(device.pipelineCacheUUID.data(), device.pipelineCacheUUID.size())));
    return sum;
}

/// Magic, who made it, how long it is, what it adds up to; the rest is for later versions.
Head make_head(const vk::PhysicalDeviceProperties& device, std::span<const std::byte> data) {
    Checksum sum;
    sum.add(data);
    return {magic, identity(device).value(), data.size(), sum.value()};
}

}  // namespace

std::string pipeline_file_name(const vk::PhysicalDeviceProperties& device) {
    return fmt::format("pipelines-{:016x}.bin", identity(device).value());
}

std::vector<std::byte> read_pipeline_file(const std::filesystem::path& file,
                                          const vk::PhysicalDeviceProperties& device) {
    std::ifstream in(file, std::ios::binary);
    Head head{};
    if (!in.read(reinterpret_cast<char*>(head.data()), sizeof(head))) return {};
    const std::uint64_t bytes = head[2];
    if (head[0] != magic || bytes == 0 || bytes > most_bytes) return {};
    std::error_code error;
    if (std::filesystem::file_size(file, error) != sizeof(head) + bytes || error) return {};
    std::vector<std::byte> data(bytes);
    if (!in.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(bytes))) return {};
    if (make_head(device, data) != head) return {};
    return data;
}

bool write_pipeline_file(const std::filesystem::path& file, const vk::PhysicalDeviceProperties& device,
                         std::span<const std::byte> data) {
    if (data.empty() || data.size() > most_bytes) return false;
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    auto out = gguf::AtomicFile::create(file, gguf::AtomicFile::Readers::owner);
    const Head head = make_head(device, data);
    return out && out->write(std::as_bytes(std::span(head))) && out->write(data) && out->commit();
}

}  // namespace kinglet::vulkan
