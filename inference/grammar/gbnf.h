// Reads GBNF, the form of grammars that is common for local models.
#pragma once

#include <string_view>

#include "inference/base/result.h"
#include "inference/grammar/rules.h"

namespace kinglet::grammar {

/// `name` stands in errors, with line and column. Errors: bad_format, too_large.
Result<Rules> parse_gbnf(std::string_view text, std::string_view name);

}  // namespace kinglet::grammar
