#include "inference/convert/merges_file.h"

#include <string>
#include <string_view>

#include "inference/tokenizer/pretokenizer.h"

namespace kinglet::convert {
namespace {

/// What GPT-2's tokenizer ends texts with, whether or not a file says so.
constexpr std::string_view gpt2_end = "<|endoftext|>";

Json merges_of_lines(std::string_view text) {
    Json merges = Json::array();
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty() && !line.starts_with("#version")) merges.push_back(line);
    }
    return merges;
}

/// Entries of special_tokens_map.json are texts, or objects that hold one, or lists of these.
void add_special(const Json& entry, const Json& vocabulary, Json& added, int depth = 0) {
    if (entry.is_array() && depth == 0) {
        for (const Json& item : entry) add_special(item, vocabulary, added, depth + 1);
        return;
    }
    const std::string* text = entry.is_object() ? text_of(member(entry, "content")) : text_of(&entry);
    const Json* id = text == nullptr ? nullptr : member(vocabulary, *text);
    if (id != nullptr) added.push_back({{"id", *id}, {"content", *text}, {"special", true}});
}

Json steps_of_class(const Json& settings) {
    const std::string* name = text_of(member(settings, "tokenizer_class"));
    if (name == nullptr || !name->starts_with("Qwen2")) return {{"type", "ByteLevel"}};
    const auto* row = tokenizer::find_pretokenizer("qwen2");
    return {{"type", "Split"}, {"pattern", {{"Regex", row->expressions.front()}}}};
}

}  // namespace

bool has_merges_files(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::filesystem::exists(folder / "vocab.json", ignored) &&
           std::filesystem::exists(folder / "merges.txt", ignored);
}

Result<Json> json_of_merges_files(const std::filesystem::path& folder, const Json& settings) {
    auto vocabulary = read_json(folder / "vocab.json");
    if (!vocabulary) return vocabulary;
    const auto lines = read_text_file(folder / "merges.txt");
    if (!lines) return tl::unexpected(lines.error());
    const auto special = read_optional_json(folder / "special_tokens_map.json");
    if (!special) return special;
    const auto more = read_optional_json(folder / "added_tokens.json");
    if (!more) return more;
    Json known = *vocabulary;
    if (more->is_object()) known.update(*more);
    Json added = Json::array();
    add_special(Json(gpt2_end), known, added);
    if (special->is_object()) {
        for (const Json& entry : *special) add_special(entry, known, added);
    }
    return Json{
        {"model", {{"type", "BPE"}, {"vocab", std::move(*vocabulary)}, {"merges", merges_of_lines(*lines)}}},
        {"pre_tokenizer", steps_of_class(settings)},
        {"decoder", {{"type", "ByteLevel"}}},
        {"added_tokens", std::move(added)}};
}

}  // namespace kinglet::convert
