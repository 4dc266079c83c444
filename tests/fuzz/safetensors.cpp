// Any bytes as a safetensors file: parsed, and every tensor's bytes read.
#include "inference/convert/safetensors.h"

#include "tests/fuzz/fuzz.h"

using namespace kinglet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parsed = convert::parse_safetensors(std::as_bytes(std::span(data, size)), "input.safetensors");
    if (!parsed) {
        fuzz::require(!parsed.error().message.empty(), "an error has a message");
        return 0;
    }
    unsigned sum = 0;
    std::uint64_t total = 0;
    for (const convert::SourceTensor& tensor : *parsed) {
        for (const std::byte byte : tensor.data) sum += static_cast<unsigned>(byte);
        total += tensor.data.size();
        const std::size_t each = convert::element_bytes(tensor.element);
        fuzz::require(each == 0 || tensor.count() * each == tensor.data.size(),
                      "a tensor has the bytes that its shape needs");
    }
    fuzz::require(total <= size, "tensors do not overlap");
    volatile unsigned used = sum;
    (void)used;
    return 0;
}
