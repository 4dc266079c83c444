#include "inference/convert/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "inference/tokenizer/pretokenizer.h"

namespace kinglet::convert {
namespace {

using tokenizer::TokenType;
using tokenizer::Vocabulary;

constexpr std::string_view space_mark = "\xE2\x96\x81";  // U+2581
constexpr int max_depth = 8;

// What ByteLevel cuts by itself.
constexpr std::string_view byte_level_words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

tl::unexpected<Error> damaged(const std::string& name, const std::string& what) {
    return tl::unexpected(Error{ErrorCode::bad_format,
                                fmt::format("{}: {}", name, what),
                                "The file is damaged; download it again.",
                                name,
                                {}});
}

bool is_type(const Json& json, std::string_view type) {
    const std::string* text = text_of(member(json, "type"));
    return text != nullptr && *text == type;
}

/// Calls `visit` for a step and, where it is a sequence, for the steps in it.
void each_step(const Json* step, int depth, const std::function<void(const Json&)>& visit) {
    if (step == nullptr || !step->is_object() || depth > max_depth) return;
    if (!is_type(*step, "Sequence")) {
        visit(*step);
        return;
    }
    for (const std::string_view list : {"pretokenizers", "normalizers", "decoders", "processors"}) {
        const Json* steps = member(*step, list);
        if (steps == nullptr || !steps->is_array()) continue;
        for (const Json& inner : *steps) each_step(&inner, depth + 1, visit);
    }
}

bool has_step(const Json& json, std::string_view part, std::string_view type) {
    bool found = false;
    each_step(member(json, part), 0, [&](const Json& step) { found = found || is_type(step, type); });
    return found;
}

/// The vocabulary's entries in a list by id, as tokenizer.json spells them.
Result<std::vector<std::string>> tokens_by_id(const Json& json, std::size_t size, const std::string& name) {
    const Json* vocab = member(*member(json, "model"), "vocab");
    if (vocab == nullptr || !vocab->is_object() || vocab->empty())
        return damaged(name, "there is no vocabulary");
    std::vector<std::string> tokens(size);
    for (const auto& [text, id] : vocab->items()) {
        const auto number = integer_of(&id);
        if (!number || *number < 0) return damaged(name, fmt::format("the token {} has no id", shown(text)));
        if (static_cast<std::uint64_t>(*number) < size) tokens[static_cast<std::size_t>(*number)] = text;
    }
    return tokens;
}

/// "left right" of each merge, which newer files write as pairs.
Result<std::vector<std::string>> merges_of(const Json& json, const std::string& name) {
    std::vector<std::string> merges;
    const Json* list = member(*member(json, "model"), "merges");
    if (list == nullptr || !list->is_array()) return damaged(name, "there are no merges");
    merges.reserve(list->size());
    for (const Json& item : *list) {
        if (const std::string* text = text_of(&item)) {
            merges.push_back(*text);
            continue;
        }
        const bool pair = item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string();
        if (!pair) return damaged(name, fmt::format("merge {} is not a pair of tokens", merges.size()));
        merges.push_back(item[0].get_ref<const std::string&>() + " " + item[1].get_ref<const std::string&>());
    }
    return merges;
}

Status check_bpe(const Json& json, const std::string& name) {
    const Json& model = *member(json, "model");
    for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        const std::string* text = text_of(member(model, key));
        if (text == nullptr || text->empty()) continue;
        return fail(ErrorCode::unsupported,
                    fmt::format("{}: vocabularies with a {} are not supported", name, key),
                    "Choose another model.");
    }
    return {};
}

Result<Vocabulary> byte_level(const Json& json, std::size_t size, const std::string& name,
                              const std::string& pre) {
    Vocabulary v;
    v.model = "gpt2";
    auto tokens = tokens_by_id(json, size, name);
    if (!tokens) return tl::unexpected(tokens.error());
    v.tokens = std::move(*tokens);
    auto merges = merges_of(json, name);
    if (!merges) return tl::unexpected(merges.error());
    v.merges = std::move(*merges);
    v.types.assign(size, TokenType::normal);
    if (!pre.empty()) {
        if (tokenizer::find_pretokenizer(pre) == nullptr) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("\"{}\" is not the name of a pre-tokenizer", shown(pre)),
                        "Names are those of tokenizer.ggml.pre, such as llama-bpe or qwen2.");
        }
        v.pre = pre;
        return v;
    }
    auto recognised = recognise_pretokenizer(json, name);
    if (!recognised) return tl::unexpected(recognised.error());
    v.pre = std::move(*recognised);
    return v;
}

/// A vocabulary of marked text with merges, which GGUF files know of only without a space before the text.
/// With one it is a sentencepiece vocabulary that was turned into merges: a token's score is the place of the
/// first merge that makes it, which is the order in which sentencepiece joins.
Result<Vocabulary> pieces(const Json& json, std::size_t size, const std::string& name) {
    Vocabulary v;
    v.model = "llama";
    auto tokens = tokens_by_id(json, size, name);
    if (!tokens) return tl::unexpected(tokens.error());
    v.tokens = std::move(*tokens);
    auto merges = merges_of(json, name);
    if (!merges) return tl::unexpected(merges.error());
    std::unordered_map<std::string, float> score_of;
    for (std::size_t i = 0; i < merges->size(); ++i) {
        std::string joined = (*merges)[i];
        const std::size_t space = joined.find(' ');
        if (space == std::string::npos)
            return damaged(name, fmt::format("merge {} is not a pair of tokens", i));
        score_of.emplace(joined.erase(space, 1), -static_cast<float>(i) - 1);
    }
    const auto worst = -static_cast<float>(merges->size()) - 1;
    for (const std::string& token : v.tokens) {
        const auto found = score_of.find(token);
        v.scores.push_back(found == score_of.end() ? worst : found->second);
        const bool byte = token.size() == 6 && token.starts_with("<0x") && token.ends_with(">");
        v.types.push_back(byte ? TokenType::byte : TokenType::normal);
    }
    bool adds_space = false;
    each_step(member(json, "normalizer"), 0,
              [&](const Json& step) { adds_space = adds_space || is_type(step, "Prepend"); });
    each_step(member(json, "pre_tokenizer"), 0, [&](const Json& step) {
        if (!is_type(step, "Metaspace")) return;
        const std::string* scheme = text_of(member(step, "prepend_scheme"));
        adds_space =
            scheme != nullptr ? *scheme != "never" : flag_of(member(step, "add_prefix_space")).value_or(true);
    });
    v.add_space_prefix = adds_space;
    if (!adds_space) {
        v.model = "gemma4";
        v.pre = "gemma4";
        v.scores.clear();
        v.merges = std::move(*merges);
    }
    const std::string* unknown = text_of(member(*member(json, "model"), "unk_token"));
    for (std::size_t i = 0; unknown != nullptr && i < v.tokens.size(); ++i) {
        if (v.tokens[i] != *unknown) continue;
        v.unknown = static_cast<Token>(i);
        v.types[i] = TokenType::unknown;
    }
    return v;
}

Result<Vocabulary> wordpieces(const Json& json, std::size_t size, const std::string& name) {
    auto tokens = tokens_by_id(json, size, name);
    if (!tokens) return tl::unexpected(tokens.error());
    return wordpiece_vocabulary(std::move(*tokens));
}

}  // namespace

Vocabulary wordpiece_vocabulary(std::vector<std::string> tokens) {
    Vocabulary v;
    v.model = "bert";
    for (std::string& token : tokens) {
        // GGUF marks the beginnings of words instead of what continues them.
        const bool named = token.size() > 2 && token.front() == '[' && token.back() == ']';
        if (token.starts_with("##")) {
            token.erase(0, 2);
        } else if (!named && !token.empty()) {
            token.insert(0, space_mark);
        }
        v.types.push_back(TokenType::normal);
    }
    v.tokens = std::move(tokens);
    return v;
}

TokenizerKind kind_of_tokenizer(const Json& json) {
    const Json* model = member(json, "model");
    if (model == nullptr || !model->is_object()) return TokenizerKind::unknown;
    if (is_type(*model, "WordPiece")) return TokenizerKind::wordpiece;
    // Old files do not name the type; merges give it away.
    if (!is_type(*model, "BPE") && member(*model, "merges") == nullptr) return TokenizerKind::unknown;
    if (has_step(json, "pre_tokenizer", "ByteLevel") || has_step(json, "decoder", "ByteLevel"))
        return TokenizerKind::byte_level;
    return TokenizerKind::sentencepiece;
}

Result<Vocabulary> vocabulary_of_json(const Json& json, std::size_t size, const std::string& name,
                                      const std::string& pre) {
    const TokenizerKind kind = kind_of_tokenizer(json);
    if (kind == TokenizerKind::wordpiece) return wordpieces(json, size, name);
    if (kind == TokenizerKind::unknown) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{} holds a vocabulary that is neither BPE nor WordPiece", name),
                    "Choose another model.");
    }
    if (auto status = check_bpe(json, name); !status) return tl::unexpected(status.error());
    return kind == TokenizerKind::byte_level ? byte_level(json, size, name, pre) : pieces(json, size, name);
}

Result<std::string> recognise_pretokenizer(const Json& json, const std::string& name) {
    std::vector<std::string> expressions;
    bool understood = true;
    each_step(member(json, "pre_tokenizer"), 0, [&](const Json& step) {
        if (is_type(step, "ByteLevel")) {
            if (flag_of(member(step, "use_regex")).value_or(true)) expressions.emplace_back(byte_level_words);
        } else if (is_type(step, "Digits")) {
            expressions.emplace_back(
                flag_of(member(step, "individual_digits")).value_or(false) ? R"(\p{N})" : R"(\p{N}+)");
        } else if (is_type(step, "Punctuation")) {
            expressions.emplace_back(R"([\p{P}\$\+<=>\^~\|`]+)");
        } else if (const Json* pattern = member(step, "pattern");
                   is_type(step, "Split") && pattern != nullptr) {
            const std::string* expression = text_of(member(*pattern, "Regex"));
            understood = understood && expression != nullptr;
            if (expression != nullptr) expressions.push_back(*expression);
        } else {
            understood = false;
        }
    });
    const Json* model = member(json, "model");
    const bool whole_words = model != nullptr && flag_of(member(*model, "ignore_merges")).value_or(false);
    const tokenizer::PretokenizerRow* found = nullptr;
    for (const tokenizer::PretokenizerRow& row : tokenizer::pretokenizer_table()) {
        const auto& published = row.published.empty() ? row.expressions : row.published;
        if (!understood || !std::ranges::equal(published, expressions)) continue;
        // Rows with the same expressions differ in whether a word of the vocabulary is taken whole.
        const bool better = found != nullptr && found->whole_words_first != whole_words;
        if (found == nullptr || (better && row.whole_words_first == whole_words)) found = &row;
    }
    if (found != nullptr) return std::string(found->name);
    std::string told;
    for (const std::string& expression : expressions)
        told += fmt::format("{}{}", told.empty() ? "" : "  and  ", shown(expression));
    return fail(
        ErrorCode::unsupported,
        fmt::format("{}: Kinglet knows no pre-tokenizer that cuts text by {}", name,
                    told.empty() ? "these steps" : told),
        "Name the one that is closest with --pre, such as gpt-2, llama-bpe or qwen2; text may then be cut "
        "differently.");
}

std::optional<bool> adds_token(const Json& json, const std::string& token, bool last) {
    std::optional<bool> adds;
    each_step(member(json, "post_processor"), 0, [&](const Json& step) {
        const Json* single = member(step, "single");
        if (!is_type(step, "TemplateProcessing") || single == nullptr || !single->is_array() ||
            single->empty())
            return;
        const Json* special = member(last ? single->back() : single->front(), "SpecialToken");
        const std::string* id = special == nullptr ? nullptr : text_of(member(*special, "id"));
        adds = id != nullptr && *id == token;
    });
    return adds;
}

}  // namespace kinglet::convert
