// The one kind of Model there is: a mapped file with what was read from it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "inference/arch/description.h"
#include "inference/base/thread_pool.h"
#include "inference/chat/families.h"
#include "inference/engine/engine.h"
#include "inference/engine/model_device.h"
#include "inference/engine/resident_weights.h"
#include "inference/gguf/model_file.h"
#include "inference/grammar/token_filter.h"
#include "inference/kernels/kernel_table.h"
#include "inference/tokenizer/tokenizer.h"

namespace kinglet::engine {

class LoadedModel final : public Model {
  public:
    static Result<std::shared_ptr<const Model>> open(const std::filesystem::path& path,
                                                     const LoadOptions& options);
    static Result<ModelInfo> inspect(const std::filesystem::path& path);
    static Result<std::uint64_t> inspect_kv_bytes(const std::filesystem::path& path, int context_length,
                                                  KvType type, int batch_size);

    const ModelInfo& info() const override { return info_; }
    DeviceState device() const override { return device_.state(); }
    const tokenizer::Tokenizer& tokenizer() const override { return *tokenizer_; }
    Result<std::string> render_chat(std::span<const chat::Message> messages,
                                    const RenderOptions& options) const override;
    std::vector<Token> tokenize_prompt(std::string_view prompt) const override;
    std::vector<Token> tokenize_text(std::string_view text) const override;
    std::uint64_t kv_bytes(int context_length, KvType type, int batch_size) const override;

    const gguf::File& file() const { return source_.file; }
    /// Changes with whatever changes what the model computes: its tensors and their settings, and the
    /// adapters with their strengths. Weights are sampled, so that it takes milliseconds.
    std::uint64_t fingerprint() const;
    const std::vector<gguf::ModelFile>& adapters() const { return adapters_; }
    const arch::Description& description() const { return description_; }
    const kernels::KernelTable& table() const { return *table_; }
    /// The bytes of all tokens, for grammars; made when it is first asked for.
    std::shared_ptr<const grammar::TokenTrie> token_trie() const;
    ThreadPool& pool() const { return *pool_; }
    /// Where the last layers lie, if not here.
    ModelDevice& graphics() const { return device_; }
    /// Held while the pool computes: sessions on several threads take turns.
    std::mutex& compute_mutex() const { return compute_mutex_; }

  private:
    std::vector<Token> tokenize(std::string_view text, bool parse_special) const;
    Status read(const std::filesystem::path& path, const LoadOptions& options);
    Status read_structure(const std::filesystem::path& path, const std::vector<AdapterFile>& adapters);
    Status read_tokenizer();
    Status bring_in(const LoadOptions& options);
    Status preload(const LoadOptions& options);
    void fill_info(const std::filesystem::path& path);
    void choose_template();
    std::string quantization() const;

    gguf::ModelFile source_;
    std::vector<gguf::ModelFile> adapters_;
    arch::Description description_;
    ResidentWeights resident_;
    mutable ModelDevice device_;
    std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
    chat::ChosenTemplate template_;
    const kernels::KernelTable* table_ = nullptr;
    std::unique_ptr<ThreadPool> pool_;
    mutable std::mutex compute_mutex_;
    mutable std::once_flag trie_once_;
    mutable std::shared_ptr<const grammar::TokenTrie> trie_;
    std::vector<float> adapter_strengths_;
    ModelInfo info_;
};

}  // namespace kinglet::engine
