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

// The same with single digits.
constexpr std::string_view youtu_words =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
// The same where Chinese characters are words of their own. A set of letters without a script is written as
// what is not in its complement.
constexpr std::string_view kimi_words =
    R"(\p{sc:Han}+)"
    R"(|[^\r\n\p{L}\p{N}]?[^\p{sc:Han}\p{Ll}\p{N}\p{P}\p{S}\p{Z}\p{C}]*)"
    R"([^\p{sc:Han}\p{Lu}\p{Lt}\p{N}\p{P}\p{S}\p{Z}\p{C}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[^\p{sc:Han}\p{Ll}\p{N}\p{P}\p{S}\p{Z}\p{C}]+)"
    R"([^\p{sc:Han}\p{Lu}\p{Lt}\p{N}\p{P}\p{S}\p{Z}\p{C}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kimi_words_as_published =
    R"([\p{Han}]+)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*)"
    R"([\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+)"
    R"([\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Words that hold single spaces between letters.
constexpr std::string_view exaone_moe_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}\p{M}*+(?: ?\p{L}\p{M}*+)*+)"
    R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view exaone_moe_words_as_published =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+)"
    R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)";

constexpr std::string_view jais2_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+)"
    R"(|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S))"
    R"(|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1})";
constexpr std::string_view minicpm5_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view deepseek3_words =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Digits in threes that are counted from the right. As published each three looks ahead to the end of its
// number, which takes long in long numbers; here the number is found first and then cut from the left, whose
// first group is the one that need not be a three.
constexpr std::string_view numbers = R"((?<!\d)\d++)";
constexpr std::string_view numbers_alone = R"((?<!\d)\d++(?![\p{L}\p{M}\p{Pc}]))";
constexpr std::string_view threes_of_a_number =
    R"(^\d{1,2}(?=(?:\d{3})++\z)|^(?=(?:\d{3})++\z)\d{3}|(?!^)\G\d{3})";
// The same where only the borders before each three are cut: what is no digit stays with what it follows.
constexpr std::string_view threes_with_what_follows =
    R"((?:(?!^)\G|(?<!\d)\d{0,2}(?=(?:\d{3})++(?!\d))\K)\d{3})"
    R"((?:(?!\d)(?:\D++(?:\d{1,2}(?!\d))?)*+(?:\d{1,2}(?=(?:\d{3})++(?!\d)))?)?)";

constexpr std::string_view punctuation = R"([\p{P}\$\+<=>\^~\|`]+)";
constexpr std::string_view bloom_words = R"( ?[^(\s|.,!?…。，、।۔،)]+)";
constexpr std::string_view deepseek_marks = R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)";
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
         {"deepseek-r1-qwen", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2", "kormo", "f2llmv2"}},
        {"qwen35", {qwen35_words}, {}},
        {"bailingmoe", {bailing_words}, {"bailingmoe2", "llada-moe"}},
        {"seed-coder", {seed_coder_words}, {}},
        {"deepseek-llm",
         {R"([\r\n])", R"(\s?\p{L&}+)", deepseek_marks, R"((?<!\s)\s++$)", cjk_run, R"(\p{N}+)"},
         {},
         false,
         false,
         {R"([\r\n])", R"(\s?\p{L&}+)", deepseek_marks, R"(\s+$)", cjk_run, R"(\p{N}+)"}},
        {"deepseek-coder", {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", cjk_run, R"(\p{N})"}, {}},
        {"deepseek-v3",
         {R"(\p{N}{1,3})", R"([一-龥぀-ゟ゠-ヿ]+)", deepseek3_words},
         {"hunyuan-dense", "joyai-llm"}},
        {"falcon", {punctuation, gpt2_words, "[0-9][0-9][0-9]"}, {}},
        {"starcoder",
         {R"(\p{N})", gpt2_words},
         {"refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "granite", "mellum2"}},
        {"bloom", {bloom_words}, {"gpt3-finnish", "poro-chat"}},
        {"viking", {bloom_words, R"(\p{N})"}, {}},
        {"tekken", {tekken_words}, {}, true, true},
        {"gpt-4o", {o200k_words}, {"llama4", "kanana2", "minimax-m2", "talkie"}},
        {"granite-embed-multi-97m", {o200k_words}, {}, true},
        {"youtu",
         {R"([가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+)",
          youtu_words},
         {},
         true},
        {"kimi-k2", {kimi_words}, {}, false, false, {kimi_words_as_published}},
        {"minicpm5", {R"(\p{N}{1,3})", minicpm5_words}, {}, true},
        {"jais-2", {jais2_words}, {}},
        {"laguna", {R"([^\n]+|[\n]+)", qwen2_words}, {}},
        {"exaone-moe", {exaone_moe_words}, {}, false, false, {exaone_moe_words_as_published}},
        {"chameleon",
         {"<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", R"(([\t\n]|    |  ))", R"(\p{N})",
          R"([\p{P}!-/:-@\[-`{-~])", gpt2_words},
         {},
         false,
         true},
        {"tiny_aya",
         {numbers_alone, threes_of_a_number, o200k_words},
         {"cohere2moe"},
         false,
         false,
         {R"(\d{1,3}(?=(?:\d{3})*\b))", o200k_words}},
        {"afmoe",
         {numbers, threes_of_a_number,
          R"([一-鿿㐀-䶿豈-﫿぀-ゟ゠-ヿ･-ﾟ⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+)",
          deepseek3_words},
         {}},
        {"superbpe",
         {R"(\p{N}+)", threes_with_what_follows},
         {},
         false,
         false,
         {R"(\p{N}+)", R"((?=(\d{3})+(?!\d)))"}},
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
