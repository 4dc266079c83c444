// kinglet-cli info: what a model file is.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/cli.h"
#include "app/cli/model_file.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/base/path_text.h"
#include "inference/tensor/dtype.h"

namespace kinglet::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InfoOptions {
    std::string model;
    bool metadata = false;
    bool tensors = false;
    bool json = false;
    EngineFlags engine;
    SessionFlags session;
};

template <class T>
T read_value(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

Json scalar_json(gguf::ValueType type, const std::byte* at) {
    using gguf::ValueType;
    switch (type) {
        case ValueType::u8:
            return read_value<std::uint8_t>(at);
        case ValueType::i8:
            return read_value<std::int8_t>(at);
        case ValueType::u16:
            return read_value<std::uint16_t>(at);
        case ValueType::i16:
            return read_value<std::int16_t>(at);
        case ValueType::u32:
            return read_value<std::uint32_t>(at);
        case ValueType::i32:
            return read_value<std::int32_t>(at);
        case ValueType::f32:
            return read_value<float>(at);
        case ValueType::boolean:
            return read_value<std::uint8_t>(at) != 0;
        case ValueType::u64:
            return read_value<std::uint64_t>(at);
        case ValueType::i64:
            return read_value<std::int64_t>(at);
        case ValueType::f64:
            return read_value<double>(at);
        case ValueType::string:
        case ValueType::array:
            break;
    }
    return nullptr;
}

/// A metadata value; of long lists (vocabularies) only the beginning, with the count.
Json value_json(const gguf::Value& value) {
    constexpr std::size_t shown = 8;
    if (value.type == gguf::ValueType::string) {
        return std::string(reinterpret_cast<const char*>(value.raw.data()), value.raw.size());
    }
    if (value.type != gguf::ValueType::array) return scalar_json(value.type, value.raw.data());
    Json items = Json::array();
    if (value.element == gguf::ValueType::string) {
        for (std::size_t i = 0; i < value.strings.size() && i < shown; ++i)
            items.push_back(std::string(value.strings[i]));
    } else if (const std::size_t size = gguf::type_size(value.element); size > 0) {
        for (std::size_t i = 0; i < value.count && i < shown; ++i) {
            items.push_back(scalar_json(value.element, value.raw.data() + i * size));
        }
    }
    if (value.count <= shown) return items;
    return {{"count", value.count}, {"first", items}};
}

Json metadata_json(const gguf::Metadata& metadata) {
    Json json = Json::object();
    for (std::size_t i = 0; i < metadata.size(); ++i)
        json[std::string(metadata.key(i))] = value_json(metadata.value(i));
    return json;
}

Json tensors_json(const gguf::File& file) {
    Json rows = Json::array();
    for (const gguf::TensorInfo& tensor : file.tensors()) {
        Json dimensions = Json::array();
        for (int i = 0; i < tensor.dimension_count; ++i)
            dimensions.push_back(tensor.dimensions[static_cast<std::size_t>(i)]);
        const DTypeInfo* dtype = find_dtype(tensor.type);
        rows.push_back({{"name", std::string(tensor.name)},
                        {"type", dtype != nullptr ? std::string(dtype->name) : std::to_string(tensor.type)},
                        {"dimensions", dimensions},
                        {"bytes", tensor.bytes}});
    }
    return rows;
}

/// What the file suggests for choosing tokens, by the names of the options.
Json sampling_json(const engine::SamplingDefaults& suggested) {
    Json json = Json::object();
    // By way of text, since 0.6 as a float is not 0.6 as a double.
    const auto add = [&json](const char* name, const auto& value) {
        if (value) json[name] = Json::parse(fmt::format("{}", *value));
    };
    add("temp", suggested.temperature);
    add("top_k", suggested.top_k);
    add("top_p", suggested.top_p);
    add("min_p", suggested.min_p);
    add("repeat_penalty", suggested.repeat_penalty);
    return json;
}

Json facts_of_model(const engine::Model& model, const InfoOptions& options) {
    const engine::ModelInfo& info = model.info();
    const engine::SessionOptions session = session_options(options.session);
    const int context =
        session.context_length > 0 ? session.context_length : std::min(info.context_length, 4096);
    return {{"name", info.name},
            {"architecture", info.architecture},
            {"quantization", info.quantization},
            {"parameters", info.parameter_count},
            {"file_bytes", info.file_bytes},
            {"context_length", info.context_length},
            {"embedding_length", info.embedding_length},
            {"layers", info.layer_count},
            {"heads", info.head_count},
            {"kv_heads", info.head_count_kv},
            {"vocabulary", info.vocabulary_size},
            {"tokenizer", info.tokenizer},
            {"chat_template", info.chat_template},
            {"sampling", sampling_json(info.sampling)},
            {"isa", info.isa},
            {"threads", info.threads},
            {"session_context", context},
            {"session_kv_type", engine::kv_type_name(session.kv_type)},
            {"session_kv_bytes", model.kv_bytes(context, session.kv_type, session.batch_size)},
            {"fills_masks", info.fills_masks},
            {"adapters", info.adapters},
            {"warnings", info.warnings},
            {"problem", nullptr}};
}

/// What can be said of a file that the engine cannot run.
Json facts_of_file(const ModelFile& model, const Error& problem) {
    const gguf::Metadata& metadata = model.file.metadata();
    const auto text = [&metadata](std::string_view key) -> Json {
        const auto value = metadata.optional_string(key);
        if (!value || !*value) return nullptr;
        return std::string(**value);
    };
    std::uint64_t parameters = 0;
    for (const gguf::TensorInfo& tensor : model.file.tensors()) {
        parameters +=
            tensor.dimensions[0] * tensor.dimensions[1] * tensor.dimensions[2] * tensor.dimensions[3];
    }
    return {{"name", text("general.name")},
            {"architecture", text("general.architecture")},
            {"parameters", parameters},
            {"file_bytes", model.size()},
            {"tokenizer", text("tokenizer.ggml.model")},
            {"problem", problem.message}};
}

void print_for_people(const Json& json) {
    for (const auto& [key, value] : json.items()) {
        if (value.is_null() || (value.is_structured() && value.empty())) continue;
        if (value.is_structured()) {
            fmt::print("{}:\n", key);
            for (const auto& [name, item] : value.items()) {
                fmt::print("  {}: {}\n", without_controls(name),
                           without_controls(item.is_string() ? item.get<std::string>() : json_text(item)));
            }
            continue;
        }
        const bool is_size = key == "file_bytes" || key == "session_kv_bytes";
        const std::string text = is_size             ? size_text(value.get<std::uint64_t>())
                                 : value.is_string() ? value.get<std::string>()
                                                     : json_text(value);
        fmt::print("{:<18}{}\n", key, without_controls(text));
    }
}

Result<int> show(const InfoOptions& options) {
    const auto file = ModelFile::open(path_of(options.model));
    if (!file) return tl::unexpected(file.error());
    EngineFlags engine = options.engine;
    engine.weights = "mapped";  // nothing is computed
    const auto model = load_model(options.model, engine);
    if (!model && model.error().code != ErrorCode::unsupported) return tl::unexpected(model.error());

    Json json = {{"path", options.model}};
    json.update(model ? facts_of_model(**model, options) : facts_of_file(*file, model.error()));
    json["gguf_version"] = file->file.version();
    json["tensor_count"] = file->file.tensors().size();
    if (options.metadata) json["metadata"] = metadata_json(file->file.metadata());
    if (options.tensors) json["tensors"] = tensors_json(file->file);
    if (options.json) {
        std::puts(json_text(json, 2).c_str());
    } else {
        print_for_people(json);
    }
    return exit_ok;
}

}  // namespace

void add_info_command(CLI::App& app, int& status) {
    auto options = std::make_shared<InfoOptions>();
    CLI::App* command = app.add_subcommand("info", "Show what a model file is");
    add_model_argument(*command, options->model);
    command->add_flag("--metadata", options->metadata, "Show all key/value pairs of the file");
    command->add_flag("--tensors", options->tensors, "Show all tensors");
    command->add_flag("--json", options->json, "Print JSON");
    add_session_flags(*command, options->session);
    add_engine_flags(*command, options->engine);
    command->footer(
        "Examples:\n"
        "  kinglet-cli info model.gguf\n"
        "  kinglet-cli info model.gguf --metadata --tensors --json");
    command->callback([options, &status] {
        const auto result = show(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
