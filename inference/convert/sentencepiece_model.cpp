#include "inference/convert/sentencepiece_model.h"

#include <fmt/format.h>

#include <cstring>

namespace kinglet::convert {
namespace {

constexpr std::size_t max_pieces = 1u << 23;
constexpr std::size_t max_piece_bytes = 1u << 16;

/// One field of a message: its number, and its value as a number or as bytes.
struct Field {
    std::uint64_t number = 0;
    bool has_bytes = false;
    std::uint64_t value = 0;
    std::span<const std::byte> bytes;
};

/// Walks the fields of one message; stops for good at the first that is not right.
class Message {
  public:
    explicit Message(std::span<const std::byte> bytes) : rest_(bytes) {}

    bool next(Field& field) {
        if (rest_.empty() || damaged_) return false;
        std::uint64_t key = 0;
        field = {};
        if (!varint(key)) return false;
        field.number = key >> 3;
        switch (key & 7U) {
            case 0:
                return varint(field.value);
            case 1:
                return fixed(8, field.value);
            case 2:
                return bytes(field);
            case 5:
                return fixed(4, field.value);
            default:
                damaged_ = true;
                return false;
        }
    }

    bool damaged() const { return damaged_; }

  private:
    bool varint(std::uint64_t& value) {
        value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) break;
            const auto byte = static_cast<std::uint64_t>(rest_.front());
            rest_ = rest_.subspan(1);
            value |= (byte & 0x7FU) << shift;
            if ((byte & 0x80U) == 0) return true;
        }
        damaged_ = true;
        return false;
    }

    bool fixed(std::size_t size, std::uint64_t& value) {
        value = 0;
        if (rest_.size() < size) {
            damaged_ = true;
            return false;
        }
        std::memcpy(&value, rest_.data(), size);
        rest_ = rest_.subspan(size);
        return true;
    }

    bool bytes(Field& field) {
        std::uint64_t length = 0;
        if (!varint(length)) return false;
        if (length > rest_.size()) {
            damaged_ = true;
            return false;
        }
        field.has_bytes = true;
        field.bytes = rest_.first(static_cast<std::size_t>(length));
        rest_ = rest_.subspan(static_cast<std::size_t>(length));
        return true;
    }

    std::span<const std::byte> rest_;
    bool damaged_ = false;
};

tl::unexpected<Error> damaged(const std::string& name, std::string_view what) {
    return tl::unexpected(Error{ErrorCode::bad_format,
                                fmt::format("{}: {}", name, what),
                                "The file is no sentencepiece model, or damaged; download it again.",
                                name,
                                {}});
}

bool read_piece(std::span<const std::byte> bytes, tokenizer::Vocabulary& vocabulary) {
    Message message(bytes);
    std::string text;
    float score = 0;
    std::uint64_t type = 1;
    for (Field field; message.next(field);) {
        if (field.number == 1 && field.has_bytes) {
            if (field.bytes.size() > max_piece_bytes) return false;
            text.assign(reinterpret_cast<const char*>(field.bytes.data()), field.bytes.size());
        } else if (field.number == 2 && !field.has_bytes) {
            const auto bits = static_cast<std::uint32_t>(field.value);
            std::memcpy(&score, &bits, sizeof(score));
        } else if (field.number == 3 && !field.has_bytes) {
            type = field.value;
        }
    }
    if (message.damaged() || type > 6) return false;
    vocabulary.tokens.push_back(std::move(text));
    vocabulary.scores.push_back(score);
    // The numbers are those of GGUF's token types.
    vocabulary.types.push_back(static_cast<tokenizer::TokenType>(type));
    return true;
}

/// Ids are signed: -1 is "none", written as ten bytes.
void set_id(Token& id, std::uint64_t value) {
    const auto number = static_cast<std::int64_t>(value);
    if (number >= 0 && number < static_cast<std::int64_t>(max_pieces)) id = static_cast<Token>(number);
}

bool read_trainer(std::span<const std::byte> bytes, SentencepieceModel& model) {
    Message message(bytes);
    model.vocabulary.unknown = 0;
    model.vocabulary.bos = 1;
    model.vocabulary.eos = 2;
    for (Field field; message.next(field);) {
        if (field.has_bytes) continue;
        if (field.number == 3) model.unigram = field.value == 1;
        if (field.number == 40) set_id(model.vocabulary.unknown = no_token, field.value);
        if (field.number == 41) set_id(model.vocabulary.bos = no_token, field.value);
        if (field.number == 42) set_id(model.vocabulary.eos = no_token, field.value);
        if (field.number == 43) set_id(model.vocabulary.padding = no_token, field.value);
    }
    return !message.damaged();
}

bool read_normalizer(std::span<const std::byte> bytes, tokenizer::Vocabulary& vocabulary) {
    Message message(bytes);
    for (Field field; message.next(field);) {
        if (field.number == 3 && !field.has_bytes) vocabulary.add_space_prefix = field.value != 0;
    }
    return !message.damaged();
}

}  // namespace

Result<SentencepieceModel> parse_sentencepiece(std::span<const std::byte> bytes, const std::string& name) {
    SentencepieceModel model;
    model.vocabulary.model = "llama";
    model.vocabulary.add_space_prefix = true;
    Message message(bytes);
    for (Field field; message.next(field);) {
        if (!field.has_bytes) continue;
        if (field.number == 1 && model.vocabulary.tokens.size() >= max_pieces) {
            return tl::unexpected(Error{ErrorCode::too_large,
                                        fmt::format("{} has too many pieces", name),
                                        "Choose another model.",
                                        name,
                                        {}});
        }
        if (field.number == 1 && !read_piece(field.bytes, model.vocabulary))
            return damaged(name, "a piece is not right");
        if (field.number == 2 && !read_trainer(field.bytes, model))
            return damaged(name, "the training settings are not right");
        if (field.number == 3 && !read_normalizer(field.bytes, model.vocabulary))
            return damaged(name, "the normalizer's settings are not right");
    }
    if (message.damaged()) return damaged(name, "the file is not a sequence of protobuf fields");
    if (model.vocabulary.tokens.empty()) return damaged(name, "the file holds no pieces");
    const auto size = static_cast<Token>(model.vocabulary.tokens.size());
    for (Token* id : {&model.vocabulary.unknown, &model.vocabulary.bos, &model.vocabulary.eos,
                      &model.vocabulary.padding}) {
        if (*id >= size) *id = no_token;
    }
    return model;
}

}  // namespace kinglet::convert
