// The plain data that a tokenizer is made from, whatever file it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inference/base/result.h"
#include "inference/tokenizer/token.h"

namespace kinglet::gguf {
class Metadata;
}

namespace kinglet::tokenizer {

/// What an entry of the vocabulary stands for; the numbers are those of `tokenizer.ggml.token_type`.
enum class TokenType : std::uint8_t {
    undefined = 0,
    normal = 1,
    unknown = 2,
    control = 3,
    user_defined = 4,
    unused = 5,
    byte = 6,
};

/// A vocabulary with the facts that decide how text is cut. Ids that a model lacks are no_token; flags that a
/// file leaves open are empty, and Tokenizer::create() then takes what is usual for the kind.
struct Vocabulary {
    std::string model;  ///< "llama" (sentencepiece), "gpt2" (byte-level BPE), "gemma4" (BPE of characters) or
                        ///< "bert" (WordPiece)
    std::string pre;    ///< name of the pre-tokenizer, only for "gpt2"
    std::vector<std::string> tokens;  ///< as the file spells them; the index is the id
    std::vector<float> scores;        ///< one a token, needed by "llama"; else may be empty
    std::vector<TokenType> types;     ///< one a token, or empty = all normal
    std::vector<std::string> merges;  ///< "left right", best first, needed by "gpt2" and "gemma4"

    Token bos = no_token;
    Token eos = no_token;
    Token eot = no_token;  ///< ends a turn
    Token eom = no_token;  ///< ends a message that expects a tool's answer
    Token unknown = no_token;
    Token separator = no_token;
    Token padding = no_token;
    Token classify = no_token;
    Token mask = no_token;

    std::optional<bool> add_bos;
    std::optional<bool> add_eos;
    std::optional<bool> add_space_prefix;
    /// White space that follows a control token in the text belongs to that token (Phi-3 was trained so).
    bool control_swallows_space = false;
};

/// Reads `tokenizer.ggml.*` of a GGUF file's metadata. Errors: bad_format (a key of the wrong type, lists of
/// unequal length, an id outside the vocabulary), unsupported (no tokenizer in the file, or of a kind not
/// known).
Result<Vocabulary> read_vocabulary(const gguf::Metadata& metadata);

}  // namespace kinglet::tokenizer
