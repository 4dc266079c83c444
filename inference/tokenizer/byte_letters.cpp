#include "inference/tokenizer/byte_letters.h"

#include <array>

#include "inference/base/utf8.h"

namespace kinglet::tokenizer {
namespace {

constexpr bool is_printable(unsigned int byte) {
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Letters {
    std::array<char32_t, 256> of_byte{};
    std::array<int, 0x180> to_byte{};  ///< -1 = no byte's letter

    constexpr Letters() {
        for (int& byte : to_byte) byte = -1;
        char32_t spare = 0x100;
        for (unsigned int byte = 0; byte < 256; ++byte) {
            of_byte[byte] = is_printable(byte) ? static_cast<char32_t>(byte) : spare++;
            to_byte[of_byte[byte]] = static_cast<int>(byte);
        }
    }
};

constexpr Letters letters;

}  // namespace

char32_t letter_of_byte(unsigned char byte) {
    return letters.of_byte[byte];
}

std::string bytes_of_letters(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const utf8::Decoded c = utf8::decode(text, at);
        const std::size_t length = c.length == 0 ? 1 : static_cast<std::size_t>(c.length);
        const int byte =
            c.length != 0 && c.code_point < letters.to_byte.size() ? letters.to_byte[c.code_point] : -1;
        if (byte >= 0) {
            bytes += static_cast<char>(byte);
        } else {
            bytes += text.substr(at, length);
        }
        at += length;
    }
    return bytes;
}

std::string letters_of_bytes(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) utf8::append(text, letter_of_byte(static_cast<unsigned char>(c)));
    return text;
}

}  // namespace kinglet::tokenizer
