// A sequence's tokens and memory, and generating from them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "inference/engine/engine.h"
#include "inference/engine/forward.h"
#include "inference/engine/loaded_model.h"
#include "inference/engine/memory.h"

namespace kinglet::engine {

class LoadedSession final : public Session {
  public:
    LoadedSession(std::shared_ptr<const LoadedModel> model, const SessionOptions& options,
                  SequenceMemory memory);

    int context_length() const override { return memory_.context_length(); }
    std::span<const std::string> notes() const override { return notes_; }
    std::span<const Token> tokens() const override { return tokens_; }
    std::vector<Token> tokenize_text(std::string_view text) const override;
    Status check_fits(int prompt_tokens, int reserve) const override;
    Result<GenerateStats> generate(std::span<const Token> prompt, const GenerateParams& params,
                                   const GenerateCallbacks& callbacks, std::stop_token stop) override;
    Result<std::vector<float>> logits(std::span<const Token> tokens) override;
    Result<std::vector<float>> embed(std::span<const Token> tokens) override;
    void clear() override;
    Result<std::unique_ptr<Session>> copy() const override;
    Status save(const std::filesystem::path& path, std::string_view note) const override;
    Result<std::string> load(const std::filesystem::path& path) override;

  private:
    friend class Generation;

    SessionIdentity identity() const;
    /// What of a saved session is not as here, as the rest of a sentence; empty where it fits.
    std::string differences(const SessionFile& file) const;
    Status check_tokens(std::span<const Token> tokens) const;
    Result<GenerateStats> generate_checked(std::span<const Token> prompt, const GenerateParams& params,
                                           const GenerateCallbacks& callbacks, const std::stop_token& stop);
    /// Computes tokens that follow what is held, at most a batch of them; on failure the memory goes back.
    Status compute(std::span<const Token> tokens, Rows rows, float* logits, const std::stop_token& stop);
    Result<std::vector<float>> pool(std::vector<float> hidden, int count);

    std::shared_ptr<const LoadedModel> model_;
    SessionOptions options_;
    SequenceMemory memory_;
    Forward forward_;
    std::vector<Token> tokens_;
    Token uncomputed_ = no_token;  ///< the answer's last token, where it was shown and then nothing followed
    AlignedBuffer<float> logits_;
    std::vector<std::string> notes_;
};

}  // namespace kinglet::engine
