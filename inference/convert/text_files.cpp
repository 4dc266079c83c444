#include "inference/convert/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "inference/convert/merges_file.h"
#include "inference/convert/sentencepiece_model.h"
#include "inference/convert/tokenizer_json.h"

namespace kinglet::convert {
namespace {

using tokenizer::TokenType;
using tokenizer::Vocabulary;

constexpr std::string_view hint_download = "Download the tokenizer's files of the model too.";

/// A token that the folder's files add to the vocabulary, or tell more of.
struct AddedToken {
    std::string text;
    bool special = false;
};

/// By these names the known families end a turn, best first.
constexpr std::array<std::string_view, 6> turn_ends = {"<|eot_id|>", "<|im_end|>", "<end_of_turn>",
                                                       "<turn|>",    "<|end|>",    "<|eom_id|>"};

class VocabularyReader {
  public:
    VocabularyReader(Model& model, std::size_t size, const std::string& pre)
        : model_(model), folder_(model.checkpoint.folder()), size_(size), pre_(pre) {}

    Result<Vocabulary> run() {
        for (const auto step : {&VocabularyReader::open, &VocabularyReader::base, &VocabularyReader::added}) {
            if (auto status = (this->*step)(); !status) return tl::unexpected(status.error());
        }
        fill();
        special();
        flags();
        return std::move(vocabulary_);
    }

  private:
    Status read(Json& json, std::string_view name) {
        auto file = read_optional_json(folder_ / name);
        if (!file) return tl::unexpected(file.error());
        json = std::move(*file);
        return {};
    }

    Status open() {
        if (auto status = read(json_, "tokenizer.json"); !status) return status;
        if (auto status = read(settings_, "tokenizer_config.json"); !status) return status;
        if (auto status = read(generation_, "generation_config.json"); !status) return status;
        return read(added_, "added_tokens.json");
    }

    /// The vocabulary without added tokens. A sentencepiece model is the original that tokenizer.json was
    /// made of.
    Status base() {
        std::error_code ignored;
        const auto pieces = folder_ / "tokenizer.model";
        const auto words = folder_ / "vocab.txt";
        const bool has_tokenizer_json = json_.is_object();
        if (!has_tokenizer_json && !std::filesystem::exists(pieces, ignored) && has_merges_files(folder_)) {
            auto made = json_of_merges_files(folder_, settings_);
            if (!made) return tl::unexpected(made.error());
            json_ = std::move(*made);
        }
        const bool byte_level = json_.is_object() && kind_of_tokenizer(json_) == TokenizerKind::byte_level;
        Result<Vocabulary> made = Vocabulary();
        if (!byte_level && std::filesystem::exists(pieces, ignored)) {
            made = from_pieces(pieces);
        } else if (json_.is_object()) {
            const char* name = has_tokenizer_json ? "tokenizer.json" : "vocab.json";
            made = vocabulary_of_json(json_, size_, (folder_ / name).string(), pre_);
        } else if (std::filesystem::exists(words, ignored)) {
            made = from_words(words);
        } else {
            return fail(
                ErrorCode::not_found,
                fmt::format(
                    "{} holds no tokenizer.json, tokenizer.model, vocab.json with merges.txt, or vocab.txt",
                    folder_.string()),
                std::string(hint_download));
        }
        if (!made) return tl::unexpected(made.error());
        vocabulary_ = std::move(*made);
        return {};
    }

    Result<Vocabulary> from_pieces(const std::filesystem::path& path) {
        const auto file = gguf::MappedFile::open(path);
        if (!file) return tl::unexpected(file.error());
        auto parsed = parse_sentencepiece(file->bytes(), path.string());
        if (!parsed) return tl::unexpected(parsed.error());
        if (parsed->unigram) {
            model_.notes.push_back(
                "The vocabulary was trained as a unigram model; its pieces are joined by score, which can "
                "cut rare words differently.");
        }
        return std::move(parsed->vocabulary);
    }

    Result<Vocabulary> from_words(const std::filesystem::path& path) {
        const auto text = read_text_file(path);
        if (!text) return tl::unexpected(text.error());
        std::vector<std::string> tokens;
        for (std::size_t at = 0; at < text->size();) {
            const std::size_t end = std::min(text->find('\n', at), text->size());
            std::string line = text->substr(at, end - at);
            if (line.ends_with('\r')) line.pop_back();
            tokens.push_back(std::move(line));
            at = end + 1;
        }
        return wordpiece_vocabulary(std::move(tokens));
    }

    void note_added(std::int64_t id, const Json& entry) {
        const std::string* text = text_of(member(entry, "content"));
        if (text == nullptr || id < 0 || id >= static_cast<std::int64_t>(size_)) return;
        tokens_[id] = {*text, flag_of(member(entry, "special")).value_or(false)};
    }

    Status added() {
        if (added_.is_object()) {
            for (const auto& [text, id] : added_.items()) {
                const auto number = integer_of(&id).value_or(-1);
                if (number >= 0 && number < static_cast<std::int64_t>(size_)) tokens_[number] = {text, false};
            }
        }
        if (const Json* list = member(settings_, "added_tokens_decoder");
            list != nullptr && list->is_object()) {
            for (const auto& [id, entry] : list->items()) {
                const Json number = Json::parse(id, nullptr, false);
                note_added(integer_of(&number).value_or(-1), entry);
            }
        }
        if (const Json* list = member(json_, "added_tokens"); list != nullptr && list->is_array()) {
            for (const Json& entry : *list) note_added(integer_of(member(entry, "id")).value_or(-1), entry);
        }
        vocabulary_.types.resize(vocabulary_.tokens.size(), TokenType::normal);
        grow(size_);
        for (const auto& [id, token] : tokens_) {
            const auto i = static_cast<std::size_t>(id);
            TokenType& type = vocabulary_.types[i];
            vocabulary_.tokens[i] = token.text;
            if (type == TokenType::unknown || type == TokenType::byte || type == TokenType::control) continue;
            type = token.special ? TokenType::control : TokenType::user_defined;
        }
        return {};
    }

    void grow(std::size_t size) {
        const std::size_t before = vocabulary_.tokens.size();
        if (before > size) {
            model_.notes.push_back(fmt::format(
                "The vocabulary has {} tokens, the model {}; the last ones are left out.", before, size));
        }
        vocabulary_.tokens.resize(size);
        vocabulary_.types.resize(size, TokenType::normal);
        if (!vocabulary_.scores.empty()) vocabulary_.scores.resize(size, -1e6F);
        for (Token* id : {&vocabulary_.bos, &vocabulary_.eos, &vocabulary_.unknown, &vocabulary_.padding}) {
            if (*id >= static_cast<Token>(size)) *id = no_token;
        }
    }

    /// Rows of the embedding that no token stands for.
    void fill() {
        for (std::size_t i = 0; i < size_; ++i) {
            if (!vocabulary_.tokens[i].empty()) continue;
            vocabulary_.tokens[i] = fmt::format("[PAD{}]", i);
            vocabulary_.types[i] = TokenType::unused;
        }
        for (std::size_t i = 0; i < size_; ++i) ids_.emplace(vocabulary_.tokens[i], static_cast<Token>(i));
    }

    Token id_of(std::string_view text) const {
        const auto found = ids_.find(std::string(text));
        return found == ids_.end() ? no_token : found->second;
    }

    Token valid(std::optional<std::int64_t> id) const {
        return id && *id >= 0 && *id < static_cast<std::int64_t>(size_) ? static_cast<Token>(*id) : no_token;
    }

    /// The text by which tokenizer_config.json calls a special token.
    std::string named(std::string_view key) const {
        const Json* entry = member(settings_, key);
        if (entry == nullptr) return {};
        const std::string* text = entry->is_object() ? text_of(member(*entry, "content")) : text_of(entry);
        return text == nullptr ? std::string() : *text;
    }

    /// WordPiece entries carry the mark of a word's beginning; special ones do not.
    Token find_named(std::string_view key) {
        const std::string text = named(key);
        if (text.empty()) return no_token;
        const Token id = id_of(text);
        if (id != no_token && vocabulary_.types[static_cast<std::size_t>(id)] == TokenType::normal)
            vocabulary_.types[static_cast<std::size_t>(id)] = TokenType::control;
        return id;
    }

    void set(Token& id, std::string_view key, Config::Names config_names) {
        if (const Token found = find_named(key); found != no_token) {
            id = found;
            return;
        }
        if (const Json* value = model_.config.find(config_names)) {
            const Json* first = value->is_array() && !value->empty() ? &(*value)[0] : value;
            if (const Token found = valid(integer_of(first)); found != no_token) id = found;
        }
    }

    void special() {
        Vocabulary& v = vocabulary_;
        set(v.bos, "bos_token", {"bos_token_id"});
        set(v.eos, "eos_token", {"eos_token_id"});
        set(v.unknown, "unk_token", {});
        set(v.padding, "pad_token", {"pad_token_id"});
        set(v.separator, "sep_token", {});
        set(v.classify, "cls_token", {});
        set(v.mask, "mask_token", {});
        if (v.model == "bert") {
            for (const auto& [id, text] : {std::pair(&v.unknown, "[UNK]"), std::pair(&v.separator, "[SEP]"),
                                           std::pair(&v.padding, "[PAD]"), std::pair(&v.classify, "[CLS]"),
                                           std::pair(&v.mask, "[MASK]")}) {
                if (*id == no_token) *id = id_of(text);
                if (*id != no_token) v.types[static_cast<std::size_t>(*id)] = TokenType::control;
            }
            if (v.unknown != no_token) v.types[static_cast<std::size_t>(v.unknown)] = TokenType::unknown;
            if (v.bos == no_token) v.bos = v.classify;
            if (v.eos == no_token) v.eos = v.separator;
        }
        turn_end();
    }

    /// Models that end a turn with another token than a text list both in generation_config.json.
    void turn_end() {
        Vocabulary& v = vocabulary_;
        const Json* list = member(generation_, "eos_token_id");
        if (list == nullptr) list = model_.config.find({"eos_token_id"});
        if (list == nullptr || !list->is_array()) return;
        std::vector<Token> ends;
        for (const Json& item : *list) {
            const Token id = valid(integer_of(&item));
            if (id != no_token && id != v.eos) ends.push_back(id);
        }
        for (const std::string_view name : turn_ends) {
            const Token id = id_of(name);
            if (v.eot == no_token && std::ranges::find(ends, id) != ends.end()) v.eot = id;
        }
        if (v.eot == no_token && !ends.empty()) v.eot = ends.front();
        const Token message_end = id_of("<|eom_id|>");
        if (message_end != v.eot && std::ranges::find(ends, message_end) != ends.end()) v.eom = message_end;
    }

    /// What is put around a text: said outright, or by the post-processor.
    void flags() {
        Vocabulary& v = vocabulary_;
        v.add_bos = flag_of(member(settings_, "add_bos_token"));
        v.add_eos = flag_of(member(settings_, "add_eos_token"));
        const auto text = [&](Token id) {
            return id == no_token ? std::string() : v.tokens[static_cast<std::size_t>(id)];
        };
        if (v.model == "bert" || !json_.is_object()) return;
        if (!v.add_bos && v.bos != no_token) v.add_bos = adds_token(json_, text(v.bos), false);
        if (!v.add_eos && v.eos != no_token) v.add_eos = adds_token(json_, text(v.eos), true);
    }

    Model& model_;
    std::filesystem::path folder_;
    std::size_t size_;
    std::string pre_;
    Json json_;
    Json settings_;
    Json generation_;
    Json added_;
    std::map<std::int64_t, AddedToken> tokens_;
    std::unordered_map<std::string, Token> ids_;
    Vocabulary vocabulary_;
};

/// The template among those of a list {name, template}: the one called "default", or the first.
const std::string* default_template(const Json& list) {
    const std::string* chosen = nullptr;
    for (const Json& item : list) {
        const std::string* text = text_of(member(item, "template"));
        const std::string* name = text_of(member(item, "name"));
        if (text == nullptr) continue;
        if (chosen == nullptr || (name != nullptr && *name == "default")) chosen = text;
    }
    return chosen;
}

Status write_template(Model& model, const std::filesystem::path& folder) {
    std::error_code ignored;
    if (std::filesystem::exists(folder / "chat_template.jinja", ignored)) {
        const auto text = read_text_file(folder / "chat_template.jinja");
        if (!text) return tl::unexpected(text.error());
        model.writer.add_string("tokenizer.chat_template", *text);
        return {};
    }
    for (const std::string_view name : {"chat_template.json", "tokenizer_config.json"}) {
        const auto json = read_optional_json(folder / name);
        if (!json) return tl::unexpected(json.error());
        const Json* found = member(*json, "chat_template");
        if (found == nullptr) continue;
        const std::string* text = found->is_array() ? default_template(*found) : text_of(found);
        if (text == nullptr) continue;
        model.writer.add_string("tokenizer.chat_template", *text);
        return {};
    }
    return {};
}

Status write_sampling(Model& model, const std::filesystem::path& folder) {
    const auto json = read_optional_json(folder / "generation_config.json");
    if (!json) return tl::unexpected(json.error());
    const auto number = [&](std::string_view name, const char* key, double least, double most) {
        const auto value = number_of(member(*json, name));
        if (value && *value >= least && *value <= most) model.writer.add_f32(key, static_cast<float>(*value));
    };
    number("temperature", "general.sampling.temp", 0, 100);
    number("top_p", "general.sampling.top_p", 0, 1);
    number("min_p", "general.sampling.min_p", 0, 1);
    number("repetition_penalty", "general.sampling.penalty_repeat", 0.01, 100);
    const auto top_k = integer_of(member(*json, "top_k"));
    if (top_k && *top_k >= 0 && *top_k < (1 << 24))
        model.writer.add_i32("general.sampling.top_k", static_cast<std::int32_t>(*top_k));
    return {};
}

}  // namespace

Result<Vocabulary> read_vocabulary(Model& model, std::size_t size, const std::string& pre) {
    return VocabularyReader(model, size, pre).run();
}

void write_vocabulary(const Vocabulary& v, gguf::Writer& writer) {
    writer.add_string("tokenizer.ggml.model", v.model);
    writer.add_string("tokenizer.ggml.pre", v.pre.empty() ? "default" : v.pre);
    writer.add_strings("tokenizer.ggml.tokens", v.tokens);
    if (!v.scores.empty()) writer.add_f32s("tokenizer.ggml.scores", v.scores);
    std::vector<std::int32_t> types;
    for (const TokenType type : v.types) types.push_back(static_cast<std::int32_t>(type));
    writer.add_i32s("tokenizer.ggml.token_type", types);
    if (!v.merges.empty()) writer.add_strings("tokenizer.ggml.merges", v.merges);
    const auto id = [&](const char* key, Token token) {
        if (token != no_token) writer.add_u32(key, static_cast<std::uint32_t>(token));
    };
    id("tokenizer.ggml.bos_token_id", v.bos);
    id("tokenizer.ggml.eos_token_id", v.eos);
    id("tokenizer.ggml.eot_token_id", v.eot);
    id("tokenizer.ggml.eom_token_id", v.eom);
    id("tokenizer.ggml.unknown_token_id", v.unknown);
    id("tokenizer.ggml.seperator_token_id", v.separator);  // the format's own spelling
    id("tokenizer.ggml.padding_token_id", v.padding);
    id("tokenizer.ggml.cls_token_id", v.classify);
    id("tokenizer.ggml.mask_token_id", v.mask);
    if (v.add_bos) writer.add_bool("tokenizer.ggml.add_bos_token", *v.add_bos);
    if (v.add_eos) writer.add_bool("tokenizer.ggml.add_eos_token", *v.add_eos);
    if (v.add_space_prefix) writer.add_bool("tokenizer.ggml.add_space_prefix", *v.add_space_prefix);
}

Status write_text_settings(Model& model) {
    const std::filesystem::path& folder = model.checkpoint.folder();
    if (auto status = write_template(model, folder); !status) return status;
    return write_sampling(model, folder);
}

}  // namespace kinglet::convert
