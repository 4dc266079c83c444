// Grammars and JSON schemas from files.
#pragma once

#include <memory>
#include <string>

#include "inference/base/result.h"
#include "inference/engine/engine.h"

namespace CLI {
class App;
}

namespace kinglet::cli {

/// At most one of the two is given.
struct GrammarFlags {
    std::string grammar;  ///< a GBNF file
    std::string schema;   ///< a JSON schema
};
void add_grammar_flags(CLI::App& command, GrammarFlags& flags);

/// Null where neither flag was given. Errors: those of reading the file, and of Grammar::from_gbnf and
/// from_json_schema.
Result<std::shared_ptr<const grammar::Grammar>> load_grammar(const GrammarFlags& flags);

/// Says on stderr that an answer was cut off before its grammar was complete, and what to do. True where one
/// was (not for one that was stopped).
bool report_unfinished(const engine::GenerateStats& stats);

}  // namespace kinglet::cli
