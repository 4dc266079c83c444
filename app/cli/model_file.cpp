#include "app/cli/model_file.h"

#include <utility>

namespace kinglet::cli {

Result<std::shared_ptr<const tokenizer::Tokenizer>> open_tokenizer(const ModelFile& model) {
    auto vocabulary = tokenizer::read_vocabulary(model.file.metadata());
    if (!vocabulary) return tl::unexpected(vocabulary.error());
    return tokenizer::Tokenizer::create(std::move(*vocabulary));
}

Result<chat::ChosenTemplate> choose_template(const ModelFile& model, const tokenizer::Tokenizer& tokenizer) {
    const gguf::Metadata& metadata = model.file.metadata();
    const auto text = metadata.optional_string("tokenizer.chat_template");
    if (!text) return tl::unexpected(text.error());
    const auto architecture = metadata.optional_string("general.architecture");
    if (!architecture) return tl::unexpected(architecture.error());
    const auto name = metadata.optional_string("general.name");
    if (!name) return tl::unexpected(name.error());
    const chat::FamilyHints hints{
        architecture->value_or(""), name->value_or(""),
        [&tokenizer](std::string_view token) { return tokenizer.find(token) != no_token; }};
    return chat::choose_template(text->value_or(""), hints, tokenizer.text(tokenizer.bos()),
                                 tokenizer.text(tokenizer.eos()));
}

}  // namespace kinglet::cli
