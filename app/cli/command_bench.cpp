// kinglet-cli bench: how fast a model answers here, and how much of what the machine can do that uses.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/answer.h"
#include "app/cli/cli.h"
#include "app/cli/model_file.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "app/machine/limits.h"
#include "inference/base/path_text.h"

namespace kinglet::cli {
namespace {

struct BenchOptions {
    std::string model;
    int prompt = 512;
    int generate = 64;
    int repeat = 3;
    bool json = false;
    EngineFlags engine;
    SessionFlags session;
};

/// What was measured of the model itself. Speeds are medians.
struct Measured {
    double load_ms = 0;
    int prompt_tokens = 0;
    int answer_tokens = 0;
    double prompt_per_s = 0;
    double generate_per_s = 0;
    double first_token_ms = 0;
    int context = 0;
    std::size_t peak_memory = 0;
};

/// What one token costs: weights read and computed with.
struct TokenCost {
    std::uint64_t weight_bytes = 0;
    std::uint64_t weights = 0;
};

/// Every matrix is read once a token, except a table of embeddings that has its own output matrix beside it:
/// of that one only a row is read.
TokenCost token_cost(const gguf::File& file) {
    TokenCost cost;
    const bool has_output = file.find_tensor("output.weight") != nullptr;
    for (const gguf::TensorInfo& tensor : file.tensors()) {
        if (tensor.dimension_count < 2 || (has_output && tensor.name == "token_embd.weight")) continue;
        cost.weight_bytes += tensor.bytes;
        cost.weights +=
            tensor.dimensions[0] * tensor.dimensions[1] * tensor.dimensions[2] * tensor.dimensions[3];
    }
    return cost;
}

/// Random ids that a text may hold, the same ones every time.
std::vector<Token> some_tokens(const tokenizer::Tokenizer& tokenizer, int count) {
    std::mt19937 random(20240607);
    std::uniform_int_distribution<Token> any(0, std::max(tokenizer.size() - 1, 0));
    std::vector<Token> tokens;
    for (int tries = 0; static_cast<int>(tokens.size()) < count; ++tries) {
        const Token token = any(random);
        const bool plain = !tokenizer.is_control(token) && !tokenizer.is_end_of_generation(token);
        if (plain || tries > 100 * count) tokens.push_back(token);
    }
    return tokens;
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Tells on the terminal how far the measurement is.
class Progress {
  public:
    Progress(int prompt, int answer, int rounds)
        : prompt_(prompt * kPromptCost), round_(prompt_ + answer), total_(round_ * rounds) {}

    /// What a session is to call.
    engine::GenerateCallbacks callbacks() {
        engine::GenerateCallbacks callbacks;
        callbacks.on_prompt_progress = [this](int done, int all) {
            show(done >= all ? prompt_ : prompt_ * done / all);
        };
        callbacks.on_token = [this](int tokens, int) { show(prompt_ + tokens); };
        return callbacks;
    }
    void round_done() { before_ += round_; }

  private:
    /// Of one prompt token, in answer tokens, on common machines.
    static constexpr double kPromptCost = 0.4;

    void show(double here) { bar_.update(static_cast<float>((before_ + here) / total_)); }

    ProgressBar bar_{"Measuring"};
    double prompt_;
    double round_;
    double total_;
    double before_ = 0;
};

Result<Measured> measure(const engine::Model& model, engine::Session& session, const BenchOptions& options) {
    Measured measured;
    measured.context = session.context_length();
    const int generate = std::min(options.generate, std::max(1, measured.context / 2));
    const int prompt_length = std::clamp(measured.context - generate, 1, options.prompt);
    const std::vector<Token> all = some_tokens(model.tokenizer(), prompt_length + 3 * options.repeat);
    engine::GenerateParams params;
    params.sampling.temperature = 0;
    params.sampling.repeat_penalty = 1;
    params.max_tokens = generate;

    std::vector<double> prompt_speeds, answer_speeds, first_tokens;
    StopOnInterrupt interrupt;
    Progress progress(prompt_length, generate, options.repeat);
    // A model may end its answer at once: another prompt then.
    for (int i = 0; i < 3 * options.repeat && static_cast<int>(answer_speeds.size()) < options.repeat; ++i) {
        session.clear();
        const std::span<const Token> prompt(all.data() + i, static_cast<std::size_t>(prompt_length));
        const auto stats = session.generate(prompt, params, progress.callbacks(), interrupt.token());
        if (!stats) return tl::unexpected(stats.error());
        if (interrupt.interrupted()) return fail(ErrorCode::cancelled, "The measurement was stopped.");
        prompt_speeds.push_back(prompt_speed(*stats));
        first_tokens.push_back(stats->first_token_time.count() * 1e3);
        measured.prompt_tokens = stats->prompt_tokens;
        measured.answer_tokens = std::max(measured.answer_tokens, stats->answer_tokens);
        if (stats->answer_tokens > 1) {
            answer_speeds.push_back(answer_speed(*stats));
            progress.round_done();
        }
    }
    measured.prompt_per_s = median(prompt_speeds);
    measured.generate_per_s = median(answer_speeds);
    measured.first_token_ms = median(first_tokens);
    measured.peak_memory = machine::peak_memory_bytes();
    return measured;
}

nlohmann::ordered_json summary(const engine::Model& model, const gguf::File& file, const Measured& measured,
                               const engine::SessionOptions& size) {
    const engine::ModelInfo& info = model.info();
    const TokenCost cost = token_cost(file);
    const double bandwidth = machine::measure_read_bandwidth_gb_s(info.threads);
    const double gops = machine::measure_int8_gops(info.threads);
    const engine::DeviceState device = model.device();
    const auto kv_bytes =
        static_cast<double>(model.kv_bytes(measured.context, size.kv_type, size.batch_size));
    const double kv_bytes_a_position = kv_bytes / std::max(measured.context, 1);
    const double positions = measured.prompt_tokens + measured.answer_tokens / 2.0;
    const double bytes_a_token = static_cast<double>(cost.weight_bytes) + kv_bytes_a_position * positions;
    const double operations_a_token = 2.0 * static_cast<double>(cost.weights);
    nlohmann::ordered_json json{
        {"model", info.name},
        {"quantization", info.quantization},
        {"prompt_tokens", measured.prompt_tokens},
        {"answer_tokens", measured.answer_tokens},
        {"prompt_tokens_per_s", measured.prompt_per_s},
        {"generate_tokens_per_s", measured.generate_per_s},
        {"load_ms", measured.load_ms},
        {"first_token_ms", measured.first_token_ms},
        {"kv_type", engine::kv_type_name(size.kv_type)},
        {"kv_memory_mb", kv_bytes / 1e6},
        {"peak_memory_mb", static_cast<double>(measured.peak_memory) / 1e6},
        {"isa", info.isa},
        {"weights", info.resident ? "resident" : "mapped"},
        {"threads", info.threads},
        {"read_bandwidth_gb_s", bandwidth},
        {"bandwidth_used", bandwidth > 0 ? bytes_a_token * measured.generate_per_s / 1e9 / bandwidth : 0},
        {"int8_gops", gops},
        {"compute_used", gops > 0 ? operations_a_token * measured.prompt_per_s / 1e9 / gops : 0},
        {"device", device.number < 0 ? "processor" : device.name},
        {"device_layers", device.layers},
    };
    if (!device.remark.empty()) json["device_remark"] = device.remark;
    if (device.number < 0) return json;
    // What lies on the device is held against the device.
    const auto limits = engine::measure_graphics(device.number);
    if (!limits) return json;
    json["device_copy_gb_s"] = limits->copy_gb_s;
    json["device_gflops"] = limits->gflops;
    json["bandwidth_used"] = bytes_a_token * measured.generate_per_s / 1e9 / limits->copy_gb_s;
    json["compute_used"] = operations_a_token * measured.prompt_per_s / 1e9 / limits->gflops;
    return json;
}

void print_for_people(const nlohmann::ordered_json& json, const engine::ModelInfo& info) {
    const auto number = [&](const char* key) { return json[key].get<double>(); };
    fmt::print("{}, {}, {}; {} with {} {}, weights {}\n\n", without_controls(info.name),
               without_controls(info.quantization), size_text(info.file_bytes), info.isa, info.threads,
               info.threads == 1 ? "thread" : "threads", json["weights"].get<std::string>());
    const auto speed = [&](const char* label, const char* tokens, const char* speed_key, const char* used,
                           const std::string& limit) {
        fmt::print("{:<22}{:>10.1f} tokens/s   {:>3.0f} % of {}\n",
                   fmt::format("{} ({} tokens)", label, json[tokens].get<int>()), number(speed_key),
                   100 * number(used), limit);
    };
    if (json.contains("device_copy_gb_s")) {
        fmt::print("{} of {} layers on {}\n\n", json["device_layers"].get<int>(), info.layer_count,
                   without_controls(json["device"].get<std::string>()));
        speed("Prompt", "prompt_tokens", "prompt_tokens_per_s", "compute_used",
              fmt::format("the {:.0f} GFLOPS that the device does", number("device_gflops")));
        speed("Answer", "answer_tokens", "generate_tokens_per_s", "bandwidth_used",
              fmt::format("the {:.1f} GB/s that it copies", number("device_copy_gb_s")));
    } else {
        speed("Prompt", "prompt_tokens", "prompt_tokens_per_s", "compute_used",
              fmt::format("the {:.0f} billion int8 operations a second that this machine does",
                          number("int8_gops")));
        speed("Answer", "answer_tokens", "generate_tokens_per_s", "bandwidth_used",
              fmt::format("the {:.1f} GB/s that it reads from memory", number("read_bandwidth_gb_s")));
    }
    fmt::print("{:<22}{:>10.0f} ms\n", "First token", number("first_token_ms"));
    fmt::print("{:<22}{:>10.0f} ms\n", "Loading", number("load_ms"));
    fmt::print("{:<22}{:>10.0f} MB\n", "Memory at most", number("peak_memory_mb"));
    fmt::print("{:<22}{:>10.0f} MB, {}\n", "Of that, KV cache", number("kv_memory_mb"),
               json["kv_type"].get<std::string>());
}

Result<int> bench(const BenchOptions& options) {
    const auto file = ModelFile::open(path_of(options.model));
    if (!file) return tl::unexpected(file.error());
    const auto start = std::chrono::steady_clock::now();
    const auto model = load_model(options.model, options.engine, options.session);
    const std::chrono::duration<double, std::milli> load_time = std::chrono::steady_clock::now() - start;
    if (!model) return tl::unexpected(model.error());
    const auto session = open_session(*model, options.session);
    if (!session) return tl::unexpected(session.error());
    auto measured = measure(**model, **session, options);
    if (!measured) return tl::unexpected(measured.error());
    measured->load_ms = load_time.count();

    const nlohmann::ordered_json json =
        summary(**model, file->file, *measured, session_options(options.session));
    if (options.json) {
        std::puts(json_text(json, 2).c_str());
        return exit_ok;
    }
    print_for_people(json, (*model)->info());
    return exit_ok;
}

}  // namespace

void add_bench_command(CLI::App& app, int& status) {
    auto options = std::make_shared<BenchOptions>();
    CLI::App* command = app.add_subcommand("bench", "Measure how fast a model answers here");
    add_model_argument(*command, options->model);
    const auto number = [&](const std::string& name, int& value, const std::string& text,
                            std::uint64_t high) {
        command->add_option(name, value, text)
            ->transform(integer_from(1, high))
            ->type_name("N")
            ->capture_default_str();
    };
    number("--prompt-tokens", options->prompt, "Length of the prompt", 1 << 20);
    number("--generate-tokens", options->generate, "Length of the answer", 1 << 20);
    number("--repeat", options->repeat, "Measurements; the median counts", 1000);
    command->add_flag("--json", options->json, "Print JSON");
    add_session_flags(*command, options->session);
    add_engine_flags(*command, options->engine);
    command->footer(
        "Answering reads all weights for each token, so it is held against the machine's read bandwidth\n"
        "(bandwidth_used in JSON); reading a prompt computes, so it is held against its 8-bit integer\n"
        "operations (compute_used). Both limits are measured in the same run. Caches can make an answer "
        "pass\n"
        "100 %.\n"
        "Examples:\n"
        "  kinglet-cli bench model.gguf\n"
        "  kinglet-cli bench model.gguf --device vulkan\n"
        "  kinglet-cli bench model.gguf --prompt-tokens 1024 --threads 4 --json");
    command->callback([options, &status] {
        const auto result = bench(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
