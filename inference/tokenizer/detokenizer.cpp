#include "inference/base/utf8.h"
#include "inference/tokenizer/tokenizer.h"

namespace kinglet::tokenizer {

StreamingDetokenizer::StreamingDetokenizer(const Tokenizer& tokenizer, bool strip_leading_space)
    : tokenizer_(tokenizer), strip_leading_space_(strip_leading_space) {}

std::string StreamingDetokenizer::push(Token token) {
    const std::string_view piece = tokenizer_.piece(token);
    if (!tokenizer_.is_special(token)) return push_bytes(piece);
    // A special token's own text is taken as it is; what follows it begins anew.
    const bool at_the_beginning = strip_leading_space_ && piece.empty();
    strip_leading_space_ = false;
    std::string text = push_bytes(piece);
    strip_leading_space_ = at_the_beginning || tokenizer_.adds_space_after(token);
    return text;
}

std::string StreamingDetokenizer::push_bytes(std::string_view bytes) {
    if (strip_leading_space_ && !bytes.empty()) {
        if (bytes.front() == ' ') bytes.remove_prefix(1);
        strip_leading_space_ = false;
    }
    pending_ += bytes;
    std::string text;
    std::size_t at = 0;
    while (at < pending_.size()) {
        const std::size_t valid = utf8::valid_run(pending_, at);
        text.append(pending_, at, valid);
        at += valid;
        if (at == pending_.size()) break;
        const utf8::Decoded broken = utf8::decode(pending_, at);
        if (broken.incomplete) break;
        text += utf8::replacement;
        at += static_cast<std::size_t>(broken.wrong);
    }
    pending_.erase(0, at);
    return text;
}

std::string StreamingDetokenizer::flush() {
    const bool begun = !pending_.empty();
    pending_.clear();
    return begun ? std::string(utf8::replacement) : std::string();
}

}  // namespace kinglet::tokenizer
