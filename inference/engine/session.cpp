#include "inference/engine/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "inference/engine/generation.h"

namespace kinglet::engine {
namespace {

constexpr int default_context = 4096;
constexpr int most_context = 1 << 24;
constexpr int most_batch = 4096;

tl::unexpected<Error> out_of_memory() {
    return fail(ErrorCode::out_of_memory, "There is not enough memory for this",
                "Close other programs, choose a shorter context or a smaller model.");
}

}  // namespace

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const Model> model,
                                                 const SessionOptions& options) {
    auto loaded = std::dynamic_pointer_cast<const LoadedModel>(model);
    if (loaded == nullptr) return fail(ErrorCode::invalid_argument, "A session needs an opened model");
    const arch::Description& description = loaded->description();
    const int context = options.context_length == 0 ? std::min(description.context_length, default_context)
                                                    : options.context_length;
    if (context < 1 || context > most_context) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("A context of {} tokens is not possible; 1 to {} are", context, most_context),
                    "Choose another context length.");
    }
    if (description.position_embedding && context > description.context_length) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} knows {} positions; a context of {} tokens is not possible with it",
                                loaded->info().name, description.context_length, context),
                    fmt::format("Choose a context of at most {} tokens.", description.context_length));
    }
    try {
        SessionOptions checked = options;
        checked.context_length = context;
        // A text that is not causal is computed at once.
        checked.batch_size = description.causal ? std::clamp(options.batch_size, 1, most_batch) : context;
        auto memory = SequenceMemory::create(description, context, checked.batch_size, options.kv_type);
        if (!memory) return tl::unexpected(memory.error());
        return std::make_unique<LoadedSession>(std::move(loaded), checked, std::move(*memory));
    } catch (const std::bad_alloc&) {
        return out_of_memory();
    }
}

LoadedSession::LoadedSession(std::shared_ptr<const LoadedModel> model, const SessionOptions& options,
                             SequenceMemory memory)
    : model_(std::move(model)),
      options_(options),
      memory_(std::move(memory)),
      forward_(model_->description(), model_->graphics(), model_->table(), model_->pool(),
               options.context_length, options.batch_size) {
    const auto [layers, as_f16] = SequenceMemory::fallback(model_->description(), options.kv_type);
    if (as_f16 > 0) {
        notes_.push_back(
            fmt::format("{} of {} layers keep their keys and values in f16, not {}: their heads are no "
                        "multiple of 32 long",
                        as_f16, layers, kv_type_name(options.kv_type)));
    }
}

void LoadedSession::clear() {
    memory_.clear();
    tokens_.clear();
    uncomputed_ = no_token;
}

std::vector<Token> LoadedSession::tokenize_text(std::string_view text) const {
    std::vector<Token> held = tokens_;
    if (uncomputed_ != no_token) held.push_back(uncomputed_);
    return !held.empty() && model_->tokenizer().decode(held) == text ? held : model_->tokenize_text(text);
}

Result<std::unique_ptr<Session>> LoadedSession::copy() const {
    auto twin = Session::create(model_, options_);
    if (!twin) return twin;
    auto& other = static_cast<LoadedSession&>(**twin);
    try {
        other.tokens_ = tokens_;
        other.uncomputed_ = uncomputed_;
    } catch (const std::bad_alloc&) {
        return out_of_memory();
    }
    other.memory_.copy(memory_);
    other.forward_.memory_replaced();
    return twin;
}

Status LoadedSession::check_fits(int prompt_tokens, int reserve) const {
    const std::int64_t needed = static_cast<std::int64_t>(prompt_tokens) + reserve;
    if (needed <= context_length()) return {};
    return fail(ErrorCode::context_full,
                fmt::format("The conversation needs {} tokens, {} more than the context of {} holds", needed,
                            needed - context_length(), context_length()),
                "Start a new chat, shorten the message, or choose a longer context in the settings.");
}

Status LoadedSession::check_tokens(std::span<const Token> tokens) const {
    if (tokens.empty())
        return fail(ErrorCode::invalid_argument, "There is no text to compute", "Write something first.");
    for (const Token token : tokens) {
        if (token < 0 || token >= model_->description().vocabulary_size) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("There is no token {}; the model has 0 to {}", token,
                                    model_->description().vocabulary_size - 1));
        }
    }
    return {};
}

Status LoadedSession::compute(std::span<const Token> tokens, Rows rows, float* logits,
                              const std::stop_token& stop) {
    Status status;
    {
        const std::scoped_lock lock(model_->compute_mutex());
        status = forward_.run(tokens, memory_, rows, logits, stop);
    }
    if (status) {
        tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    } else {
        tokens_.resize(static_cast<std::size_t>(memory_.truncate(memory_.length())));
    }
    return status;
}

Result<GenerateStats> LoadedSession::generate(std::span<const Token> prompt, const GenerateParams& params,
                                              const GenerateCallbacks& callbacks, std::stop_token stop) {
    try {
        return generate_checked(prompt, params, callbacks, stop);
    } catch (const std::bad_alloc&) {
        clear();
        return out_of_memory();
    }
}

Result<GenerateStats> LoadedSession::generate_checked(std::span<const Token> prompt,
                                                      const GenerateParams& params,
                                                      const GenerateCallbacks& callbacks,
                                                      const std::stop_token& stop) {
    if (!model_->info().generates) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{} computes embeddings; it cannot write text", model_->info().name),
                    "Choose a model made for chat.");
    }
    if (auto status = check_tokens(prompt); !status) return tl::unexpected(status.error());
    if (auto status = Sampler::check(params.sampling); !status) return tl::unexpected(status.error());
    if (auto status = check_fits(static_cast<int>(std::min<std::size_t>(prompt.size(), 1U << 30)), 1);
        !status) {
        return tl::unexpected(status.error());
    }
    if (!logits_.ensure(static_cast<std::size_t>(model_->description().vocabulary_size)))
        return out_of_memory();
    return Generation(*this, params, callbacks, stop).run(prompt);
}

Result<std::vector<float>> LoadedSession::logits(std::span<const Token> tokens) {
    if (!model_->info().generates && !model_->info().fills_masks) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{} computes embeddings; it has no logits", model_->info().name),
                    "Ask for the embedding instead.");
    }
    if (auto status = check_tokens(tokens); !status) return tl::unexpected(status.error());
    if (tokens.size() > static_cast<std::size_t>(context_length())) {
        return tl::unexpected(
            check_fits(static_cast<int>(std::min<std::size_t>(tokens.size(), 1U << 30)), 0).error());
    }
    clear();
    try {
        const auto vocabulary = static_cast<std::size_t>(model_->description().vocabulary_size);
        std::vector<float> out(tokens.size() * vocabulary);
        for (std::size_t at = 0; at < tokens.size();) {
            const auto part = tokens.subspan(
                at, std::min(tokens.size() - at, static_cast<std::size_t>(options_.batch_size)));
            if (auto status = compute(part, Rows::all, out.data() + at * vocabulary, {}); !status) {
                return tl::unexpected(status.error());
            }
            at += part.size();
        }
        return out;
    } catch (const std::bad_alloc&) {
        clear();
        return out_of_memory();
    }
}

Result<std::vector<float>> LoadedSession::embed(std::span<const Token> tokens) {
    if (auto status = check_tokens(tokens); !status) return tl::unexpected(status.error());
    if (tokens.size() > static_cast<std::size_t>(context_length())) {
        return tl::unexpected(
            check_fits(static_cast<int>(std::min<std::size_t>(tokens.size(), 1U << 30)), 0).error());
    }
    clear();
    try {
        const auto width = static_cast<std::size_t>(model_->description().width);
        std::vector<float> hidden(tokens.size() * width);
        for (std::size_t at = 0; at < tokens.size();) {
            const auto part = tokens.subspan(
                at, std::min(tokens.size() - at, static_cast<std::size_t>(options_.batch_size)));
            auto status = compute(part, Rows::none, nullptr, {});
            if (status) status = forward_.hidden_states(hidden.data() + at * width);
            if (!status) return tl::unexpected(status.error());
            at += part.size();
        }
        clear();
        return pool(std::move(hidden), static_cast<int>(tokens.size()));
    } catch (const std::bad_alloc&) {
        clear();
        return out_of_memory();
    }
}

Result<std::vector<float>> LoadedSession::pool(std::vector<float> hidden, int count) {
    const arch::Description& model = model_->description();
    const auto width = static_cast<std::size_t>(model.width);
    const auto row = [&](int i) { return hidden.data() + static_cast<std::size_t>(i) * width; };
    std::vector<float> out(width, 0.0F);
    switch (model.pooling) {
        case arch::Pooling::first:
            out.assign(row(0), row(0) + width);
            break;
        case arch::Pooling::last:
            out.assign(row(count - 1), row(count - 1) + width);
            break;
        case arch::Pooling::none:
        case arch::Pooling::mean:
            for (int i = 0; i < count; ++i) {
                for (std::size_t j = 0; j < width; ++j) out[j] += row(i)[j];
            }
            for (float& value : out) value /= static_cast<float>(count);
            break;
    }
    for (const arch::Linear* dense : {&model.dense_2, &model.dense_3}) {
        if (!*dense) continue;
        std::vector<float> next(static_cast<std::size_t>(dense->outputs()));
        const std::scoped_lock lock(model_->compute_mutex());
        if (!forward_.multiply(*dense, out.data(), 1, next.data())) return out_of_memory();
        out = std::move(next);
    }
    return out;
}

}  // namespace kinglet::engine
