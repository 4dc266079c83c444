// Writes small models that the engine opens like any other: random ones, ones that give a known answer, and
// big ones to measure on. The same settings give the same bytes everywhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "inference/base/result.h"
#include "inference/tensor/dtype.h"
#include "tests/support/vocabulary_writer.h"

namespace kinglet::gguf {
class Writer;
}

namespace kinglet::test {

/// The turns of a conversation between <|im_start|> and <|im_end|>.
extern const char* const chatml_template;

/// A model of the llama architecture.
struct TestModel {
    std::uint64_t seed = 1;
    std::string name = "Kinglet test model";
    VocabularyKind vocabulary = VocabularyKind::byte_level_bpe;
    /// Tokens at least; what the vocabulary lacks is filled up with tokens that nothing uses.
    int vocabulary_size = 0;
    /// Of the matrices: f32, f16, bf16, q8_0 or q4_0 (whose widths must be multiples of 32).
    DType weights = DType::f32;
    int context_length = 512;
    int width = 64;
    int layers = 2;
    int heads = 4;
    int kv_heads = 2;
    int ff = 128;
    /// The output matrix is the token embedding (never with `script`).
    bool tied = false;
    /// tokenizer.chat_template; empty leaves it out.
    std::string chat_template = chatml_template;
    /// Has the tokens that turns begin and end with. A model without them and without a template is a
    /// completion model.
    bool turns = true;
    /// What the model answers to every prompt, surely at temperature 0 and nearly surely at 1, before it ends
    /// its turn. A token is about a word. Empty = random weights, and an answer that means nothing.
    std::string script;
    /// The script begins again where it would end the turn, so that only the context ends an answer.
    bool endless = false;
    /// Adds metadata of its own; null: none.
    std::function<void(gguf::Writer&)> metadata;
};

/// Writes the file. Big models (hundreds of MB) take about as long as the disk does: their rows repeat.
Status write_model(const std::filesystem::path& path, const TestModel& model);

/// A model of about 600 MB in Q8_0 or Q4_0, for measuring how long opening takes.
TestModel large_model(DType weights);

}  // namespace kinglet::test
