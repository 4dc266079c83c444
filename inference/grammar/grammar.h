// Grammars that keep a model's answer in a form: GBNF, or a JSON schema. What callers see of them.
#pragma once

#include <memory>
#include <string_view>

#include "inference/base/result.h"

namespace kinglet::grammar {

struct Program;

/// A grammar ready to use. Immutable; may be shared between threads.
class Grammar {
  public:
    /// Reads GBNF: `name ::= alternatives`, "text", [sets], ., ( ), |, ?, *, +, {m,n}, # comments. The answer
    /// is what the rule `root` describes. `name` (of a file) stands in errors, with line and column. Errors:
    /// bad_format, among them left recursion and rules that never end; too_large.
    static Result<std::shared_ptr<const Grammar>> from_gbnf(std::string_view text, std::string_view name);

    /// Reads a JSON schema (draft 2020-12, and "definitions" and lists in "items" of older ones). Every text
    /// of the grammar is valid JSON that the schema accepts; not everything that the schema accepts can be
    /// written: properties keep the order of the schema, those that it does not name are written only where
    /// "additionalProperties" asks for them. Errors: bad_format with line and column where the text is no
    /// JSON, else with the place in the schema; unsupported for a keyword that cannot be kept, by its name.
    static Result<std::shared_ptr<const Grammar>> from_json_schema(std::string_view text,
                                                                   std::string_view name);

    explicit Grammar(std::unique_ptr<const Program> program);
    ~Grammar();
    Grammar(const Grammar&) = delete;
    Grammar& operator=(const Grammar&) = delete;

    const Program& program() const { return *program_; }

  private:
    std::unique_ptr<const Program> program_;
};

}  // namespace kinglet::grammar
