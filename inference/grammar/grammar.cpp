#include "inference/grammar/grammar.h"

#include "inference/grammar/gbnf.h"
#include "inference/grammar/program.h"
#include "inference/grammar/schema.h"

namespace kinglet::grammar {
namespace {

Result<std::shared_ptr<const Grammar>> finish(const Result<Rules>& rules, std::string_view name) {
    if (!rules) return tl::unexpected(rules.error());
    auto program = compile(*rules, name);
    if (!program) return tl::unexpected(program.error());
    return std::make_shared<const Grammar>(std::move(*program));
}

}  // namespace

Grammar::Grammar(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Grammar::~Grammar() = default;

Result<std::shared_ptr<const Grammar>> Grammar::from_gbnf(std::string_view text, std::string_view name) {
    return finish(parse_gbnf(text, name), name);
}

Result<std::shared_ptr<const Grammar>> Grammar::from_json_schema(std::string_view text,
                                                                 std::string_view name) {
    return finish(convert_schema(text, name), name);
}

}  // namespace kinglet::grammar
