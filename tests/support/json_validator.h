// Whether a JSON value is what a schema describes: a reading of its own, for checking what grammars let
// through.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace kinglet::test {

/// Empty where `value` is valid by `schema`, else what is wrong and where. Knows the keywords that Kinglet
/// makes grammars of; a keyword that it does not know is something wrong, too. `document` is what "$ref"
/// refers to.
std::string why_invalid(const nlohmann::json& value, const nlohmann::json& schema,
                        const nlohmann::json& document);

}  // namespace kinglet::test
