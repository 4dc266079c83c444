// The type of a token id, shared by everything from the tokenizer up.
#pragma once

#include <cstdint>

namespace kinglet {

/// An index into a model's vocabulary; negative means "none".
using Token = std::int32_t;

inline constexpr Token no_token = -1;

}  // namespace kinglet
