// What of a model a device can compute, and how much of it fits.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "inference/arch/description.h"
#include "inference/vulkan/devices.h"

namespace kinglet::vulkan {

/// What a device can do, as far as it matters for placing layers. The fields of Limits and Features.
struct DeviceAbility {
    std::uint64_t binding_bytes = 0;
    std::uint64_t allocation_bytes = 0;
    std::uint64_t free_bytes = 0;
};

/// Layers from `first_layer` on go to the device.
struct Placement {
    int first_layer = 0;
    std::uint64_t weight_bytes = 0;
    /// Why not all that was wanted lies there; empty where it does.
    std::string remark;
};

/// Why a device cannot compute this layer; empty where it can.
std::string why_not(const arch::Layer& layer, const DeviceAbility& device);

/// Places as many of the last layers as were `wanted` (negative = all) and fit, with room for one session.
/// Where none does, first_layer is the number of layers and the remark says why.
Placement place(const arch::Description& model, const DeviceAbility& device, int wanted, int context_length,
                int batch_size, DType kv_type);

/// The graphics card that makes a model faster: the first that can hold all of it, else the first that can
/// hold half. What shares the processor's memory reads weights no faster than the processor does, so it is
/// used only where asked for. Negative where there is none.
int choose_device(std::span<const DeviceInfo> devices, std::uint64_t model_bytes);

}  // namespace kinglet::vulkan
