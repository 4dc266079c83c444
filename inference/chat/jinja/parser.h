// Tokens to a tree.
#pragma once

#include <string_view>

#include "inference/chat/jinja/ast.h"

namespace kinglet::chat::jinja {

/// Raises Failure where the text is no template that this interpreter runs; `line` tells where. Filters and
/// tests must be known by name already here, as in Jinja.
Program parse(std::string_view source, int& line);

}  // namespace kinglet::chat::jinja
