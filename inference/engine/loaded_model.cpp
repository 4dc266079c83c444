#include "inference/engine/loaded_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <new>

#include "inference/arch/registry.h"
#include "inference/chat/chat_template.h"
#include "inference/engine/grammar_guide.h"
#include "inference/engine/memory.h"
#include "inference/engine/sampling_defaults.h"
#include "inference/kernels/select.h"

namespace kinglet::engine {
namespace {

/// general.file_type by number; empty for numbers that are out of use.
constexpr std::array<std::string_view, 39> file_types{
    "F32",    "F16",    "Q4_0",   "Q4_1",    "",       "",       "",       "Q8_0",   "Q5_0",  "Q5_1",
    "Q2_K",   "Q3_K_S", "Q3_K_M", "Q3_K_L",  "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K",  "IQ2_XXS",
    "IQ2_XS", "Q2_K_S", "IQ3_XS", "IQ3_XXS", "IQ1_S",  "IQ4_NL", "IQ3_S",  "IQ3_M",  "IQ2_S", "IQ2_M",
    "IQ4_XS", "IQ1_M",  "BF16",   "",        "",       "",       "TQ1_0",  "TQ2_0",  "MXFP4"};

Error named(Error error, const std::filesystem::path& path) {
    if (error.path.empty()) error.path = path.string();
    return error;
}

}  // namespace

Result<std::shared_ptr<const Model>> LoadedModel::open(const std::filesystem::path& path,
                                                       const LoadOptions& options) {
    auto model = std::make_shared<LoadedModel>();
    if (auto status = model->read(path, options); !status) {
        return tl::unexpected(named(std::move(status.error()), path));
    }
    return std::shared_ptr<const Model>(std::move(model));
}

Status LoadedModel::read(const std::filesystem::path& path, const LoadOptions& options) {
    auto table = options.isa.empty() ? kernels::select_table()
                                     : kernels::select_table(options.isa, detect_cpu_features());
    if (!table) return tl::unexpected(table.error());
    table_ = *table;
    if (auto status = read_structure(path, options.adapters); !status) return status;
    if (auto status = read_tokenizer(); !status) return status;
    pool_ = std::make_unique<ThreadPool>(
        options.threads > 0 ? static_cast<unsigned>(std::min(options.threads, 256)) : default_thread_count());
    if (auto status = bring_in(options); !status) return status;
    fill_info(path);
    choose_template();
    return {};
}

Result<ModelInfo> LoadedModel::inspect(const std::filesystem::path& path) {
    LoadedModel model;
    if (auto status = model.read_structure(path, {}); !status)
        return tl::unexpected(named(std::move(status.error()), path));
    model.fill_info(path);
    const auto text = model.source_.file.metadata().optional_string("tokenizer.chat_template");
    if (text && *text && !(*text)->empty()) model.info_.chat_template = "file";
    return model.info_;
}

Result<std::uint64_t> LoadedModel::inspect_kv_bytes(const std::filesystem::path& path, int context_length,
                                                    KvType type, int batch_size) {
    LoadedModel model;
    if (auto status = model.read_structure(path, {}); !status)
        return tl::unexpected(named(std::move(status.error()), path));
    return model.kv_bytes(context_length, type, batch_size);
}

Status LoadedModel::read_structure(const std::filesystem::path& path,
                                   const std::vector<AdapterFile>& adapters) {
    auto opened = gguf::ModelFile::open(path);
    if (!opened) return tl::unexpected(opened.error());
    source_ = std::move(*opened);
    arch::Adapters bound;
    for (const AdapterFile& adapter : adapters) {
        auto file = gguf::ModelFile::open(adapter.path);
        if (!file) return tl::unexpected(named(std::move(file.error()), adapter.path));
        const auto architecture = source_.file.metadata().optional_string("general.architecture");
        const std::string_view name = architecture && *architecture ? **architecture : std::string_view();
        if (auto status = bound.add(file->file, adapter.strength, name); !status)
            return tl::unexpected(named(std::move(status.error()), adapter.path));
        adapters_.push_back(std::move(*file));
        adapter_strengths_.push_back(adapter.strength);
        info_.adapters.push_back(fmt::format("{} ({})", adapter.path.filename().string(), adapter.strength));
    }
    auto description = arch::describe(source_.file, bound.empty() ? nullptr : &bound);
    if (!description) return tl::unexpected(description.error());
    description_ = std::move(*description);
    return {};
}

Status LoadedModel::read_tokenizer() {
    auto vocabulary = tokenizer::read_vocabulary(source_.file.metadata());
    if (!vocabulary) return tl::unexpected(vocabulary.error());
    auto tokenizer = tokenizer::Tokenizer::create(std::move(*vocabulary));
    if (!tokenizer) {
        Error error = tokenizer.error();
        if (error.message.find(source_.file.name()) == std::string::npos) {
            error.message = fmt::format("{}: {}", source_.file.name(), error.message);
        }
        return tl::unexpected(std::move(error));
    }
    tokenizer_ = std::move(*tokenizer);
    if (tokenizer_->size() > description_.vocabulary_size) {
        return fail(ErrorCode::bad_format,
                    fmt::format("{}: the tokenizer has {} tokens, but the model only {}", source_.file.name(),
                                tokenizer_->size(), description_.vocabulary_size),
                    "The file is damaged or was put together wrongly; choose another.");
    }
    return {};
}

Status LoadedModel::bring_in(const LoadOptions& options) {
    if (auto status = device_.load(description_, source_, options); !status) return status;
    const auto here = static_cast<std::size_t>(device_.first_layer());
    if (here == description_.layers.size() && options.device.on_drivers) options.device.on_drivers(false);
    if (ResidentWeights::bytes(description_, here) <= options.resident_memory) {
        // What a device took is told already.
        const float told = 1 - static_cast<float>(here) / static_cast<float>(description_.layers.size());
        const auto tell = [&](float done) {
            if (options.on_progress) options.on_progress(told + done * (1 - told));
        };
        const auto made = resident_.make(description_, here, source_, *table_, *pool_, tell, options.stop);
        if (!made) return tl::unexpected(made.error());
        info_.resident = *made;
    }
    // What lies on a device is not brought into memory a second time.
    return info_.resident || here < description_.layers.size() ? Status() : preload(options);
}

// Brings the file into memory in pieces, so that progress can be told and a stop is heard.
Status LoadedModel::preload(const LoadOptions& options) {
    constexpr std::uint64_t piece = 16 << 20;
    const std::uint64_t size = source_.size();
    // A model that does not fit is read as it is used; forcing it in would only push itself out again.
    const std::uint64_t memory = gguf::physical_memory();
    const bool fits = memory == 0 || size < memory / 10 * 8;
    for (std::uint64_t at = 0; at < size; at += piece) {
        if (options.stop.stop_requested()) return fail(ErrorCode::cancelled, "Loading was stopped");
        if (fits) source_.preload(at, piece);
        if (options.on_progress) {
            options.on_progress(static_cast<float>(std::min(size, at + piece)) / static_cast<float>(size));
        }
    }
    return {};
}

std::string LoadedModel::quantization() const {
    const auto number = source_.file.metadata().optional_int("general.file_type");
    if (number && *number && **number >= 0 && **number < static_cast<std::int64_t>(file_types.size()) &&
        !file_types[static_cast<std::size_t>(**number)].empty()) {
        return std::string(file_types[static_cast<std::size_t>(**number)]);
    }
    std::map<std::uint32_t, std::uint64_t> bytes;
    for (const gguf::TensorInfo& tensor : source_.file.tensors()) bytes[tensor.type] += tensor.bytes;
    const auto most =
        std::max_element(bytes.begin(), bytes.end(), [](auto& a, auto& b) { return a.second < b.second; });
    return most == bytes.end() ? std::string() : std::string(find_dtype(most->first)->name);
}

void LoadedModel::fill_info(const std::filesystem::path& path) {
    const auto name = source_.file.metadata().optional_string("general.name");
    info_.path = path;
    info_.name = name && *name && !(*name)->empty() ? std::string(**name) : path.stem().string();
    info_.architecture = description_.architecture;
    info_.quantization = quantization();
    info_.file_bytes = source_.size();
    for (const gguf::TensorInfo& tensor : source_.file.tensors()) {
        std::uint64_t count = 1;
        for (const std::uint64_t n : tensor.dimensions) count *= n;
        info_.parameter_count += count;
    }
    info_.context_length = description_.context_length;
    info_.embedding_length = description_.width;
    info_.layer_count = static_cast<int>(description_.layers.size());
    info_.head_count = description_.head_count;
    info_.head_count_kv = description_.head_count_kv;
    info_.vocabulary_size = description_.vocabulary_size;
    if (tokenizer_) info_.tokenizer = tokenizer_->description();
    info_.sampling = read_sampling_defaults(source_.file.metadata());
    info_.generates = static_cast<bool>(description_.output) && description_.causal;
    info_.fills_masks = static_cast<bool>(description_.head_dense);
    info_.embeds = description_.pooling != arch::Pooling::none;
    if (table_) info_.isa = std::string(table_->name);
    if (pool_) info_.threads = static_cast<int>(pool_->size());
}

void LoadedModel::choose_template() {
    const auto text = source_.file.metadata().optional_string("tokenizer.chat_template");
    chat::FamilyHints hints;
    hints.architecture = description_.architecture;
    hints.model_name = info_.name;
    hints.has_token = [this](std::string_view token) { return tokenizer_->find(token) != no_token; };
    template_ =
        chat::choose_template(text && *text ? **text : std::string_view(), hints,
                              tokenizer_->text(tokenizer_->bos()), tokenizer_->text(tokenizer_->eos()));
    info_.chat_template = template_.name;
    info_.stop_texts = template_.stop_texts;
    if (!template_.warning.empty()) info_.warnings.push_back(template_.warning);
}

Result<std::string> LoadedModel::render_chat(std::span<const chat::Message> messages,
                                             const RenderOptions& options) const {
    const std::string& text = options.template_override.empty() ? template_.text : options.template_override;
    if (text.empty()) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{} has no chat template; it completes text only", info_.name),
                    "Choose a model made for chat, whose name often ends in Instruct or Chat.");
    }
    try {
        chat::RenderInput input;
        input.messages = chat::to_json(messages);
        input.add_generation_prompt = options.add_generation_prompt;
        input.bos_token = tokenizer_->text(tokenizer_->bos());
        input.eos_token = tokenizer_->text(tokenizer_->eos());
        return chat::render(text, input);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::out_of_memory,
                    "There is not enough memory to write the conversation as a prompt",
                    "Close other programs or start a new chat.");
    }
}

std::vector<Token> LoadedModel::tokenize_prompt(std::string_view prompt) const {
    return tokenize(prompt, true);
}

std::vector<Token> LoadedModel::tokenize_text(std::string_view text) const {
    return tokenize(text, false);
}

std::vector<Token> LoadedModel::tokenize(std::string_view text, bool parse_special) const {
    tokenizer::EncodeOptions options;
    options.add_special = true;
    options.parse_special = parse_special;
    std::vector<Token> tokens = tokenizer_->encode(text, options);
    // A prompt is to be continued: an end-of-text that the tokenizer puts after every text would end it at
    // once.
    if (info_.generates && tokenizer_->adds_eos() && !tokens.empty() && tokens.back() == tokenizer_->eos()) {
        tokens.pop_back();
    }
    return tokens;
}

std::shared_ptr<const grammar::TokenTrie> LoadedModel::token_trie() const {
    std::call_once(trie_once_, [this] { trie_ = make_token_trie(*tokenizer_); });
    return trie_;
}

std::uint64_t LoadedModel::kv_bytes(int context_length, KvType type, int batch_size) const {
    return SequenceMemory::bytes(description_, std::max(context_length, 0), std::max(batch_size, 1), type);
}

namespace {

/// Runs `open`, and turns what the standard library throws into errors that name the file.
template <class Open>
auto guarded(const std::filesystem::path& path, Open open) -> decltype(open()) {
    try {
        return open();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::out_of_memory,
                    fmt::format("There is not enough memory to open {}", path.string()),
                    "Close other programs or choose a smaller model.");
    } catch (const std::exception& error) {
        return fail(ErrorCode::io, fmt::format("{} could not be opened: {}", path.string(), error.what()),
                    "Choose another file.");
    }
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::load(const std::filesystem::path& path,
                                                 const LoadOptions& options) {
    return guarded(path, [&] { return LoadedModel::open(path, options); });
}

Result<ModelInfo> Model::inspect(const std::filesystem::path& path) {
    return guarded(path, [&] { return LoadedModel::inspect(path); });
}

Result<std::uint64_t> Model::inspect_kv_bytes(const std::filesystem::path& path, int context_length,
                                              KvType type, int batch_size) {
    return guarded(path,
                   [&] { return LoadedModel::inspect_kv_bytes(path, context_length, type, batch_size); });
}

}  // namespace kinglet::engine
