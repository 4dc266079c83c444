// Any bytes as a GGUF file: parsed, walked through, and its vocabulary made into a tokenizer.
#include "inference/gguf/reader.h"

#include <numeric>

#include "inference/tokenizer/tokenizer.h"
#include "tests/fuzz/fuzz.h"

using namespace kinglet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parsed = gguf::File::parse(std::as_bytes(std::span(data, size)), "input.gguf");
    if (!parsed) {
        fuzz::require(!parsed.error().message.empty(), "an error has a message");
        return 0;
    }
    unsigned sum = 0;
    for (const gguf::TensorInfo& tensor : parsed->tensors()) {
        for (const std::byte byte : parsed->data(tensor)) sum += static_cast<unsigned>(byte);
        fuzz::require(parsed->find_tensor(tensor.name) != nullptr, "a tensor is found by its name");
    }
    const gguf::Metadata& metadata = parsed->metadata();
    for (std::size_t i = 0; i < metadata.size(); ++i) {
        const std::string_view key = metadata.key(i);
        for (const std::byte byte : metadata.value(i).raw) sum += static_cast<unsigned>(byte);
        (void)metadata.optional_int(key);
        (void)metadata.optional_float(key);
        (void)metadata.optional_bool(key);
        (void)metadata.optional_string(key);
        (void)metadata.optional_strings(key);
        (void)metadata.optional_ints(key);
        (void)metadata.optional_floats(key);
    }
    volatile unsigned used = sum;
    (void)used;
    auto vocabulary = tokenizer::read_vocabulary(metadata);
    if (!vocabulary) return 0;
    const auto made = tokenizer::Tokenizer::create(std::move(*vocabulary));
    if (!made) return 0;
    for (const Token token : (*made)->encode("Hello world  123\n\xF0\x9F\x98\x80\xFF", {true, true})) {
        fuzz::require(token >= 0 && token < (*made)->size(), "a token is inside the vocabulary");
    }
    return 0;
}
