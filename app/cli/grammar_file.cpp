#include "app/cli/grammar_file.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/answer.h"
#include "app/cli/options.h"
#include "inference/grammar/grammar.h"

namespace kinglet::cli {

void add_grammar_flags(CLI::App& command, GrammarFlags& flags) {
    const std::string group = "Answering";
    auto* schema = command.add_option("--json-schema", flags.schema,
                                      "Answer with JSON that this schema accepts; - reads standard input");
    auto* grammar = command.add_option("--grammar", flags.grammar,
                                       "Answer within this grammar (GBNF); - reads standard input");
    // Without its file an answer would be free, and nobody would see why.
    const auto named = [](const std::string& path) {
        return path.empty() ? std::string("the name of a file is missing") : std::string();
    };
    for (CLI::Option* option : {schema, grammar}) option->check(named)->type_name("FILE")->group(group);
    schema->excludes(grammar);
}

Result<std::shared_ptr<const grammar::Grammar>> load_grammar(const GrammarFlags& flags) {
    if (flags.grammar.empty() && flags.schema.empty()) return nullptr;
    const bool schema = flags.grammar.empty();
    const std::string& path = schema ? flags.schema : flags.grammar;
    const auto text = read_text(path);
    if (!text) return tl::unexpected(text.error());
    return schema ? grammar::Grammar::from_json_schema(*text, path)
                  : grammar::Grammar::from_gbnf(*text, path);
}

bool report_unfinished(const engine::GenerateStats& stats) {
    // Who stopped an answer knows that it is not whole.
    if (stats.grammar_complete.value_or(true) || stats.reason == engine::FinishReason::cancelled)
        return false;
    const char* hint = stats.reason == engine::FinishReason::max_tokens     ? "Allow more with --max-tokens."
                       : stats.reason == engine::FinishReason::context_full ? "Allow more with --ctx."
                                                                            : "";
    fmt::print(stderr, "The answer ended ({}) before it was complete by the grammar. {}\n",
               reason_name(stats.reason), hint);
    return true;
}

}  // namespace kinglet::cli
