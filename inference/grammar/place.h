// Places in a text, for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kinglet::grammar {

/// "NAME:LINE:COLUMN" of the byte at `at`; lines and columns (in characters) count from 1.
std::string place_text(std::string_view name, std::string_view text, std::size_t at);

}  // namespace kinglet::grammar
