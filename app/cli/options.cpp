#include "app/cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <istream>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "app/cli/terminal.h"
#include "app/machine/data_folder.h"
#include "app/machine/limits.h"
#include "inference/base/path_text.h"

namespace kinglet::cli {
CLI::Validator number_from(double low, double high) {
    const std::string range = fmt::format("{} to {}", low, high);
    return CLI::Validator(
        [low, high, range](std::string& text) -> std::string {
            double value = 0;
            const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
            const bool is_number =
                problem == std::errc() && end == text.data() + text.size() && std::isfinite(value);
            if (is_number && value >= low && value <= high) return {};
            return fmt::format("{} is not a number from {}", text, range);
        },
        "");
}

CLI::Validator integer_from(std::uint64_t low, std::uint64_t high) {
    // The library reads 010 as eight, and takes "-5", and what does not fit into 64 bits, for another number.
    return CLI::Validator(
        [low, high](std::string& text) -> std::string {
            std::uint64_t value = 0;
            const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
            const bool is_number = problem == std::errc() && end == text.data() + text.size();
            if (!is_number || value < low || value > high) {
                return fmt::format("{} is not a whole number from {} to {}", text, low, high);
            }
            text = std::to_string(value);
            return {};
        },
        "");
}

CLI::Option* add_model_argument(CLI::App& command, std::string& path) {
    return command.add_option("MODEL", path, "A model file (.gguf)")->required()->type_name("");
}

void add_engine_flags(CLI::App& command, EngineFlags& flags) {
    const std::string group = "Computing";
    command
        .add_option("--device", flags.device,
                    "Where to compute: on a graphics device that makes it faster (auto), on one in any case "
                    "(vulkan), or on "
                    "the processor alone (cpu)")
        ->check(CLI::IsMember({"auto", "cpu", "vulkan"}))
        ->type_name("NAME")
        ->capture_default_str()
        ->group(group);
    command.add_option("--gpu", flags.gpu, "Which graphics device, by its number in `kinglet-cli devices`")
        ->transform(integer_from(0, 63))
        ->type_name("N")
        ->group(group);
    command
        .add_option_function<std::string>(
            "--gpu-layers",
            [&flags](const std::string& text) { flags.gpu_layers = text == "auto" ? -1 : std::stoi(text); },
            "How many layers go to the graphics device, counted from the last one; auto = as many as fit")
        ->transform(CLI::Validator(
            [](std::string& text) { return text == "auto" ? std::string() : integer_from(0, 100000)(text); },
            "", ""))
        ->type_name("N|auto")
        ->default_str("auto")
        ->group(group);
    command.add_option("--threads", flags.threads, "Worker threads; 0 = one for each fast physical core")
        ->transform(integer_from(0, 1024))
        ->type_name("N")
        ->capture_default_str()
        ->group(group);
    command
        .add_option(
            "--weights", flags.weights,
            "Where the weights are while the model answers: in a copy that is read faster (resident), in "
            "the mapped file (mapped), or auto: a copy where memory is plentiful")
        ->check(CLI::IsMember({"auto", "resident", "mapped"}))
        ->type_name("NAME")
        ->capture_default_str()
        ->group(group);
    command
        .add_option("--isa", flags.isa,
                    "Force an instruction set: scalar, avx2, avxvnni, avx512 or avx512vnni")
        ->type_name("NAME")
        ->group(group);
    command
        .add_option(
            "--lora", flags.adapters,
            "Apply a LoRA adapter (GGUF), at a strength other than 1 where one is given; may be given "
            "several times")
        ->type_name("FILE[:STRENGTH]")
        ->allow_extra_args(false)
        ->group(group);
}

void add_session_flags(CLI::App& command, SessionFlags& flags) {
    const std::string group = "Memory";
    command.add_option("--ctx", flags.context, "Context length in tokens; 0 = the model's, at most 4096")
        ->transform(integer_from(0, 1 << 24))
        ->type_name("N")
        ->capture_default_str()
        ->group(group);
    command.add_option("--kv", flags.kv, "Element type of the key/value cache: f16, q8_0, q4_0 or f32")
        ->check(CLI::IsMember({"f16", "q8_0", "q4_0", "f32"}))
        ->type_name("TYPE")
        ->capture_default_str()
        ->group(group);
    command.add_option("--batch", flags.batch, "Prompt tokens computed at once")
        ->transform(integer_from(1, 8192))
        ->type_name("N")
        ->capture_default_str()
        ->group(group);
}

engine::SessionOptions session_options(const SessionFlags& flags) {
    engine::SessionOptions options{flags.context, engine::KvType::f16, flags.batch};
    for (const auto type : {engine::KvType::f32, engine::KvType::q8_0, engine::KvType::q4_0}) {
        if (flags.kv == engine::kv_type_name(type)) options.kv_type = type;
    }
    return options;
}

Result<std::unique_ptr<engine::Session>> open_session(const std::shared_ptr<const engine::Model>& model,
                                                      const SessionFlags& flags) {
    auto session = engine::Session::create(model, session_options(flags));
    if (!session) return session;
    if (const std::string remark = model->device().remark; !remark.empty())
        fmt::print(stderr, "{}\n", without_controls(remark));
    for (const std::string& note : (*session)->notes()) fmt::print(stderr, "{}.\n", note);
    return session;
}

void add_session_file_flag(CLI::App& command, std::string& path) {
    command
        .add_option("--session", path,
                    "Keep what was computed in this file, and go on from it where it is there already")
        ->type_name("FILE")
        ->group("Memory");
}

bool is_there(const std::string& path) {
    std::error_code problem;
    return std::filesystem::exists(std::filesystem::symlink_status(path_of(path), problem));
}

void add_sampling_flags(CLI::App& command, SamplingFlags& flags) {
    const std::string group = "Answering (where an option is not given, what the file suggests, else [])";
    flags.command = &command;
    auto& sampling = flags.params.sampling;
    const auto number = [&](const std::string& name, auto& value, const std::string& text,
                            const CLI::Validator& range) {
        command.add_option(name, value, text)
            ->transform(range)
            ->type_name("N")
            ->capture_default_str()
            ->group(group);
    };
    number("--temp", sampling.temperature, "Temperature; 0 = always the likeliest token", number_from(0, 10));
    number("--top-k", sampling.top_k, "Choose among the k likeliest tokens; 0 = off",
           integer_from(0, 1 << 24));
    number("--top-p", sampling.top_p, "Choose among the likeliest that make up this share; 1 = off",
           number_from(0, 1));
    number("--min-p", sampling.min_p, "Leave out what is less likely than this times the likeliest; 0 = off",
           number_from(0, 1));
    number("--repeat-penalty", sampling.repeat_penalty, "Make repetition less likely; 1 = off",
           number_from(0.1, 10));
    number("--max-tokens", flags.params.max_tokens, "Tokens to answer with at most; 0 = until the model ends",
           integer_from(0, 1 << 24));
    command.add_option("--seed", flags.seed, "Seed of the random choices (default: a fresh one)")
        ->transform(integer_from(0, UINT64_MAX))
        ->type_name("N")
        ->group(group);
    command.add_option("--stop", flags.params.stop, "Text that ends the answer; may be given several times")
        ->type_name("TEXT")
        ->allow_extra_args(false)
        ->group(group);
}

engine::GenerateParams generate_params(const SamplingFlags& flags,
                                       const engine::SamplingDefaults& suggested) {
    engine::GenerateParams params = flags.params;
    params.sampling.seed = flags.seed;
    const auto take = [&flags](const char* option, auto& value, const auto& from_file) {
        if (from_file && flags.command->count(option) == 0) value = *from_file;
    };
    take("--temp", params.sampling.temperature, suggested.temperature);
    take("--top-k", params.sampling.top_k, suggested.top_k);
    take("--top-p", params.sampling.top_p, suggested.top_p);
    take("--min-p", params.sampling.min_p, suggested.min_p);
    take("--repeat-penalty", params.sampling.repeat_penalty, suggested.repeat_penalty);
    return params;
}

namespace {

/// "FILE:0.5" and "FILE"; a name that is there as a whole is taken as a whole.
engine::AdapterFile adapter_file(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || is_there(text)) return {path_of(text), 1};
    float strength = 0;
    const char* end = text.data() + text.size();
    const auto [parsed, problem] = std::from_chars(text.data() + colon + 1, end, strength);
    if (problem != std::errc() || parsed != end || !std::isfinite(strength)) return {path_of(text), 1};
    return {path_of(text.substr(0, colon)), strength};
}

}  // namespace

engine::LoadOptions load_options(const EngineFlags& flags) {
    engine::LoadOptions options;
    options.isa = flags.isa;
    options.threads = flags.threads;
    if (flags.weights == "auto") options.resident_memory = machine::memory_for_weights();
    if (flags.weights == "mapped") options.resident_memory = 0;
    options.device.use = flags.device == "cpu"      ? engine::DeviceUse::processor
                         : flags.device == "vulkan" ? engine::DeviceUse::graphics
                                                    : engine::DeviceUse::automatic;
    options.device.number = flags.gpu;
    options.device.layers = flags.gpu_layers;
    options.device.cache_folder = machine::cache_folder();
    for (const std::string& adapter : flags.adapters) options.adapters.push_back(adapter_file(adapter));
    return options;
}

Result<std::shared_ptr<const engine::Model>> load_model(const std::string& path, const EngineFlags& flags,
                                                        const SessionFlags& session) {
    StopOnInterrupt interrupt;
    ProgressBar bar("Loading");
    engine::LoadOptions options = load_options(flags);
    const engine::SessionOptions wanted = session_options(session);
    options.device.context_length = wanted.context_length;
    options.device.kv_type = wanted.kv_type;
    options.device.batch_size = wanted.batch_size;
    options.on_progress = [&bar](float fraction) { bar.update(fraction); };
    options.stop = interrupt.token();
    return engine::Model::load(path_of(path), options);
}

Result<std::string> read_text(const std::string& path) {
    constexpr std::size_t limit = 256u << 20;
    std::ifstream file;
    if (path != "-") {
        std::error_code problem;
        const auto status = std::filesystem::status(path_of(path), problem);
        if (!std::filesystem::exists(status)) {
            return fail(ErrorCode::not_found, fmt::format("The file \"{}\" does not exist.", path));
        }
        if (std::filesystem::is_directory(status)) {
            return fail(ErrorCode::not_a_file, fmt::format("\"{}\" is a folder, not a file.", path));
        }
        file.open(path_of(path), std::ios::binary);
        if (!file) return fail(ErrorCode::io, fmt::format("The file \"{}\" cannot be opened.", path));
    }
    std::istream& in = path == "-" ? std::cin : file;
    std::string text;
    std::array<char, 1 << 16> buffer;
    while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > limit)
            return fail(ErrorCode::too_large, fmt::format("The text in \"{}\" is too long.", path));
    }
    if (in.bad()) return fail(ErrorCode::io, fmt::format("The file \"{}\" cannot be read.", path));
    return text;
}

Status write_floats(const std::string& path, const std::vector<float>& values) {
    std::ofstream file;
    if (path != "-") file.open(path_of(path), std::ios::binary);
    std::ostream& out = path == "-" ? std::cout : file;
    out.write(reinterpret_cast<const char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(float)));
    out.flush();
    const int problem = errno;
    if (out) return {};
    return fail(ErrorCode::io, fmt::format("The file \"{}\" cannot be written: {}.", path,
                                           std::generic_category().message(problem)));
}

Result<std::vector<Token>> parse_tokens(const std::string& text) {
    std::vector<Token> tokens;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (;;) {
        Token token = 0;
        const auto [next, problem] = std::from_chars(at, end, token);
        if (problem != std::errc() || token < 0 || (next != end && *next != ',')) {
            return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not a list of token ids.", text),
                        "Write it like 1,2,3.");
        }
        tokens.push_back(token);
        if (next == end) return tokens;
        at = next + 1;
    }
}

std::string size_text(std::uint64_t bytes) {
    const auto value = static_cast<double>(bytes);
    if (bytes < 1000) return fmt::format("{} bytes", bytes);
    if (bytes < 999'500) return fmt::format("{:.0f} kB", value / 1e3);
    if (bytes < 999'500'000) return fmt::format("{:.0f} MB", value / 1e6);
    return fmt::format("{:.1f} GB", value / 1e9);
}

std::string json_text(const nlohmann::ordered_json& json, int indent) {
    return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace kinglet::cli
