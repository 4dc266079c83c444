// Python's view of characters: white space, case, escapes, repr.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kinglet::chat::jinja {

/// White space as str.isspace() has it.
bool is_space(char32_t c);
std::string_view strip_left(std::string_view text);
std::string_view strip_right(std::string_view text);
/// Without any of `chars` at its ends.
std::string_view strip_left(std::string_view text, std::string_view chars);
std::string_view strip_right(std::string_view text, std::string_view chars);

/// Code points; an invalid byte is U+FFFD.
std::u32string to_code_points(std::string_view text);
std::string from_code_points(std::u32string_view text);
/// Bytes of the character at `at`, 1 for an invalid one.
std::size_t character_length(std::string_view text, std::size_t at);

/// The escapes of a Python string literal resolved; unknown ones stay as they are.
std::string unescape(std::string_view literal);

/// repr() of a string.
std::string quote(std::string_view text);

/// Shortest text that reads back as the same float, as Python writes it.
std::string float_text(double value);

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
/// First letter upper, the rest lower.
std::string capitalize(std::string_view text);
/// str.title(): every run of letters capitalized.
std::string title(std::string_view text);

enum class CharacterClass { letter, digit, decimal, numeric, alphanumeric, space, upper, lower };
/// str.isalpha() and its like: not empty, and every character (for upper and lower: every cased one, at least
/// one).
bool all_of_class(std::string_view text, CharacterClass wanted);

/// str.splitlines().
std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends = false);

}  // namespace kinglet::chat::jinja
