// The letters by which byte-level vocabularies write bytes, so that every entry is printable text.
#pragma once

#include <string>
#include <string_view>

namespace kinglet::tokenizer {

/// The code point that stands for a byte: printable Latin-1 stands for itself, the rest for U+0100 and up in
/// order.
char32_t letter_of_byte(unsigned char byte);

/// Bytes that a spelling stands for; characters that are no byte's letter stand for their own UTF-8.
std::string bytes_of_letters(std::string_view text);

/// The spelling of bytes.
std::string letters_of_bytes(std::string_view bytes);

}  // namespace kinglet::tokenizer
