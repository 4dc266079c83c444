// kinglet-cli models: the models in the models folder.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/cli.h"
#include "app/cli/library_commands.h"
#include "app/cli/model_file.h"
#include "app/cli/models_folder.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/base/path_text.h"

namespace kinglet::cli {
namespace {

struct ListOptions {
    std::string folder;
    bool json = false;
};

/// One model's row. A file that cannot be read is listed with the reason: it takes room all the same.
nlohmann::ordered_json describe(const FoundModel& found) {
    nlohmann::ordered_json row = {
        {"path", found.path.string()}, {"name", found.path.stem().string()}, {"bytes", found.bytes}};
    const auto model = ModelFile::open(found.path);
    if (!model) {
        row["problem"] = model.error().message;
        return row;
    }
    row["bytes"] = model->size();
    const gguf::Metadata& metadata = model->file.metadata();
    if (const auto name = metadata.optional_string("general.name"); name && *name && !(*name)->empty()) {
        row["name"] = std::string(**name);
    }
    if (const auto architecture = metadata.optional_string("general.architecture");
        architecture && *architecture) {
        row["architecture"] = std::string(**architecture);
    }
    return row;
}

Result<int> list(const ListOptions& options) {
    const std::filesystem::path folder =
        options.folder.empty() ? default_models_folder() : path_of(options.folder);
    const auto models = find_models(folder);
    if (!models) return tl::unexpected(models.error());
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const FoundModel& found : *models) rows.push_back(describe(found));
    if (options.json) {
        const nlohmann::ordered_json json = {{"folder", folder.string()}, {"models", rows}};
        std::puts(json_text(json, 2).c_str());
        return exit_ok;
    }
    if (rows.empty()) fmt::print(stderr, "There is no model in \"{}\" yet.\n", folder.string());
    for (const auto& row : rows) {
        const std::string about = row.contains("problem") ? row["problem"].get<std::string>()
                                                          : row.value("architecture", std::string());
        fmt::print("{:<32} {:>8}  {}\n  {}\n", without_controls(row["name"].get<std::string>()),
                   size_text(row["bytes"].get<std::uint64_t>()), without_controls(about),
                   without_controls(row["path"].get<std::string>()));
    }
    return exit_ok;
}

}  // namespace

void add_models_command(CLI::App& app, int& status) {
    auto options = std::make_shared<ListOptions>();
    CLI::App* models = app.add_subcommand("models", "The models in the models folder");
    models->require_subcommand(1);
    CLI::App* command = models->add_subcommand("list", "List them, newest first");
    command->add_option("--models-dir", options->folder, "The models folder")->type_name("FOLDER");
    command->add_flag("--json", options->json, "Print JSON");
    const std::string examples =
        "Examples:\n"
        "  kinglet-cli models list\n"
        "  kinglet-cli models list --models-dir ~/models --json";
#ifdef KINGLET_HAVE_LIBRARY
    add_models_search_command(*models, status);
    add_models_pull_command(*models, status);
    add_models_import_command(*models, status);
    add_models_rm_command(*models, status);
    models->footer(examples +
                   "\n  kinglet-cli models search qwen\n"
                   "  kinglet-cli models pull smollm2-135m-instruct");
#else
    models->footer(examples);
#endif
    command->footer(examples);
    command->callback([options, &status] {
        const auto result = list(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
