// Any bytes as a saved session: the header as it is and with its checksum put right, and the state read into
// the memories of a small model that has one layer of each kind.
#include <cstring>
#include <vector>

#include "inference/arch/description.h"
#include "inference/base/checksum.h"
#include "inference/engine/memory.h"
#include "inference/engine/session_file.h"
#include "tests/fuzz/fuzz.h"

using namespace kinglet;

namespace {

arch::Description small_model() {
    arch::Description model;
    model.width = 4;
    for (const int window : {0, 3}) {
        arch::Layer layer;
        layer.attention.kv_layer = static_cast<int>(model.layers.size());
        layer.attention.kv_heads = 1;
        layer.attention.key_size = 4;
        layer.attention.value_size = 4;
        layer.attention.window = window;
        model.layers.push_back(layer);
    }
    arch::Layer convolution;
    convolution.mixer = arch::Mixer::short_convolution;
    convolution.convolution.taps = 3;
    model.layers.push_back(convolution);
    return model;
}

void check_state(std::span<const std::byte> state) {
    const arch::Description model = small_model();
    auto memory = engine::SequenceMemory::create(model, 32, 2, engine::KvType::f16);
    fuzz::require(memory.has_value(), "a small memory can be had");
    engine::StateReader in(state);
    if (!memory->load(in)) return;
    const int length = memory->length();
    fuzz::require(length >= 0 && length <= 32, "the length fits the context");
    for (int wanted = length; wanted >= 0; --wanted)
        fuzz::require(memory->truncate(wanted) <= wanted, "going back goes back");
}

void check_file(std::span<const std::byte> bytes) {
    const auto file = engine::parse_session_file(bytes, "input");
    if (!file) {
        fuzz::require(!file.error().message.empty(), "an error has a message");
        return;
    }
    fuzz::require(
        file->state.size() + file->note.size() + file->tokens.size() * sizeof(Token) <= bytes.size(),
        "the parts lie in the file");
    check_state(file->state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    check_state(bytes);
    check_file(bytes);
    if (size < 16) return 0;
    std::vector<std::byte> mended(bytes.begin(), bytes.end());
    Checksum checksum;
    checksum.add(std::span(mended).first(size - 8));
    const std::uint64_t sum = checksum.value();
    std::memcpy(mended.data() + size - 8, &sum, 8);
    check_file(mended);
    return 0;
}
