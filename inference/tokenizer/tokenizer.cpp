#include "inference/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "inference/base/utf8.h"
#include "inference/tokenizer/encoder.h"
#include "inference/tokenizer/pretokenizer.h"
#include "inference/tokenizer/special_matcher.h"
#include "inference/tokenizer/text_index.h"

namespace kinglet::tokenizer {
namespace {

/// One row a kind of tokenizer.
struct Kind {
    std::string_view model;
    std::string_view label;
    Result<std::unique_ptr<Encoder>> (*make)(const Vocabulary&);
    bool adds_bos;    ///< where the file does not say
    bool adds_eos;    ///< where the file does not say
    bool adds_space;  ///< unless the file says no
};

constexpr std::array<Kind, 4> kinds = {{
    {"llama", "sentencepiece", make_sentencepiece, true, false, true},
    {"gpt2", "byte-level BPE", make_byte_bpe, false, false, false},
    {"gemma4", "BPE of characters", make_text_bpe, true, false, false},
    {"bert", "WordPiece", make_wordpiece, true, true, true},
}};

/// By these names the known families end a turn or a text.
constexpr std::array<std::string_view, 14> end_names = {
    "<|eot_id|>",    "<|im_end|>",
    "<|end|>",       "<end_of_turn>",
    "<|endoftext|>", "<|end_of_text|>",
    "<|eom_id|>",    "<EOT>",
    "_<EOT>",        "<|return|>",
    "<|call|>",      "<｜end▁of▁sentence｜>",
    "<turn|>",       "<|END_OF_TURN_TOKEN|>",
};

Status check(const Vocabulary& vocabulary) {
    constexpr std::size_t most = 1u << 24;
    if (vocabulary.tokens.empty()) return fail(ErrorCode::bad_format, "the vocabulary is empty");
    if (vocabulary.tokens.size() > most || vocabulary.merges.size() > most * 2) {
        return fail(ErrorCode::too_large,
                    fmt::format("the vocabulary has {} tokens", vocabulary.tokens.size()));
    }
    const auto wrong_length = [&](std::size_t size) { return size != 0 && size != vocabulary.tokens.size(); };
    if (wrong_length(vocabulary.scores.size()) || wrong_length(vocabulary.types.size())) {
        return fail(ErrorCode::bad_format,
                    fmt::format("the vocabulary has {} tokens, {} scores and {} types",
                                vocabulary.tokens.size(), vocabulary.scores.size(), vocabulary.types.size()));
    }
    for (const Token id : {vocabulary.bos, vocabulary.eos, vocabulary.eot, vocabulary.eom, vocabulary.unknown,
                           vocabulary.separator, vocabulary.padding, vocabulary.classify, vocabulary.mask}) {
        if (id < no_token || id >= static_cast<Token>(vocabulary.tokens.size())) {
            return fail(ErrorCode::bad_format,
                        fmt::format("the special token {} is outside the vocabulary of {}", id,
                                    vocabulary.tokens.size()));
        }
    }
    return {};
}

bool is_white(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

/// Everything that create() builds; not changed afterwards.
struct Tokenizer::Tables {
    Vocabulary vocabulary;
    std::unique_ptr<Encoder> encoder;
    TextIndex by_text;
    SpecialMatcher always;        ///< user-defined tokens
    SpecialMatcher with_control;  ///< and control tokens
    std::string bytes;            ///< of all tokens, one after the other
    std::vector<std::uint32_t> byte_ends;
    std::vector<bool> ends_generation;
    Token front = no_token;  ///< what add_special puts before and after a text
    Token back = no_token;
    bool adds_space = false;
    std::string description;

    void index();
    void collect_bytes();
    void collect_ends();
};

void Tokenizer::Tables::index() {
    by_text = TextIndex(vocabulary.tokens.size());
    std::vector<SpecialMatcher::Entry> user_defined;
    std::vector<SpecialMatcher::Entry> all;
    for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
        const auto id = static_cast<Token>(i);
        const std::string& text = vocabulary.tokens[i];
        by_text.add(text, id);
        const TokenType type = type_of(vocabulary, id);
        const bool named = id == vocabulary.mask || id == vocabulary.separator || id == vocabulary.classify;
        if (type == TokenType::user_defined) user_defined.push_back({text, id});
        if (type == TokenType::user_defined || type == TokenType::control || type == TokenType::unknown ||
            named) {
            all.push_back({text, id});
        }
    }
    always = SpecialMatcher(user_defined);
    with_control = SpecialMatcher(all);
}

void Tokenizer::Tables::collect_bytes() {
    byte_ends.reserve(vocabulary.tokens.size());
    for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
        const auto id = static_cast<Token>(i);
        switch (type_of(vocabulary, id)) {
            case TokenType::unknown:
                bytes += utf8::replacement;
                break;
            case TokenType::control:
            case TokenType::user_defined:
                bytes += vocabulary.tokens[i];
                break;
            default:
                bytes += encoder->bytes_of(id);
        }
        byte_ends.push_back(static_cast<std::uint32_t>(bytes.size()));
    }
}

void Tokenizer::Tables::collect_ends() {
    ends_generation.assign(vocabulary.tokens.size(), false);
    const auto mark = [&](Token id) {
        if (id != no_token) ends_generation[static_cast<std::size_t>(id)] = true;
    };
    mark(vocabulary.eos);
    mark(vocabulary.eot);
    mark(vocabulary.eom);
    for (const std::string_view name : end_names) {
        const Token id = by_text.find(name);
        if (id == no_token) continue;
        const TokenType type = type_of(vocabulary, id);
        if (type == TokenType::control || type == TokenType::user_defined) mark(id);
    }
    // In the harmony format "<|end|>" parts one channel of an answer from the next.
    const Token message_end = by_text.find("<|end|>");
    if (message_end != no_token && by_text.find("<|return|>") != no_token &&
        by_text.find("<|call|>") != no_token) {
        ends_generation[static_cast<std::size_t>(message_end)] = message_end == vocabulary.eos;
    }
}

Tokenizer::Tokenizer() = default;
Tokenizer::~Tokenizer() = default;

Result<std::shared_ptr<const Tokenizer>> Tokenizer::create(Vocabulary vocabulary) {
    if (Status status = check(vocabulary); !status) return tl::unexpected(status.error());
    const auto kind = std::ranges::find(kinds, vocabulary.model, &Kind::model);
    if (kind == kinds.end()) {
        return fail(ErrorCode::unsupported,
                    fmt::format("the tokenizer \"{}\" is not known", vocabulary.model),
                    "Kinglet knows the kinds llama (sentencepiece), gpt2 (byte-level BPE), gemma4 (BPE of "
                    "characters) "
                    "and bert (WordPiece).");
    }
    auto tables = std::make_unique<Tables>();
    tables->vocabulary = std::move(vocabulary);
    const Vocabulary& kept = tables->vocabulary;
    auto encoder = kind->make(kept);
    if (!encoder) return tl::unexpected(encoder.error());
    tables->encoder = std::move(*encoder);
    tables->index();
    tables->collect_bytes();
    tables->collect_ends();

    const PretokenizerRow* row = kept.model == "gpt2" ? find_pretokenizer(kept.pre) : nullptr;
    const bool adds_bos = kept.add_bos.value_or(kind->adds_bos || (row != nullptr && row->adds_bos));
    const bool adds_eos = kept.add_eos.value_or(kind->adds_eos);
    const bool is_bert = kept.model == "bert";
    const auto either = [](Token first, Token second) { return first != no_token ? first : second; };
    if (adds_bos) tables->front = is_bert ? either(kept.classify, kept.bos) : kept.bos;
    if (adds_eos) tables->back = is_bert ? either(kept.separator, kept.eos) : kept.eos;
    tables->adds_space = kind->adds_space && kept.add_space_prefix.value_or(true);
    tables->description = row == nullptr ? fmt::format("{} ({})", kind->model, kind->label)
                                         : fmt::format("{} ({}, {})", kind->model, kind->label, row->name);

    auto tokenizer = std::shared_ptr<Tokenizer>(new Tokenizer());
    tokenizer->tables_ = std::move(tables);
    return std::shared_ptr<const Tokenizer>(std::move(tokenizer));
}

std::vector<Token> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
    std::vector<Token> out;
    out.reserve(text.size() / 3 + 4);
    const SpecialMatcher& matcher = options.parse_special ? tables_->with_control : tables_->always;
    const auto encode_plain = [&](std::string_view plain, bool first) {
        while (!plain.empty()) {
            const std::size_t length = std::min(plain.size(), Encoder::max_text_bytes);
            tables_->encoder->encode(plain.substr(0, length), first, out);
            plain.remove_prefix(length);
            first = false;
        }
    };
    if (options.add_special && tables_->front != no_token) out.push_back(tables_->front);
    bool first = true;
    for (std::size_t at = 0; at < text.size();) {
        const SpecialMatcher::Match match = matcher.find(text, at);
        const std::size_t end = match.length > 0 ? match.begin : text.size();
        if (end > at) encode_plain(text.substr(at, end - at), first);
        at = end + match.length;
        if (match.length == 0) break;
        const bool doubled = options.add_special && match.begin == 0 && match.token == tables_->front;
        if (!doubled) out.push_back(match.token);
        first = true;
        if (tables_->vocabulary.control_swallows_space && is_control(match.token) && match.token != bos()) {
            while (at < text.size() && is_white(text[at])) ++at;
        }
    }
    if (options.add_special && tables_->back != no_token) out.push_back(tables_->back);
    return out;
}

std::string_view Tokenizer::piece(Token token, bool show_control) const {
    if (token < 0 || token >= size()) return {};
    if (!show_control && is_control(token)) return {};
    const auto i = static_cast<std::size_t>(token);
    const std::size_t begin = i == 0 ? 0 : tables_->byte_ends[i - 1];
    return std::string_view(tables_->bytes).substr(begin, tables_->byte_ends[i] - begin);
}

std::string Tokenizer::decode(const std::vector<Token>& tokens, bool show_control) const {
    std::string text;
    bool first = tables_->adds_space;
    for (const Token token : tokens) {
        std::string_view bytes = piece(token, show_control);
        if (first && !is_special(token) && bytes.starts_with(' ')) bytes.remove_prefix(1);
        first = adds_space_after(token);
        text += bytes;
    }
    return text;
}

bool Tokenizer::adds_space_after(Token token) const {
    return tables_->adds_space && is_special(token);
}

bool Tokenizer::is_special(Token token) const {
    return is_control(token) || type(token) == TokenType::user_defined;
}

bool Tokenizer::is_end_of_generation(Token token) const {
    return token >= 0 && token < size() && tables_->ends_generation[static_cast<std::size_t>(token)];
}

TokenType Tokenizer::type(Token token) const {
    return token < 0 || token >= size() ? TokenType::undefined : type_of(tables_->vocabulary, token);
}

bool Tokenizer::is_control(Token token) const {
    return type(token) == TokenType::control;
}
Token Tokenizer::find(std::string_view text) const {
    return tables_->by_text.find(text);
}

std::string_view Tokenizer::text(Token token) const {
    if (token < 0 || token >= size()) return {};
    return tables_->vocabulary.tokens[static_cast<std::size_t>(token)];
}

int Tokenizer::size() const {
    return static_cast<int>(tables_->vocabulary.tokens.size());
}
Token Tokenizer::bos() const {
    return tables_->vocabulary.bos;
}
Token Tokenizer::eos() const {
    return tables_->vocabulary.eos;
}
Token Tokenizer::mask() const {
    return tables_->vocabulary.mask;
}
bool Tokenizer::adds_bos() const {
    return tables_->front != no_token;
}
bool Tokenizer::adds_eos() const {
    return tables_->back != no_token;
}
const std::string& Tokenizer::description() const {
    return tables_->description;
}

}  // namespace kinglet::tokenizer
