#include "inference/arch/adapter.h"

#include <fmt/format.h>

#include <cmath>

namespace kinglet::arch {
namespace {

constexpr std::string_view hint_other = "Choose an adapter that was made for this model.";
constexpr std::string_view suffix_a = ".lora_a";
constexpr std::string_view suffix_b = ".lora_b";

tl::unexpected<Error> refuse(ErrorCode code, const std::string& file, const std::string& what) {
    return tl::unexpected(Error{code, fmt::format("{}: {}", file, what), std::string(hint_other), file, {}});
}

/// Names come from a file; a message shows a sensible part of one.
std::string shown(std::string_view name) {
    return std::string(name.substr(0, 128));
}

std::string text_of(const gguf::Metadata& metadata, std::string_view key) {
    const auto text = metadata.optional_string(key);
    return text && *text ? std::string((*text)->substr(0, 64)) : std::string();
}

bool is_matrix_of_floats(const gguf::TensorInfo& tensor) {
    const bool floats = tensor.type == static_cast<std::uint32_t>(DType::f32) ||
                        tensor.type == static_cast<std::uint32_t>(DType::f16) ||
                        tensor.type == static_cast<std::uint32_t>(DType::bf16);
    return floats && tensor.dimensions[2] == 1 && tensor.dimensions[3] == 1;
}

TensorView view(const gguf::File& file, const gguf::TensorInfo& tensor) {
    TensorView out;
    out.data = file.data(tensor).data();
    out.type = find_dtype(tensor.type)->type;
    out.dims = {tensor.dimensions[0], tensor.dimensions[1], 1, 1};
    return out;
}

}  // namespace

Status Adapters::add(const gguf::File& file, float strength, std::string_view architecture) {
    const gguf::Metadata& metadata = file.metadata();
    if (text_of(metadata, "general.type") != "adapter") {
        return refuse(ErrorCode::bad_format, file.name(), "this is no adapter (general.type says otherwise)");
    }
    if (const std::string kind = text_of(metadata, "adapter.type"); kind != "lora") {
        return refuse(ErrorCode::unsupported, file.name(),
                      fmt::format("adapters of the type \"{}\" are not supported, only lora", kind));
    }
    if (const std::string made_for = text_of(metadata, "general.architecture"); made_for != architecture) {
        return refuse(ErrorCode::invalid_argument, file.name(),
                      fmt::format("the adapter is for models of the architecture \"{}\", but this one is {}",
                                  made_for, architecture));
    }
    const auto alpha = metadata.optional_float("adapter.lora.alpha");
    if (!alpha) return tl::unexpected(alpha.error());
    // Files without an alpha have it in their matrices already.
    const double factor = alpha->value_or(0);
    if (!std::isfinite(factor) || !std::isfinite(strength)) {
        return refuse(ErrorCode::bad_format, file.name(), "the adapter's strength is not a number");
    }
    for (const gguf::TensorInfo& tensor : file.tensors()) {
        const bool is_b = tensor.name.ends_with(suffix_b);
        if (!is_b && !tensor.name.ends_with(suffix_a)) {
            return refuse(ErrorCode::unsupported, file.name(),
                          fmt::format("the tensor {} is no part of a LoRA adapter", shown(tensor.name)));
        }
        const std::string_view base = tensor.name.substr(0, tensor.name.size() - suffix_a.size());
        if (is_b && file.find_tensor(fmt::format("{}{}", base, suffix_a)) != nullptr) continue;
        if (is_b) {
            return refuse(ErrorCode::bad_format, file.name(),
                          fmt::format("the tensor {}{} is missing", shown(base), suffix_a));
        }
        if (auto status = add_pair(file, base, factor); !status) return status;
        auto& added = std::prev(parts_.upper_bound(base))->second;
        added.matrices.scale *= strength;
    }
    if (file.tensors().empty()) return refuse(ErrorCode::bad_format, file.name(), "the adapter is empty");
    return {};
}

Status Adapters::add_pair(const gguf::File& file, std::string_view tensor, double factor) {
    const gguf::TensorInfo* a = file.find_tensor(fmt::format("{}{}", tensor, suffix_a));
    const gguf::TensorInfo* b = file.find_tensor(fmt::format("{}{}", tensor, suffix_b));
    if (b == nullptr) {
        return refuse(ErrorCode::bad_format, file.name(),
                      fmt::format("the tensor {}{} is missing", shown(tensor), suffix_b));
    }
    for (const gguf::TensorInfo* each : {a, b}) {
        if (is_matrix_of_floats(*each)) continue;
        return refuse(ErrorCode::unsupported, file.name(),
                      fmt::format("the tensor {} is no matrix of F32, F16 or BF16", shown(each->name)));
    }
    const std::uint64_t rank = a->dimensions[1];
    if (rank < 1 || b->dimensions[0] != rank) {
        return refuse(
            ErrorCode::bad_format, file.name(),
            fmt::format("{} has rank {}, but its other half {}", shown(a->name), rank, b->dimensions[0]));
    }
    Part part;
    part.file = file.name();
    part.matrices.a = view(file, *a);
    part.matrices.b = view(file, *b);
    part.matrices.scale = factor == 0 ? 1.0F : static_cast<float>(factor / static_cast<double>(rank));
    parts_.emplace(std::string(tensor), std::move(part));
    return {};
}

Result<std::vector<LowRank>> Adapters::take(std::string_view tensor, std::int64_t outputs,
                                            std::int64_t inputs) {
    std::vector<LowRank> out;
    const auto [first, last] = parts_.equal_range(tensor);
    for (auto it = first; it != last; ++it) {
        const LowRank& m = it->second.matrices;
        if (m.a.dims[0] != static_cast<std::uint64_t>(inputs) ||
            m.b.dims[1] != static_cast<std::uint64_t>(outputs)) {
            return refuse(ErrorCode::bad_format, it->second.file,
                          fmt::format("the adapter of {} is for {} x {} values, but the model has {} x {}",
                                      shown(tensor), m.a.dims[0], m.b.dims[1], inputs, outputs));
        }
        it->second.taken = true;
        out.push_back(m);
    }
    return out;
}

Status Adapters::check_all_taken(std::string_view model) const {
    for (const auto& [tensor, part] : parts_) {
        if (part.taken) continue;
        return refuse(
            ErrorCode::unsupported, part.file,
            fmt::format("the adapter changes {}, which is no matrix of {} that an adapter can change",
                        shown(tensor), model));
    }
    return {};
}

}  // namespace kinglet::arch
