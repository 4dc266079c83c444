// Regular expressions of JSON schemas as grammar.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>
#include "inference/grammar/rules.h"

namespace kinglet::grammar {

/// The content of a JSON string (what stands between the quotation marks) that an expression matches from
/// beginning to end: a text that does is also found by an expression without ^ and $. Known are characters
/// and their escapes, . [sets] \d \w \s \D \W \S, ( ) (?: ), |, ?, *, +, {m,n}, and ^ and $ around the whole.
/// The error says what is not known and where.
tl::expected<NodeId, std::string> pattern_content(Rules& rules, std::string_view pattern);

}  // namespace kinglet::grammar
