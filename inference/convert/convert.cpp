#include "inference/convert/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "inference/convert/adapter.h"
#include "inference/convert/checkpoint.h"
#include "inference/convert/hyper.h"
#include "inference/convert/plan.h"
#include "inference/convert/tensor_stream.h"
#include "inference/convert/text_files.h"
#include "inference/tokenizer/tokenizer.h"

namespace kinglet::convert {
namespace {

/// general.file_type: the numbers of the GGUF format for what most of a file is.
std::uint32_t file_type(const std::vector<OutputTensor>& tensors) {
    std::map<DType, std::uint64_t> bytes;
    for (const OutputTensor& tensor : tensors) {
        if (tensor.shape.size() > 1) bytes[tensor.type] += tensor.bytes();
    }
    DType most = DType::f32;
    for (const auto& [type, size] : bytes) {
        if (size > bytes[most]) most = type;
    }
    switch (most) {
        case DType::f16:
            return 1;
        case DType::bf16:
            return 32;
        default:
            return 0;
    }
}

std::string model_name(const std::filesystem::path& folder) {
    const auto path = std::filesystem::weakly_canonical(folder);
    return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

/// The matrices that sentence-transformers keeps beside the model, each in a folder of its own.
Status add_modules(Checkpoint& checkpoint) {
    for (const std::string_view module : {"2_Dense", "3_Dense"}) {
        const auto file = checkpoint.folder() / module / "model.safetensors";
        std::error_code ignored;
        if (!std::filesystem::exists(file, ignored)) continue;
        if (auto status = checkpoint.add(file, fmt::format("{}.", module)); !status) return status;
    }
    return {};
}

Result<const Recipe*> recipe_for(const Config& config) {
    const std::string model_class = config.model_class();
    if (const Json* quantized = config.find({"quantization_config"})) {
        const std::string* method = text_of(member(*quantized, "quant_method"));
        return tl::unexpected(Error{
            ErrorCode::unsupported,
            fmt::format("{}: the checkpoint is quantized ({}), which is not read", config.file(),
                        method == nullptr ? "unknown" : shown(*method)),
            "Use the model's unquantized checkpoint (BF16, F16 or F32), and kinglet-cli quantize afterwards.",
            config.file(),
            {}});
    }
    if (const Recipe* recipe = find_recipe(model_class)) return recipe;
    const std::string what =
        model_class.empty() ? "does not name its architecture"
                            : fmt::format("the architecture \"{}\" is not supported", shown(model_class));
    return tl::unexpected(Error{ErrorCode::unsupported,
                                fmt::format("{}: {}", config.file(), what),
                                fmt::format("These can be converted: {}.", convertible_classes()),
                                config.file(),
                                {}});
}

/// Rows of the embedding: how many tokens there are.
Result<std::size_t> vocabulary_size(const std::vector<OutputTensor>& tensors) {
    const auto found = std::find_if(tensors.begin(), tensors.end(),
                                    [](const OutputTensor& t) { return t.name == "token_embd.weight"; });
    if (found != tensors.end() && found->shape.size() == 2 && found->shape[0] <= (1u << 23))
        return static_cast<std::size_t>(found->shape[0]);
    return fail(ErrorCode::bad_format, "the token embedding has no sensible size", "Choose another model.");
}

Status write_tensors(const Checkpoint& checkpoint, const std::vector<OutputTensor>& tensors,
                     gguf::Writer& writer, const Options& options) {
    std::uint64_t total = 0;
    std::uint64_t done = 0;
    for (const OutputTensor& tensor : tensors) total += tensor.bytes();
    const Sink sink = [&](std::span<const std::byte> bytes) -> Status {
        if (options.stop.stop_requested()) return fail(ErrorCode::cancelled, "The conversion was stopped");
        if (auto status = writer.write(bytes); !status) return status;
        done += bytes.size();
        if (options.on_progress && total > 0) {
            options.on_progress(static_cast<float>(static_cast<double>(done) / static_cast<double>(total)));
        }
        return {};
    };
    for (const OutputTensor& tensor : tensors) {
        if (auto status = stream_tensor(tensor, sink); !status) return status;
        for (const Part& part : tensor.parts) checkpoint.release(*part.source);
    }
    return {};
}

Result<tokenizer::Vocabulary> checked_vocabulary(Model& model, const std::vector<OutputTensor>& tensors,
                                                 const std::string& pre) {
    const auto size = vocabulary_size(tensors);
    if (!size) return tl::unexpected(size.error());
    auto vocabulary = read_vocabulary(model, *size, pre);
    if (!vocabulary) return tl::unexpected(vocabulary.error());
    if (const auto made = tokenizer::Tokenizer::create(*vocabulary); !made) {
        return fail(made.error().code,
                    fmt::format("{}: the tokenizer does not work: {}", model.checkpoint.folder().string(),
                                made.error().message),
                    made.error().hint);
    }
    return vocabulary;
}

}  // namespace

Result<Report> write_file(const Checkpoint& checkpoint, const std::vector<OutputTensor>& tensors,
                          gguf::Writer& writer, const std::filesystem::path& destination,
                          const Options& options, Report report) {
    for (const OutputTensor& tensor : tensors) {
        const std::vector<std::uint64_t> dimensions(tensor.shape.rbegin(), tensor.shape.rend());
        writer.add_tensor(tensor.name, static_cast<std::uint32_t>(tensor.type), dimensions, tensor.bytes());
        report.bytes += tensor.bytes();
    }
    report.tensors = tensors.size();
    if (auto status = writer.begin(destination); !status) return tl::unexpected(status.error());
    if (auto status = write_tensors(checkpoint, tensors, writer, options); !status)
        return tl::unexpected(status.error());
    if (auto status = writer.finish(); !status) return tl::unexpected(status.error());
    return report;
}

Result<Report> convert(const std::filesystem::path& folder, const std::filesystem::path& destination,
                       const Options& options) {
    std::error_code ignored;
    if (std::filesystem::exists(folder / "adapter_config.json", ignored))
        return convert_adapter(folder, destination, options);
    auto checkpoint = Checkpoint::open(folder);
    if (!checkpoint) return tl::unexpected(checkpoint.error());
    auto json = read_json(folder / "config.json");
    if (!json) return tl::unexpected(json.error());
    Config config(std::move(*json), (folder / "config.json").string());
    const auto recipe = recipe_for(config);
    if (!recipe) return tl::unexpected(recipe.error());
    if (auto status = add_modules(*checkpoint); !status) return tl::unexpected(status.error());

    gguf::Writer writer;
    Model model{config, *checkpoint, writer, std::string((*recipe)->architecture), {}, {}, {}};
    Report report;
    report.architecture = model.architecture;
    report.name = model_name(folder);
    writer.add_string("general.architecture", model.architecture);
    writer.add_string("general.type", "model");
    writer.add_string("general.name", report.name);
    (*recipe)->describe(model);
    describe_heads(model);
    if (!config.ok()) return tl::unexpected(config.error());

    const auto plan = make_plan(**recipe, model, options.type);
    if (!plan) return tl::unexpected(plan.error());
    const auto vocabulary = checked_vocabulary(model, plan->tensors, options.pre);
    if (!vocabulary) return tl::unexpected(vocabulary.error());
    model.integer("vocab_size", static_cast<std::int64_t>(vocabulary->tokens.size()));
    writer.add_u32("general.file_type", file_type(plan->tensors));
    write_vocabulary(*vocabulary, writer);
    if (auto status = write_text_settings(model); !status) return tl::unexpected(status.error());
    report.left_out = plan->left_out;
    report.notes = model.notes;
    return write_file(*checkpoint, plan->tensors, writer, destination, options, std::move(report));
}

}  // namespace kinglet::convert
