// The regular expressions are part of each model, as its tokenizer's configuration states them.
#include <algorithm>

#include "inference/tokenizer/pretokenizer.h"

namespace kinglet::tokenizer {
namespace {

constexpr std::string_view gpt2_words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// OpenAI's cl100k and its descendants, which differ in how digits are grouped.
constexpr std::string_view llama3_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen35_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr std::string_view bailing_words =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view seed_coder_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Cased words: o200k and Mistral's tekken.
constexpr std::string_view o200k_words =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view tekken_words =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr std::string_view punctuation = R"([\p{P}\$\+<=>\^~\|`]+)";
constexpr std::string_view bloom_words = R"( ?[^(\s|.,!?…。，、।۔،)]+)";
constexpr std::string_view cjk_run = R"([一-龥ࠀ-一가-퟿]+)";

const std::vector<PretokenizerRow>& rows() {
    static const std::vector<PretokenizerRow> table = {
        {"default", {R"([\p{P}\$\+<=>\^~\|]+)", gpt2_words, R"(\p{N}+)", "[0-9][0-9][0-9]"}, {}},
        {"gpt-2", {gpt2_words}, {"phi",         "phi-2",      "gpt-neox",        "olmo",       "mpt",
                                 "jais",        "trillion",   "roberta-bpe",     "jina-v1-en", "jina-v2-en",
                                 "jina-v2-es",  "jina-v2-de", "jina-v2-code",    "jina-es",    "jina-de",
                                 "modern-bert", "exaone4",    "granite-docling", "gigachat",   "a.x-4.0",
                                 "mellum"}},
        {"llama-bpe",
         {llama3_words},
         {"llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"},
         true,
         true},
        {"dbrx", {llama3_words}, {"smaug-bpe", "chatglm-bpe", "glm4"}},
        {"qwen2",
         {qwen2_words},
         {"deepseek-r1-qwen", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2", "kormo"}},
        {"qwen35", {qwen35_words}, {}},
        {"bailingmoe", {bailing_words}, {"bailingmoe2", "llada-moe"}},
        {"seed-coder", {seed_coder_words}, {}},
        {"deepseek-llm",
         {R"([\r\n])", R"(\s?\p{L&}+)", R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)", R"(\s+$)", cjk_run, R"(\p{N}+)"},
         {}},
        {"deepseek-coder", {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", cjk_run, R"(\p{N})"}, {}},
        {"deepseek-v3",
         {R"(\p{N}{1,3})", R"([一-龥぀-ゟ゠-ヿ]+)",
          R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
         {"hunyuan-dense", "joyai-llm"}},
        {"falcon", {punctuation, gpt2_words, "[0-9][0-9][0-9]"}, {}},
        {"starcoder",
         {R"(\p{N})", gpt2_words},
         {"refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "granite"}},
        {"bloom", {bloom_words}, {"gpt3-finnish", "poro-chat"}},
        {"viking", {bloom_words, R"(\p{N})"}, {}},
        {"tekken", {tekken_words}, {}, true, true},
        {"gpt-4o", {o200k_words}, {"llama4", "kanana2"}},
    };
    return table;
}

}  // namespace

std::span<const PretokenizerRow> pretokenizer_table() {
    return rows();
}

const PretokenizerRow* find_pretokenizer(std::string_view name) {
    if (name.empty()) name = "default";
    for (const PretokenizerRow& row : rows()) {
        if (row.name == name || std::ranges::find(row.aliases, name) != row.aliases.end()) return &row;
    }
    return nullptr;
}

}  // namespace kinglet::tokenizer
