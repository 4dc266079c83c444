// The compiled shaders, by the names that shaders/variants.cmake gives them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kinglet::vulkan {

/// SPIR-V of one variant. `code` is empty where the compiler of this build could not make it.
struct ShaderCode {
    std::string_view name;
    std::span<const std::uint32_t> code;
};

/// All variants, ordered by name.
std::span<const ShaderCode> shader_codes();

/// Null where there is no variant of that name.
const ShaderCode* find_shader(std::string_view name);

}  // namespace kinglet::vulkan
