// All that callers see of the engine: load a Model, open a Session on it, generate.
// No Qt, no exceptions across this face, no global state. A Model is immutable and may be shared between
// threads; a Session belongs to one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/result.h"
#include "inference/chat/message.h"
#include "inference/tokenizer/token.h"

namespace kinglet::tokenizer {
class Tokenizer;
}
namespace kinglet::grammar {
class Grammar;
}

namespace kinglet::engine {

/// Element type of the key/value cache. Q8_0 takes about half the memory of F16, Q4_0 about a quarter; a
/// layer whose heads are no multiple of 32 values long keeps F16 instead, and Session::notes() says so.
enum class KvType { f32, f16, q8_0, q4_0 };

/// "f32", "f16", "q8_0" or "q4_0".
std::string_view kv_type_name(KvType type);

/// A LoRA adapter (GGUF) and how strongly it is applied. The model's own file and weights stay as they are.
struct AdapterFile {
    std::filesystem::path path;
    float strength = 1;
};

/// Where a model is computed.
enum class DeviceUse {
    automatic,  ///< on a graphics device where there is one that makes it faster, else on the processor
    processor,
    graphics,  ///< on a graphics device, also on one that only a driver makes of the processor
};

/// Which graphics device, and how much of a model goes there.
struct DeviceOptions {
    DeviceUse use = DeviceUse::automatic;
    int number = -1;  ///< vulkan::DeviceInfo::number; negative = the best
    int layers = -1;  ///< counted from the last one; negative = as many as fit
    /// Of the session that room is kept for; 0 = the model's, at most 4096.
    int context_length = 0;
    KvType kv_type = KvType::f16;
    int batch_size = 256;
    /// Where compiled shaders are kept for the next start; empty = nowhere.
    std::filesystem::path cache_folder;
    /// Called with true before a driver is asked for anything, since a broken one can end the program, and
    /// with false once it is known that none computes. On the loading thread.
    std::function<void(bool)> on_drivers;
};

/// A graphics device that models can be computed on.
struct GraphicsDevice {
    int number = 0;  ///< for DeviceOptions
    std::string name;
    std::string kind;                ///< e.g. "graphics card"
    bool is_processor = false;       ///< a driver computes on the processor; of no use but for tests
    std::string driver;              ///< name and version
    std::string vulkan;              ///< e.g. "1.3.230"
    std::uint64_t memory_bytes = 0;  ///< its own, or the part of the computer's that it can use
    std::uint64_t free_bytes = 0;    ///< where the driver tells, else the same
    bool tells_free = false;
    std::vector<std::string> features;  ///< optional ones that are used, e.g. "fp16"
};
struct GraphicsDevices {
    std::vector<GraphicsDevice> devices;  ///< the best first
    std::string why_none;                 ///< one sentence, where there is none
};
/// Takes as long as the drivers do, some tenths of a second with some.
GraphicsDevices graphics_devices();

/// What such a device can do at most, measured in some tenths of a second.
struct GraphicsLimits {
    double copy_gb_s = 0;  ///< bytes read plus bytes written within its memory
    double gflops = 0;     ///< single precision
};
/// Errors: unsupported (no such device), out_of_memory, device_lost.
Result<GraphicsLimits> measure_graphics(int number);

/// How a model is opened.
struct LoadOptions {
    /// Worker threads for everything computed on this model; 0 = one for each fast physical core.
    int threads = 0;
    /// Kernels to compute with ("scalar", "avx2" ...); empty = KINGLET_ISA, else the fastest that the machine
    /// has.
    std::string isa;
    /// Bytes of memory that a copy of the weights may take, which makes answers faster and loading a little
    /// slower (ResidentWeights); a model that needs more is computed from the mapped file. 0 = never copy.
    std::uint64_t resident_memory = std::numeric_limits<std::uint64_t>::max();
    DeviceOptions device;
    /// Applied together, each at its strength. One that does not fit the model fails the load.
    std::vector<AdapterFile> adapters;
    /// Told 0..1 while the file is read; called on the loading thread.
    std::function<void(float)> on_progress;
    /// Loading ends with ErrorCode::cancelled soon after a stop is requested.
    std::stop_token stop;
};

/// What a model's file suggests for choosing tokens (its general.sampling.* keys), where it says something
/// that makes sense; the meaning of each is SamplingParams'.
struct SamplingDefaults {
    std::optional<float> temperature;
    std::optional<int> top_k;
    std::optional<float> top_p;
    std::optional<float> min_p;
    std::optional<float> repeat_penalty;
};

/// Facts about an opened model, for people and for programs.
struct ModelInfo {
    std::filesystem::path path;
    std::string name;          ///< general.name, else the file's name without its ending
    std::string architecture;  ///< e.g. "llama"
    std::string quantization;  ///< e.g. "Q4_K_M", from general.file_type, else the commonest weight type
    std::uint64_t file_bytes = 0;
    std::uint64_t parameter_count = 0;
    int context_length = 0;  ///< what the model was trained for
    int embedding_length = 0;
    int layer_count = 0;
    int head_count = 0;
    int head_count_kv = 0;
    int vocabulary_size = 0;
    std::string tokenizer;  ///< e.g. "llama (sentencepiece)"
    std::string
        chat_template;  ///< "file", or the name of the fallback family in use; "none" for completion models
    /// Texts that the template's family ends a turn with; every generation stops at them.
    std::vector<std::string> stop_texts;
    SamplingDefaults sampling;
    bool generates = true;     ///< false for models that only embed
    bool fills_masks = false;  ///< Session::logits scores what could stand for a mask token
    bool embeds = false;       ///< Session::embed gives the pooled vector that the model was made for
    std::string isa;           ///< kernels in use, e.g. "avx2"
    int threads = 0;
    bool resident = false;              ///< computes with a copy of the weights, not from the mapped file
    std::vector<std::string> adapters;  ///< in use: file name and strength
    std::vector<std::string> warnings;  ///< e.g. why the file's template was not used
};

/// Where a model is being computed now.
struct DeviceState {
    int number = -1;          ///< of the graphics device; negative = the processor alone
    std::string name;         ///< of the graphics device; empty = the processor alone
    int layers = 0;           ///< that lie there
    std::uint64_t bytes = 0;  ///< that their weights take there
    /// Why it is not all there, though it was asked for or could have been; one sentence, empty where there
    /// is nothing to say.
    std::string remark;
};

/// What rendering a conversation into a prompt needs beside the messages.
struct RenderOptions {
    bool add_generation_prompt = true;
    /// Replaces the model's own template when not empty.
    std::string template_override;
};

/// A model file opened for inference: weights (memory-mapped), tokenizer and chat template.
class Model {
  public:
    static Result<std::shared_ptr<const Model>> load(const std::filesystem::path& path,
                                                     const LoadOptions& options = {});
    /// What load() would tell of a file, from its header alone: quick, and without the fields that need the
    /// tokenizer or kernels (tokenizer, stop_texts, isa, threads); chat_template is "file" or empty, since a
    /// family's is found with the tokenizer. A file that cannot be a model fails as in load().
    static Result<ModelInfo> inspect(const std::filesystem::path& path);
    /// What kv_bytes() of a file's model would say, from the header alone. Errors: those of inspect().
    static Result<std::uint64_t> inspect_kv_bytes(const std::filesystem::path& path, int context_length,
                                                  KvType type, int batch_size = 256);
    virtual ~Model() = default;

    virtual const ModelInfo& info() const = 0;
    virtual const tokenizer::Tokenizer& tokenizer() const = 0;
    /// Changes when a device stops working: the processor goes on then. Any thread may ask.
    virtual DeviceState device() const = 0;

    /// The prompt for a conversation, by the model's chat template (or its family's fallback).
    virtual Result<std::string> render_chat(std::span<const chat::Message> messages,
                                            const RenderOptions& options = {}) const = 0;
    /// Tokens of rendered prompt text: special tokens are recognised, BOS is added where the model wants it
    /// and the text does not begin with it already.
    virtual std::vector<Token> tokenize_prompt(std::string_view prompt) const = 0;
    /// Tokens of plain text that is to be gone on with: as tokenize_prompt, but special tokens that the text
    /// spells out are letters like others.
    virtual std::vector<Token> tokenize_text(std::string_view text) const = 0;
    /// Bytes that a session keeps for keys, values and recurrent states. The batch counts where windows need
    /// room for one.
    virtual std::uint64_t kv_bytes(int context_length, KvType type, int batch_size = 256) const = 0;
};

/// How the next token is chosen. temperature 0 is greedy.
struct SamplingParams {
    float temperature = 0.7f;
    int top_k = 40;                     ///< 0 = off
    float top_p = 0.95f;                ///< 1 = off
    float min_p = 0.05f;                ///< 0 = off
    float repeat_penalty = 1.1f;        ///< 1 = off
    int repeat_last_n = 64;             ///< tokens that the penalty looks back on
    std::optional<std::uint64_t> seed;  ///< none = a fresh one, reported in GenerateStats
};

/// One generation.
struct GenerateParams {
    SamplingParams sampling;
    int max_tokens = 0;             ///< 0 = until the model ends or the context is full
    std::vector<std::string> stop;  ///< texts that end the answer; they are not part of it; may span tokens
    /// Keeps the answer inside a grammar: it ends only where the grammar can, unless something cuts it off
    /// (GenerateStats::grammar_complete). None = free text.
    std::shared_ptr<const grammar::Grammar> grammar;
};

enum class FinishReason { end_of_turn, stop_text, max_tokens, context_full, cancelled };

/// What a generation did.
struct GenerateStats {
    FinishReason reason = FinishReason::end_of_turn;
    int prompt_tokens = 0;  ///< of the whole prompt
    int reused_tokens = 0;  ///< of those, already in the KV cache from the turn before
    int answer_tokens = 0;
    std::uint64_t seed = 0;
    std::chrono::duration<double> prompt_time{};    ///< processing the prompt
    std::chrono::duration<double> generate_time{};  ///< from the first token on
    std::chrono::duration<double> first_token_time{};
    int context_used = 0;
    int context_length = 0;
    /// With a grammar: whether the answer is whole by it; false where it was cut off.
    std::optional<bool> grammar_complete;
};

/// What a running generation tells; called on the generating thread.
struct GenerateCallbacks {
    /// The next piece of the answer: whole UTF-8 characters only, nothing that may turn out to be a stop
    /// text.
    std::function<void(std::string_view)> on_text;
    /// Prompt processing: tokens done, tokens in all.
    std::function<void(int, int)> on_prompt_progress;
    /// Once a token: answer tokens so far, positions of the context in use.
    std::function<void(int, int)> on_token;
};

struct SessionOptions {
    int context_length = 0;  ///< 0 = the model's, at most 4096
    KvType kv_type = KvType::f16;
    int batch_size = 256;  ///< prompt tokens computed at once
};

/// One sequence's memory (its KV cache) over a model, with the tokens that are in it.
class Session {
  public:
    static Result<std::unique_ptr<Session>> create(std::shared_ptr<const Model> model,
                                                   const SessionOptions& options = {});
    virtual ~Session() = default;

    virtual int context_length() const = 0;
    /// Plain sentences about what could not be as asked for, e.g. layers whose keys stay F16; usually none.
    virtual std::span<const std::string> notes() const = 0;
    /// Tokens now held in the cache, in order.
    virtual std::span<const Token> tokens() const = 0;

    /// The prompt that goes on with a text: Model::tokenize_text, except where the tokens held here, with the
    /// last one of the answer, spell exactly this text. Then it is these: a model may have spelled its words
    /// in another way than the tokenizer does, and nothing is to be computed twice.
    virtual std::vector<Token> tokenize_text(std::string_view text) const = 0;

    /// Fails with ErrorCode::context_full, before computing anything, where prompt_tokens plus `reserve`
    /// exceed the context; the message says by how much.
    virtual Status check_fits(int prompt_tokens, int reserve) const = 0;

    /// Processes the prompt (only what differs from tokens()) and answers. Errors: context_full,
    /// invalid_argument (empty prompt, token out of range), out_of_memory. Stopping is not an error: reason
    /// is `cancelled`; it takes effect within one token, in the midst of a prompt within one layer of one
    /// batch.
    virtual Result<GenerateStats> generate(std::span<const Token> prompt, const GenerateParams& params,
                                           const GenerateCallbacks& callbacks, std::stop_token stop = {}) = 0;

    /// Logits of every token, from an empty cache: tokens.size() rows of vocabulary_size, row by row. Those
    /// of a model that fills masks say what could stand in each place.
    virtual Result<std::vector<float>> logits(std::span<const Token> tokens) = 0;

    /// One vector for the whole text, pooled as the model says (mean where it says nothing); not normalised.
    /// Empties the cache.
    virtual Result<std::vector<float>> embed(std::span<const Token> tokens) = 0;

    /// Empties the cache.
    virtual void clear() = 0;

    /// A second session with the same settings that holds the same tokens, at the price of copying its cache;
    /// from then on they know nothing of each other. Errors: out_of_memory.
    virtual Result<std::unique_ptr<Session>> copy() const = 0;

    /// Writes the tokens and all that was computed of them to a file (owner-readable, complete or not there
    /// at all), with a note of the caller's, such as the messages they came from. Errors: those of writing a
    /// file.
    virtual Status save(const std::filesystem::path& path, std::string_view note = {}) const = 0;
    /// Goes on where a saved session was: prompts that begin with its tokens cost only what is new. Gives the
    /// note. Errors: bad_format and truncated (damaged), unsupported (another version), invalid_argument
    /// (another model, adapter, cache type or position setting; the message says which). After an error the
    /// session is as it was.
    virtual Result<std::string> load(const std::filesystem::path& path) = 0;
};

/// A conversation made to fit a context, see fit_chat().
struct ChatFit {
    std::vector<Token> prompt;
    int dropped_messages = 0;  ///< the oldest of those that are no system message; whole turns
    int dropped_turns = 0;
    int dropped_tokens = 0;  ///< by which the prompt became shorter
};

/// The prompt of a conversation together with what had to be left out of it, oldest turns first, so that
/// `reserve` more tokens fit into the context. System messages and the last turn always stay. The caller
/// decides whether to generate from it; positions are then counted anew and what follows the cut is computed
/// again. Errors: context_full where the last turn alone is too long; those of Model::render_chat.
Result<ChatFit> fit_chat(const Model& model, std::span<const chat::Message> messages, int context_length,
                         int reserve, const RenderOptions& options = {});

}  // namespace kinglet::engine
