// kinglet-cli tokenize: the ids of a text.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "app/cli/cli.h"
#include "app/cli/model_file.h"
#include "app/cli/options.h"
#include "inference/base/path_text.h"

namespace kinglet::cli {
namespace {

struct TokenizeOptions {
    std::string model;
    std::string text;
    std::string file;
    bool pieces = false;
    tokenizer::EncodeOptions encode;
};

Result<int> tokenize(const TokenizeOptions& options) {
    std::string text = options.text;
    if (!options.file.empty()) {
        auto content = read_text(options.file);
        if (!content) return tl::unexpected(content.error());
        text = std::move(*content);
    }
    const auto model = ModelFile::open(path_of(options.model));
    if (!model) return tl::unexpected(model.error());
    const auto tokenizer = open_tokenizer(*model);
    if (!tokenizer) return tl::unexpected(tokenizer.error());

    const std::vector<Token> tokens = (*tokenizer)->encode(text, options.encode);
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const Token token : tokens) {
        if (options.pieces) {
            json.push_back({{"id", token}, {"piece", std::string((*tokenizer)->piece(token, true))}});
        } else {
            json.push_back(token);
        }
    }
    std::puts(json_text(json).c_str());
    return exit_ok;
}

}  // namespace

void add_tokenize_command(CLI::App& app, int& status) {
    auto options = std::make_shared<TokenizeOptions>();
    CLI::App* command = app.add_subcommand("tokenize", "Print the token ids of a text as a JSON array");
    add_model_argument(*command, options->model);
    CLI::Option* text = command->add_option("TEXT", options->text, "The text")->type_name("");
    CLI::Option* file =
        command->add_option("--file", options->file, "Read the text from a file; - is standard input")
            ->type_name("FILE")
            ->excludes(text);
    command->add_flag("--add-special", options->encode.add_special,
                      "Add what the model wants around a text (BOS, EOS, CLS, SEP)");
    command->add_flag("--parse-special", options->encode.parse_special,
                      "Recognise control tokens that are spelled out in the text");
    command->add_flag("--pieces", options->pieces, "Print objects with the id and the text of each token");
    command->footer(
        "Examples:\n"
        "  kinglet-cli tokenize model.gguf \"Hello, world\"\n"
        "  kinglet-cli tokenize model.gguf --file essay.txt --add-special");
    command->callback([options, text, file, &status] {
        if (text->empty() && file->empty()) throw CLI::RequiredError("TEXT or --file");
        const auto result = tokenize(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
