// kinglet-cli verify: whether a model file is whole and can be answered with.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "app/cli/model_file.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/kernels/select.h"
#include "inference/tensor/dtype.h"

namespace kinglet::cli {
namespace {

struct VerifyOptions {
    std::string model;
    bool json = false;
    EngineFlags engine;
};

bool all_finite(const std::vector<float>& values, std::size_t count) {
    return std::all_of(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count),
                       [](float value) { return std::isfinite(value); });
}

/// Decodes every weight and fails at the first that is no number.
Status check_weights(const ModelFile& model, const std::string& path) {
    const auto table = kernels::select_table();
    if (!table) return tl::unexpected(table.error());
    std::uint64_t total = 1, done = 0;
    for (const gguf::TensorInfo& tensor : model.file.tensors()) total += tensor.bytes;
    ProgressBar bar("Reading the weights");
    std::vector<float> values;
    for (const gguf::TensorInfo& tensor : model.file.tensors()) {
        const DTypeInfo* dtype = find_dtype(tensor.type);
        const auto decode = dtype != nullptr ? (*table)->of(dtype->type).to_float : nullptr;
        const std::span<const std::byte> bytes = model.file.data(tensor);
        if (decode != nullptr) {
            const std::size_t blocks = bytes.size() / dtype->block_bytes;
            const std::size_t step = std::max<std::size_t>(1, 65536 / dtype->block_length);
            for (std::size_t block = 0; block < blocks; block += step) {
                const std::size_t count = std::min(step, blocks - block) * dtype->block_length;
                values.resize(step * dtype->block_length);
                decode(bytes.data() + block * dtype->block_bytes, values.data(), count);
                if (!all_finite(values, count)) {
                    return fail(
                        ErrorCode::bad_format,
                        fmt::format(
                            "The model \"{}\" is damaged: tensor \"{}\" holds a value that is no number.",
                            path, tensor.name),
                        "Get the file again from where it came from.");
                }
            }
        }
        done += tensor.bytes;
        bar.update(static_cast<float>(done) / static_cast<float>(total));
    }
    return {};
}

/// Runs one token through the model.
Status check_answers(const VerifyOptions& options) {
    const auto model = load_model(options.model, options.engine);
    if (!model) return tl::unexpected(model.error());
    engine::SessionOptions small;
    small.context_length = 16;
    const auto session = engine::Session::create(*model, small);
    if (!session) return tl::unexpected(session.error());
    const Token token = std::max((*model)->tokenizer().bos(), 0);
    const auto logits = (*session)->logits(std::span(&token, 1));
    if (!logits) return tl::unexpected(logits.error());
    if (all_finite(*logits, logits->size())) return {};
    return fail(ErrorCode::bad_format,
                fmt::format("The model \"{}\" computes values that are no numbers.", options.model),
                "Get the file again from where it came from.");
}

Result<int> verify(const VerifyOptions& options) {
    const auto model = ModelFile::open(options.model);
    if (!model) return tl::unexpected(model.error());
    if (const Status good = check_weights(*model, options.model); !good) return tl::unexpected(good.error());
    if (const Status good = check_answers(options); !good) return tl::unexpected(good.error());
    const std::size_t tensors = model->file.tensors().size();
    const std::size_t bytes = model->size();
    if (options.json) {
        std::puts(
            json_text({{"path", options.model}, {"ok", true}, {"tensors", tensors}, {"bytes", bytes}}, 2)
                .c_str());
    } else {
        fmt::print("\"{}\" is whole: {} tensors, {}, every weight a number, and it answers.\n",
                   without_controls(options.model), tensors, size_text(bytes));
    }
    return exit_ok;
}

}  // namespace

void add_verify_command(CLI::App& app, int& status) {
    auto options = std::make_shared<VerifyOptions>();
    CLI::App* command = app.add_subcommand("verify", "Check that a model file is whole and can be used");
    add_model_argument(*command, options->model);
    command->add_flag("--json", options->json, "Print JSON");
    add_engine_flags(*command, options->engine);
    command->footer(
        "Reads every weight, then runs one token through the model.\n"
        "Example:\n"
        "  kinglet-cli verify model.gguf");
    command->callback([options, &status] {
        const auto result = verify(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
