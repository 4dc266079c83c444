// Options that several commands share, and opening a model with them.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "inference/base/result.h"
#include "inference/engine/engine.h"

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace kinglet::cli {

/// What is computed with.
struct EngineFlags {
    std::string device = "auto";  ///< "auto", "cpu" or "vulkan"
    int gpu = -1;                 ///< number of the graphics device; negative = the best
    int gpu_layers = -1;          ///< negative = as many as fit
    int threads = 0;
    std::string isa;                    ///< empty = the best that the processor has
    std::string weights = "auto";       ///< "auto", "resident" or "mapped"
    std::vector<std::string> adapters;  ///< FILE or FILE:STRENGTH
};
void add_engine_flags(CLI::App& command, EngineFlags& flags);
/// What the flags say about loading; without progress and stop.
engine::LoadOptions load_options(const EngineFlags& flags);

/// A session's size.
struct SessionFlags {
    int context = 0;
    std::string kv = "f16";
    int batch = 256;
};
void add_session_flags(CLI::App& command, SessionFlags& flags);
engine::SessionOptions session_options(const SessionFlags& flags);
/// Opens a session; what could not be as asked for is said on stderr.
Result<std::unique_ptr<engine::Session>> open_session(const std::shared_ptr<const engine::Model>& model,
                                                      const SessionFlags& flags);

/// --session: where a command keeps its session.
void add_session_file_flag(CLI::App& command, std::string& path);
/// Whether there is something at the path, so that it is to be loaded rather than made.
bool is_there(const std::string& path);

/// How an answer is chosen and where it ends.
struct SamplingFlags {
    engine::GenerateParams params;
    std::optional<std::uint64_t> seed;
    const CLI::App* command = nullptr;  ///< knows which were given
};
void add_sampling_flags(CLI::App& command, SamplingFlags& flags);
/// What was given, else what the model's file suggests, else the flags' own defaults.
engine::GenerateParams generate_params(const SamplingFlags& flags, const engine::SamplingDefaults& suggested);

/// The usual MODEL argument.
CLI::Option* add_model_argument(CLI::App& command, std::string& path);

/// Accepts finite numbers from `low` to `high`.
CLI::Validator number_from(double low, double high);
/// Accepts whole numbers from `low` to `high` in decimal digits, leading zeros or not; for transform(), since
/// the option gets them as the library reads them rightly.
CLI::Validator integer_from(std::uint64_t low, std::uint64_t high);

/// Opens the model, with a bar on stderr where that takes long; a graphics device keeps room for such a
/// session. Ctrl+C makes it ErrorCode::cancelled.
Result<std::shared_ptr<const engine::Model>> load_model(const std::string& path, const EngineFlags& flags,
                                                        const SessionFlags& session = {});

/// Reads a whole file, or standard input where `path` is "-". Errors: not_found, not_a_file, io, too_large.
Result<std::string> read_text(const std::string& path);

/// Writes float32 values; "-" is standard output. Errors: io.
Status write_floats(const std::string& path, const std::vector<float>& values);

/// Parses "1,2,3" into ids.
Result<std::vector<Token>> parse_tokens(const std::string& text);

/// "669 MB", "1.2 GB": sizes as people say them, in powers of ten.
std::string size_text(std::uint64_t bytes);

/// Text as JSON can hold it: bytes that are no UTF-8 become U+FFFD when it is printed.
std::string json_text(const nlohmann::ordered_json& json, int indent = -1);

}  // namespace kinglet::cli
