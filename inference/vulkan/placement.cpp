#include "inference/vulkan/placement.h"

#include <fmt/format.h>

#include <algorithm>

#include "inference/arch/matrices.h"
#include "inference/vulkan/weights.h"

namespace kinglet::vulkan {
namespace {

constexpr int most_head = 512;  // 8 values an invocation, in attention.comp
constexpr int most_taps = 9;    // convolution.comp
/// Of the memory that is free, what the driver, the desktop and rounding may want.
constexpr double usable = 0.92;

std::uint64_t times(int a, int b, int c = 1) {
    return static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b) * static_cast<std::uint64_t>(c);
}

/// Bytes of a session's working buffers, generously.
std::uint64_t working_bytes(const arch::Description& model, int batch_size) {
    std::uint64_t widest = 0;
    for (const arch::Layer& layer : model.layers) {
        arch::for_each_linear(
            layer, [&](const arch::Linear& l) { widest = std::max(widest, times(l.outputs(), 1)); });
        widest = std::max(widest, times(layer.ffn.expert_used, 2 * layer.ffn.expert_width + model.width));
    }
    return static_cast<std::uint64_t>(batch_size) * (3 * widest + 6 * times(model.width, 1)) * 4 + (64 << 20);
}

std::uint64_t cache_bytes(const arch::Layer& layer, std::size_t index, int context_length, DType type) {
    const arch::Attention& a = layer.attention;
    if (layer.mixer != arch::Mixer::attention || a.kv_layer != static_cast<int>(index)) return 0;
    const DTypeInfo& info = dtype_info(type);
    return times(context_length, a.kv_heads, a.key_size + a.value_size) / info.block_length *
           info.block_bytes;
}

}  // namespace

std::string why_not(const arch::Layer& layer, const DeviceAbility& device) {
    std::string reason;
    arch::for_each_layer_matrix(layer, [&](const TensorView& t) {
        if (!dtype_info(t.type).has_kernel) reason = "it has weights of an unknown type";
        const bool experts = t.dims[2] > 1;
        if (t.size_bytes() + 65536 > device.allocation_bytes ||
            (experts && t.size_bytes() + 65536 > device.binding_bytes))
            reason = "one of its matrices is larger than the device can take";
    });
    if (!reason.empty()) return reason;
    if (layer.mixer == arch::Mixer::attention) {
        const arch::Attention& a = layer.attention;
        if (a.key_size % 2 != 0 || a.value_size % 2 != 0) return "its heads are of odd sizes";
        if (a.key_size > most_head || a.value_size > most_head) return "its heads are too large";
    }
    if (std::max({layer.convolution.taps, layer.delta.taps, layer.mamba.taps}) > most_taps)
        return "its convolution is too long";
    return reason;
}

Placement place(const arch::Description& model, const DeviceAbility& device, int wanted, int context_length,
                int batch_size, DType kv_type) {
    const int layers = static_cast<int>(model.layers.size());
    const int least = wanted < 0 ? 0 : std::max(0, layers - wanted);
    const auto room = static_cast<std::uint64_t>(static_cast<double>(device.free_bytes) * usable);
    std::uint64_t used = Weights::bytes(model, layers) + working_bytes(model, batch_size);
    Placement placement;
    placement.first_layer = layers;
    if (model.output && model.output.weight.size_bytes() + 65536 > device.allocation_bytes) {
        placement.remark = "its output matrix is larger than the device can take";
        return placement;
    }
    int first = layers;
    for (int i = layers - 1; i >= least; --i) {
        const auto index = static_cast<std::size_t>(i);
        const arch::Layer& layer = model.layers[index];
        if (const std::string reason = why_not(layer, device); !reason.empty()) {
            placement.remark = fmt::format("layer {} stays on the processor: {}", i, reason);
            break;
        }
        used += Weights::layer_bytes(layer, model.width) + cache_bytes(layer, index, context_length, kv_type);
        if (used > room) {
            placement.remark = fmt::format("its free memory, {} MB, holds {} of {} layers",
                                           device.free_bytes >> 20, layers - first, layers);
            break;
        }
        first = i;
    }
    // A layer that uses another's keys needs them beside it.
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = first; i < layers; ++i) {
            const arch::Layer& layer = model.layers[static_cast<std::size_t>(i)];
            if (layer.mixer != arch::Mixer::attention || layer.attention.kv_layer >= first) continue;
            first = i + 1;
            changed = true;
        }
    }
    placement.first_layer = first;
    placement.weight_bytes = first < layers ? Weights::bytes(model, first) : 0;
    return placement;
}

int choose_device(std::span<const DeviceInfo> devices, std::uint64_t model_bytes) {
    for (const double share : {1.0, 0.5}) {
        for (const DeviceInfo& device : devices) {
            if (device.kind != DeviceKind::discrete) continue;
            if (static_cast<double>(device.free_bytes) * usable >= share * static_cast<double>(model_bytes))
                return device.number;
        }
    }
    return -1;
}

}  // namespace kinglet::vulkan
