// The keys under which GGUF files keep a vocabulary.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "inference/gguf/metadata.h"
#include "inference/tokenizer/vocabulary.h"

namespace kinglet::tokenizer {
namespace {

struct IdKey {
    const char* key;
    Token Vocabulary::*member;
};

constexpr std::array<IdKey, 10> id_keys = {{
    {"tokenizer.ggml.bos_token_id", &Vocabulary::bos},
    {"tokenizer.ggml.eos_token_id", &Vocabulary::eos},
    {"tokenizer.ggml.eot_token_id", &Vocabulary::eot},
    {"tokenizer.ggml.eom_token_id", &Vocabulary::eom},
    {"tokenizer.ggml.unknown_token_id", &Vocabulary::unknown},
    // The format's own spelling is the one without the first "a"; some writers use the other.
    {"tokenizer.ggml.separator_token_id", &Vocabulary::separator},
    {"tokenizer.ggml.seperator_token_id", &Vocabulary::separator},
    {"tokenizer.ggml.padding_token_id", &Vocabulary::padding},
    {"tokenizer.ggml.cls_token_id", &Vocabulary::classify},
    {"tokenizer.ggml.mask_token_id", &Vocabulary::mask},
}};

struct FlagKey {
    const char* key;
    std::optional<bool> Vocabulary::*member;
};

constexpr std::array<FlagKey, 3> flag_keys = {{
    {"tokenizer.ggml.add_bos_token", &Vocabulary::add_bos},
    {"tokenizer.ggml.add_eos_token", &Vocabulary::add_eos},
    {"tokenizer.ggml.add_space_prefix", &Vocabulary::add_space_prefix},
}};

Status read_special(const gguf::Metadata& metadata, Vocabulary& vocabulary) {
    for (const IdKey& row : id_keys) {
        const auto id = metadata.optional_int(row.key);
        if (!id) return tl::unexpected(id.error());
        if (!*id) continue;
        // -1, and its unsigned form, is how some writers say "none".
        if (**id == -1 || **id == std::numeric_limits<std::uint32_t>::max()) continue;
        if (**id < 0 || **id >= static_cast<std::int64_t>(vocabulary.tokens.size())) {
            return fail(ErrorCode::bad_format,
                        fmt::format("{}: {} is {}, outside the vocabulary of {} tokens", metadata.file(),
                                    row.key, **id, vocabulary.tokens.size()));
        }
        vocabulary.*row.member = static_cast<Token>(**id);
    }
    for (const FlagKey& row : flag_keys) {
        const auto flag = metadata.optional_bool(row.key);
        if (!flag) return tl::unexpected(flag.error());
        vocabulary.*row.member = *flag;
    }
    return {};
}

Status read_lists(const gguf::Metadata& metadata, Vocabulary& vocabulary) {
    const auto tokens = metadata.optional_strings("tokenizer.ggml.tokens");
    if (!tokens) return tl::unexpected(tokens.error());
    const auto merges = metadata.optional_strings("tokenizer.ggml.merges");
    if (!merges) return tl::unexpected(merges.error());
    auto scores = metadata.optional_floats("tokenizer.ggml.scores");
    if (!scores) return tl::unexpected(scores.error());
    const auto types = metadata.optional_ints("tokenizer.ggml.token_type");
    if (!types) return tl::unexpected(types.error());
    const auto check = [&](std::size_t size, const char* key) -> Status {
        if (size == 0 || size == tokens->size()) return {};
        return fail(ErrorCode::bad_format, fmt::format("{}: {} has {} entries for a vocabulary of {} tokens",
                                                       metadata.file(), key, size, tokens->size()));
    };
    if (tokens->empty()) {
        return fail(ErrorCode::unsupported, fmt::format("{}: the file holds no vocabulary", metadata.file()));
    }
    if (Status status = check(scores->size(), "tokenizer.ggml.scores"); !status) return status;
    if (Status status = check(types->size(), "tokenizer.ggml.token_type"); !status) return status;
    vocabulary.tokens.assign(tokens->begin(), tokens->end());
    vocabulary.merges.assign(merges->begin(), merges->end());
    vocabulary.scores = std::move(*scores);
    vocabulary.types.reserve(types->size());
    for (const std::int64_t type : *types) {
        const bool known = type >= 0 && type <= static_cast<std::int64_t>(TokenType::byte);
        vocabulary.types.push_back(known ? static_cast<TokenType>(type) : TokenType::undefined);
    }
    return {};
}

/// Files name the same kind of vocabulary by its pre-tokenizer, too, and one publisher's Gemma 4 files call
/// it "llama" although they hold merges.
bool joins_characters(const Vocabulary& vocabulary, std::string_view architecture) {
    if (vocabulary.model == "llama") return architecture == "gemma4" && !vocabulary.merges.empty();
    constexpr std::array<std::string_view, 3> names = {"gemma4", "granite-embed-multi-311m", "sarvam-moe"};
    return vocabulary.model == "gpt2" && std::ranges::find(names, vocabulary.pre) != names.end();
}

}  // namespace

Result<Vocabulary> read_vocabulary(const gguf::Metadata& metadata) {
    Vocabulary vocabulary;
    const auto model = metadata.optional_string("tokenizer.ggml.model");
    if (!model) return tl::unexpected(model.error());
    if (!*model)
        return fail(ErrorCode::unsupported, fmt::format("{}: the file holds no tokenizer", metadata.file()));
    vocabulary.model = **model;
    const auto pre = metadata.optional_string("tokenizer.ggml.pre");
    if (!pre) return tl::unexpected(pre.error());
    vocabulary.pre = pre->value_or("");
    if (Status status = read_lists(metadata, vocabulary); !status) return tl::unexpected(status.error());
    if (Status status = read_special(metadata, vocabulary); !status) return tl::unexpected(status.error());
    const auto architecture = metadata.optional_string("general.architecture");
    if (joins_characters(vocabulary, architecture ? architecture->value_or("") : ""))
        vocabulary.model = "gemma4";
    vocabulary.control_swallows_space =
        vocabulary.model == "llama" && architecture && architecture->value_or("") == "phi3";
    return vocabulary;
}

}  // namespace kinglet::tokenizer
