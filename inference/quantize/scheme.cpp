#include "inference/quantize/scheme.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace kinglet::quantize {
namespace {

// Name, number, most matrices, output, half of the value and down projections, fused query-key-value.
constexpr std::array kSchemes{
    Scheme{"Q4_K_M", 15, DType::q4_k, DType::q6_k, DType::q6_k, DType::q5_k},
    Scheme{"Q5_K_M", 17, DType::q5_k, DType::q6_k, DType::q6_k, DType::q6_k},
    Scheme{"Q6_K", 18, DType::q6_k, DType::q6_k, DType::q6_k, DType::q6_k},
    Scheme{"Q8_0", 7, DType::q8_0, DType::q8_0, DType::q8_0, DType::q8_0},
    Scheme{"Q4_0", 2, DType::q4_0, DType::q6_k, DType::q4_0, DType::q4_0},
    Scheme{"BF16", 32, DType::bf16, DType::bf16, DType::bf16, DType::bf16},
    Scheme{"F16", 1, DType::f16, DType::f16, DType::f16, DType::f16},
    Scheme{"F32", 0, DType::f32, DType::f32, DType::f32, DType::f32},
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// The layer that blk.N.* belongs to.
std::optional<int> layer_of(std::string_view name) {
    constexpr std::string_view prefix = "blk.";
    if (!name.starts_with(prefix)) return std::nullopt;
    int layer = 0;
    const char* end = name.data() + name.size();
    const auto [after, problem] = std::from_chars(name.data() + prefix.size(), end, layer);
    // Bounded, because a hostile name must not make layers that nobody has.
    if (problem != std::errc() || after == end || *after != '.' || layer < 0 || layer > 9999) {
        return std::nullopt;
    }
    return layer;
}

/// Small or sensitive tensors, which are read as plain numbers or are not worth making smaller.
bool stays(const gguf::TensorInfo& tensor) {
    const std::string_view name = tensor.name;
    if (tensor.dimension_count < 2 || !name.ends_with(".weight")) return true;
    constexpr std::array<std::string_view, 6> kept{"norm",  "conv1d",        ".conv.",
                                                   "_inp.", "position_embd", "token_types"};
    return std::any_of(kept.begin(), kept.end(), [name](auto part) { return contains(name, part); });
}

/// The first and the last eighth of the layers and every third of those between.
bool gets_more(int layer, int layers) {
    return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
}

DType wanted_type(const Scheme& scheme, const Shape& shape, std::string_view name, bool even) {
    if (even || shape.layers < kMixedFrom) return scheme.type;
    const bool is_output = name == "output.weight" || (name == "token_embd.weight" && !shape.has_output);
    if (is_output) return scheme.output;
    if (contains(name, "attn_qkv.")) return scheme.fused;
    const auto layer = layer_of(name);
    const bool sensitive = contains(name, "attn_v.") || contains(name, "ffn_down");
    if (sensitive && layer && gets_more(*layer, shape.layers)) return scheme.sensitive;
    return scheme.type;
}

/// The nearest type of blocks of 32 values, for rows that are no multiple of 256.
DType smaller_blocks(DType type) {
    switch (type) {
        case DType::q4_k:
            return DType::q5_0;
        case DType::q5_k:
            return DType::q5_1;
        case DType::q6_k:
            return DType::q8_0;
        default:
            return type;
    }
}

}  // namespace

std::span<const Scheme> schemes() {
    return kSchemes;
}

const Scheme* find_scheme(std::string_view name) {
    for (const Scheme& scheme : kSchemes) {
        const bool same = std::equal(name.begin(), name.end(), scheme.name.begin(), scheme.name.end(),
                                     [](char a, char b) { return lower(a) == lower(b); });
        if (same) return &scheme;
    }
    return nullptr;
}

Shape shape_of(const gguf::File& file) {
    Shape shape;
    shape.has_output = file.find_tensor("output.weight") != nullptr;
    for (const gguf::TensorInfo& tensor : file.tensors()) {
        if (const auto layer = layer_of(tensor.name)) shape.layers = std::max(shape.layers, *layer + 1);
    }
    return shape;
}

Choice choose(const Scheme& scheme, const Shape& shape, const gguf::TensorInfo& tensor, bool even) {
    if (stays(tensor)) {
        const DType same = find_dtype(tensor.type)->type;
        return {same, same};
    }
    const DType wanted = wanted_type(scheme, shape, tensor.name, even);
    const auto divides = [&tensor](DType type) {
        return tensor.dimensions[0] % dtype_info(type).block_length == 0;
    };
    if (divides(wanted)) return {wanted, wanted};
    const DType smaller = smaller_blocks(wanted);
    return {divides(smaller) ? smaller : DType::f16, wanted};
}

}  // namespace kinglet::quantize
