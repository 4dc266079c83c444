#include "tests/support/vocabulary_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kinglet::test {
namespace {

constexpr std::int32_t type_normal = 1;
constexpr std::int32_t type_unknown = 2;
constexpr std::int32_t type_control = 3;
constexpr std::int32_t type_byte = 6;

std::string utf8(unsigned code) {
    if (code < 0x80) return {static_cast<char>(code)};
    if (code < 0x800) return {static_cast<char>(0xc0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3f))};
    return {static_cast<char>(0xe0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3f)),
            static_cast<char>(0x80 | (code & 0x3f))};
}

/// The letter by which byte-level BPE spells a byte: itself where it is printable, else one from 256 on.
std::string byte_letter(unsigned byte) {
    const auto printable = [](unsigned b) { return (b >= 33 && b <= 126) || (b >= 161 && b != 173); };
    if (printable(byte)) return utf8(byte);
    unsigned n = 0;
    for (unsigned b = 0; b < byte; ++b) n += printable(b) ? 0 : 1;
    return utf8(256 + n);
}

std::string spell_bytes(const std::string& text) {
    std::string out;
    for (const char c : text) out += byte_letter(static_cast<unsigned char>(c));
    return out;
}

std::string spell_pieces(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == ' ' ? std::string("\xe2\x96\x81") : std::string(1, c);
    return out;
}

std::int32_t add(TestVocabulary& v, std::string token, std::int32_t type, float score = 0) {
    v.tokens.push_back(std::move(token));
    v.types.push_back(type);
    v.scores.push_back(score);
    return static_cast<std::int32_t>(v.tokens.size()) - 1;
}

constexpr std::array common = {"th", "he", "in", "er", "an", "re", "on",
                               "at", "en", "nd", "ti", "es", "or", "te"};

}  // namespace

void TestVocabulary::drop_turns() {
    tokens[static_cast<std::size_t>(turn_start)] = "<|unused_0|>";
    tokens[static_cast<std::size_t>(turn_end)] = "<|unused_1|>";
    turn_end = eos;
}

std::int32_t TestVocabulary::add_text(const std::string& text) {
    // Without a merge, and with the worst score, no text is ever cut into it.
    return add(*this, kind == VocabularyKind::byte_level_bpe ? spell_bytes(text) : spell_pieces(text),
               type_normal, -1e6F);
}

TestVocabulary make_vocabulary(VocabularyKind kind) {
    TestVocabulary v;
    v.kind = kind;
    if (kind == VocabularyKind::sentencepiece) {
        v.unknown = add(v, "<unk>", type_unknown);
        v.bos = add(v, "<s>", type_control);
        v.eos = add(v, "</s>", type_control);
    } else {
        v.eos = add(v, "<|endoftext|>", type_control);
        v.bos = v.eos;
    }
    v.turn_start = add(v, "<|im_start|>", type_control);
    v.turn_end = add(v, "<|im_end|>", type_control);
    if (kind == VocabularyKind::sentencepiece) {
        for (unsigned b = 0; b < 256; ++b) add(v, fmt::format("<0x{:02X}>", b), type_byte);
        float score = 0;
        for (const char* pair : common) add(v, pair, type_normal, score -= 1);
        add(v, spell_pieces(" "), type_normal, score -= 1);
        for (unsigned c = 33; c < 127; ++c) add(v, utf8(c), type_normal, score -= 1);
    } else {
        for (unsigned b = 0; b < 256; ++b) add(v, byte_letter(b), type_normal);
        for (const char* pair : common) {
            add(v, pair, type_normal);
            v.merges.push_back(fmt::format("{} {}", pair[0], pair[1]));
        }
    }
    return v;
}

void TestVocabulary::write(gguf::Writer& writer) const {
    const bool pieces = kind == VocabularyKind::sentencepiece;
    writer.add_string("tokenizer.ggml.model", pieces ? "llama" : "gpt2");
    if (!pieces) writer.add_string("tokenizer.ggml.pre", "gpt-2");
    writer.add_strings("tokenizer.ggml.tokens", tokens);
    writer.add_i32s("tokenizer.ggml.token_type", types);
    if (pieces) writer.add_f32s("tokenizer.ggml.scores", scores);
    if (!pieces) writer.add_strings("tokenizer.ggml.merges", merges);
    writer.add_u32("tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(bos));
    writer.add_u32("tokenizer.ggml.eos_token_id", static_cast<std::uint32_t>(eos));
    if (unknown >= 0) writer.add_u32("tokenizer.ggml.unknown_token_id", static_cast<std::uint32_t>(unknown));
    writer.add_bool("tokenizer.ggml.add_bos_token", pieces);
    writer.add_bool("tokenizer.ggml.add_eos_token", false);
    if (pieces) writer.add_bool("tokenizer.ggml.add_space_prefix", true);
}

}  // namespace kinglet::test
