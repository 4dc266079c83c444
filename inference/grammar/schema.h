// Turns a JSON schema into a grammar of the JSON texts that it accepts.
#pragma once

#include <string_view>

#include "inference/base/result.h"
#include "inference/grammar/rules.h"

namespace kinglet::grammar {

/// `name` stands in errors. Errors: bad_format (no JSON: with line and column; a schema that cannot be
/// fulfilled), unsupported (a keyword that cannot be kept, with its place in the schema), too_large.
Result<Rules> convert_schema(std::string_view text, std::string_view name);

}  // namespace kinglet::grammar
