// Any bytes as a sentencepiece model: parsed, and made into a tokenizer.
#include "inference/convert/sentencepiece_model.h"

#include "inference/tokenizer/tokenizer.h"
#include "tests/fuzz/fuzz.h"

using namespace kinglet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto parsed = convert::parse_sentencepiece(std::as_bytes(std::span(data, size)), "input.model");
    if (!parsed) {
        fuzz::require(!parsed.error().message.empty(), "an error has a message");
        return 0;
    }
    const tokenizer::Vocabulary& v = parsed->vocabulary;
    fuzz::require(v.tokens.size() == v.scores.size() && v.tokens.size() == v.types.size(),
                  "lists have one length");
    const auto made = tokenizer::Tokenizer::create(std::move(parsed->vocabulary));
    if (!made) return 0;
    for (const Token id : (*made)->encode("Hello world 123\n\xF0\x9F\x98\x80\xFF", {true, true}))
        fuzz::require(id >= 0 && id < (*made)->size(), "ids are inside the vocabulary");
    return 0;
}
