// What tells one model from another without reading all of it.
#include <algorithm>
#include <bit>

#include "inference/base/checksum.h"
#include "inference/engine/loaded_model.h"

namespace kinglet::engine {
namespace {

/// Bytes of each end of a tensor that count; weights that were trained differ everywhere.
constexpr std::size_t sample = 2048;

void add_text(Checksum& sum, std::string_view text) {
    sum.add(text.size());
    sum.add(std::as_bytes(std::span(text)));
}

void add_file(Checksum& sum, const gguf::File& file) {
    const gguf::Metadata& metadata = file.metadata();
    for (std::size_t i = 0; i < metadata.size(); ++i) {
        // Names and licences do not change what is computed.
        if (metadata.key(i).starts_with("general.")) continue;
        add_text(sum, metadata.key(i));
        sum.add(metadata.value(i).raw);
        for (const std::string_view text : metadata.value(i).strings) add_text(sum, text);
    }
    for (const gguf::TensorInfo& tensor : file.tensors()) {
        add_text(sum, tensor.name);
        sum.add(tensor.type);
        for (const std::uint64_t n : tensor.dimensions) sum.add(n);
        const auto data = file.data(tensor);
        const std::size_t part = std::min(sample, data.size());
        sum.add(data.first(part));
        sum.add(data.last(part));
    }
}

}  // namespace

std::uint64_t LoadedModel::fingerprint() const {
    Checksum sum;
    add_file(sum, source_.file);
    for (std::size_t i = 0; i < adapters_.size(); ++i) {
        add_file(sum, adapters_[i].file);
        sum.add(std::bit_cast<std::uint32_t>(adapter_strengths_[i]));
    }
    return sum.value();
}

}  // namespace kinglet::engine
