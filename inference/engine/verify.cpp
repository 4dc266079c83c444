#include "inference/engine/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "inference/engine/loaded_model.h"
#include "inference/tensor/dtype.h"

namespace kinglet::engine {
namespace {

constexpr int generated_tokens = 8;
constexpr const char* get_again = "Get the file again from where it came from.";

/// What every model has to spell: without these it cannot answer in English.
constexpr std::string_view plain_text = "The quick brown fox, 12 years old, isn't (very) lazy.\nHello again!";
/// What many models can spell and some cannot: said as a warning.
constexpr std::array<std::string_view, 4> other_texts{"Grüße aus Zürich: naïve façade", "日本語と한국어",
                                                      "for (int i = 0; i < 3; ++i) {\n\tputs(\"x\");\n}",
                                                      "😀👩‍👩‍👧"};

bool all_finite(std::span<const float> values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

/// Decodes every weight of a file and fails at the first that is no number; `what` is "model" or "adapter".
Status check_weights(const LoadedModel& model, const gguf::File& file, std::string_view what,
                     std::stop_token stop, const std::function<void(float)>& on_progress) {
    std::uint64_t total = 1, done = 0;
    for (const gguf::TensorInfo& tensor : file.tensors()) total += tensor.bytes;
    std::vector<float> values;
    for (const gguf::TensorInfo& tensor : file.tensors()) {
        if (stop.stop_requested()) return fail(ErrorCode::cancelled, "Verifying was stopped");
        const DTypeInfo* dtype = find_dtype(tensor.type);
        const auto decode = dtype != nullptr ? model.table().of(dtype->type).to_float : nullptr;
        const std::span<const std::byte> bytes = file.data(tensor);
        if (decode != nullptr) {
            const std::size_t blocks = bytes.size() / dtype->block_bytes;
            const std::size_t step = std::max<std::size_t>(1, 65536 / dtype->block_length);
            for (std::size_t block = 0; block < blocks; block += step) {
                values.resize(std::min(step, blocks - block) * dtype->block_length);
                decode(bytes.data() + block * dtype->block_bytes, values.data(), values.size());
                if (all_finite(values)) continue;
                return fail(
                    ErrorCode::bad_format,
                    fmt::format("The {} \"{}\" is damaged: tensor \"{}\" holds a value that is no number",
                                what, file.name(), tensor.name.substr(0, 128)),
                    get_again);
            }
        }
        done += tensor.bytes;
        if (on_progress) on_progress(static_cast<float>(done) / static_cast<float>(total));
    }
    return {};
}

bool comes_back(const tokenizer::Tokenizer& tokenizer, std::string_view text) {
    return tokenizer.decode(tokenizer.encode(text)) == text;
}

/// Text must survive being cut into tokens; WordPiece drops case and spaces by design and is asked only
/// whether it knows the words.
Status check_tokenizer(const LoadedModel& model, std::vector<std::string>& warnings) {
    const tokenizer::Tokenizer& tokenizer = model.tokenizer();
    if (!model.info().generates) {
        const std::vector<Token> ids = tokenizer.encode(plain_text);
        if (std::any_of(ids.begin(), ids.end(),
                        [&](Token id) { return tokenizer.type(id) != tokenizer::TokenType::unknown; })) {
            return {};
        }
    } else if (comes_back(tokenizer, plain_text)) {
        for (const std::string_view text : other_texts) {
            if (comes_back(tokenizer, text)) continue;
            warnings.push_back(fmt::format("its tokenizer cannot spell every text (such as \"{}\")", text));
            break;
        }
        return {};
    }
    return fail(ErrorCode::bad_format,
                fmt::format("The model \"{}\" has a tokenizer that loses plain English text",
                            model.info().path.string()),
                "The file was put together wrongly; choose another.");
}

/// The dialogues that the app makes: the first must render, the others may be refused by a strict template.
/// Returns the first one's prompt, or a text to continue where the model has no turns.
Result<std::string> check_template(const LoadedModel& model, std::vector<std::string>& warnings) {
    if (model.info().chat_template == "none") return std::string("Once upon a time");
    const chat::Message system{"system", "Answer in one sentence."}, user{"user", "Why is the sky blue?"},
        answer{"assistant", "Because air scatters blue light."};
    const std::array<chat::Message, 1> one{user};
    const std::array<chat::Message, 3> two{user, answer, user};
    const std::array<chat::Message, 2> with_system{system, user};
    auto prompt = model.render_chat(one, {});
    if (!prompt) return tl::unexpected(prompt.error());
    if (const auto rendered = model.render_chat(two, {}); !rendered) {
        warnings.push_back(
            fmt::format("its chat template refuses a second turn: {}", rendered.error().message));
    }
    if (!model.render_chat(with_system, {})) warnings.push_back("its chat template takes no system prompt");
    return prompt;
}

Error no_numbers(const LoadedModel& model) {
    return Error{
        ErrorCode::bad_format,
        fmt::format("The model \"{}\" computes values that are no numbers", model.info().path.string()),
        get_again,
        {},
        {}};
}

/// Generates from the prompt, or embeds it; the number of tokens that were generated.
Result<int> check_answers(const std::shared_ptr<const Model>& model, const std::string& prompt,
                          std::stop_token stop, std::vector<std::string>& warnings) {
    const std::vector<Token> tokens = model->tokenize_prompt(prompt);
    SessionOptions small;
    small.context_length = static_cast<int>(tokens.size()) + generated_tokens + 1;
    const auto session = Session::create(model, small);
    if (!session) return tl::unexpected(session.error());
    if (!model->info().generates) {
        const auto vector = (*session)->embed(tokens);
        if (!vector) return tl::unexpected(vector.error());
        if (!all_finite(*vector)) return tl::unexpected(no_numbers(static_cast<const LoadedModel&>(*model)));
        return 0;
    }
    const auto logits = (*session)->logits(tokens);
    if (!logits) return tl::unexpected(logits.error());
    if (!all_finite(*logits)) return tl::unexpected(no_numbers(static_cast<const LoadedModel&>(*model)));
    GenerateParams params;
    params.sampling.temperature = 0;
    params.max_tokens = generated_tokens;
    const auto stats = (*session)->generate(tokens, params, {}, stop);
    if (!stats) return tl::unexpected(stats.error());
    if (stats->reason == FinishReason::cancelled) return fail(ErrorCode::cancelled, "Verifying was stopped");
    if (stats->answer_tokens == 0) warnings.push_back("it answered a simple question with nothing");
    return stats->answer_tokens;
}

}  // namespace

Result<VerifyReport> verify(const std::filesystem::path& path, const VerifyOptions& options,
                            const std::function<void(float)>& on_progress) {
    const std::stop_token& stop = options.load.stop;
    const auto opened = Model::load(path, options.load);
    if (!opened) return tl::unexpected(opened.error());
    const auto& model = static_cast<const LoadedModel&>(**opened);
    VerifyReport report;
    report.info = model.info();
    report.tensor_count = model.file().tensors().size();
    report.warnings = model.info().warnings;
    for (const gguf::ModelFile& adapter : model.adapters()) {
        if (const Status good = check_weights(model, adapter.file, "adapter", stop, {}); !good)
            return tl::unexpected(good.error());
    }
    if (!options.only_adapters) {
        if (const Status good = check_weights(model, model.file(), "model", stop, on_progress); !good)
            return tl::unexpected(good.error());
        if (const Status good = check_tokenizer(model, report.warnings); !good)
            return tl::unexpected(good.error());
    }
    const auto prompt = options.only_adapters ? Result<std::string>("Once upon a time")
                                              : check_template(model, report.warnings);
    if (!prompt) return tl::unexpected(prompt.error());
    const auto generated = check_answers(*opened, *prompt, stop, report.warnings);
    if (!generated) return tl::unexpected(generated.error());
    report.generated_tokens = *generated;
    return report;
}

}  // namespace kinglet::engine
