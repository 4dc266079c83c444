// What must hold of a grammar's rules before they can be followed.
#pragma once

#include <string_view>
#include <vector>

#include "inference/base/result.h"
#include "inference/grammar/rules.h"

namespace kinglet::grammar {

/// Which nodes can be nothing at all; one flag a node.
std::vector<bool> nullable_nodes(const Rules& rules);

/// Errors: bad_format naming the rule that begins with itself (it would be followed forever), that no text
/// can ever end, or that repeats what may be empty too often; too_large.
Status check(const Rules& rules, const std::vector<bool>& nullable, std::string_view name);

}  // namespace kinglet::grammar
