// kinglet-cli models search: the catalogue and the hub.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "app/cli/library/environment.h"
#include "app/cli/library_commands.h"
#include "app/cli/options.h"
#include "library/catalogue.h"
#include "library/hub_client.h"

namespace kinglet::cli {
namespace {

using library::CatalogueFile;
using library::CatalogueModel;
using library::HubModel;

struct SearchOptions {
    std::vector<std::string> words;
    int limit = 20;
    bool catalogue_only = false;
    bool json = false;
};

nlohmann::ordered_json to_json(const CatalogueModel& model) {
    nlohmann::ordered_json files = nlohmann::ordered_json::array();
    for (const CatalogueFile& file : model.files) {
        nlohmann::ordered_json row = {{"quantization", file.quantization.toStdString()},
                                      {"repository", file.repository.toStdString()}};
        if (file.bytes() > 0) row["bytes"] = file.bytes();
        files.push_back(row);
    }
    nlohmann::ordered_json row = {{"id", model.id.toStdString()},
                                  {"name", model.name.toStdString()},
                                  {"maker", model.maker.toStdString()},
                                  {"kind", library::nameOf(model.kind).toStdString()},
                                  {"architecture", model.architecture.toStdString()},
                                  {"context_length", model.contextLength},
                                  {"licence", model.licence.toStdString()},
                                  {"about", model.about.toStdString()},
                                  {"files", files}};
    if (model.parameters > 0) row["parameters"] = model.parameters;
    return row;
}

nlohmann::ordered_json to_json(const HubModel& model) {
    return {{"repository", model.repository.toStdString()},
            {"downloads", model.downloads},
            {"likes", model.likes},
            {"gated", model.gated},
            {"licence", model.licence.toStdString()}};
}

void print(const CatalogueModel& model) {
    const qint64 bytes = model.files.first().bytes();
    fmt::print("{:<30} {:<10} {:>8}  {}\n  {}\n", model.id.toStdString(),
               library::nameOf(model.kind).toStdString(),
               bytes > 0 ? size_text(static_cast<std::uint64_t>(bytes)) : std::string(),
               without_controls(model.name.toStdString()), without_controls(model.about.toStdString()));
}

void print(const HubModel& model) {
    fmt::print("{:<56} {:>9} downloads{}\n", without_controls(model.repository.toStdString()),
               model.downloads, model.gated ? "  (asks for an account)" : "");
}

Result<int> search(const SearchOptions& options) {
    LibraryEnvironment environment{std::string()};
    QString words;
    for (const std::string& word : options.words) words += QString::fromStdString(word) + u' ';
    words = words.trimmed();
    const auto known = library::builtInCatalogue().search(words);
    if (!options.json) {
        for (const CatalogueModel* model : known) print(*model);
        std::fflush(stdout);
    }
    Result<QList<HubModel>> found = QList<HubModel>();
    if (!options.catalogue_only) {
        const auto hub = library::Hub::fromEnvironment();
        if (!hub) return tl::unexpected(to_error(hub.error()));
        library::HubClient client(*hub);
        found = await<QList<HubModel>>(environment,
                                       [&](const auto& then) { client.search(words, options.limit, then); });
    }
    if (options.json) {
        nlohmann::ordered_json json = {{"catalogue", nlohmann::ordered_json::array()},
                                       {"hub", nlohmann::ordered_json::array()}};
        for (const CatalogueModel* model : known) json["catalogue"].push_back(to_json(*model));
        if (found) {
            for (const HubModel& model : *found) json["hub"].push_back(to_json(model));
        }
        std::puts(json_text(json, 2).c_str());
    } else if (found) {
        if (!known.isEmpty() && !found->isEmpty()) std::puts("");
        for (const HubModel& model : *found) print(model);
        if (known.isEmpty() && found->isEmpty())
            fmt::print(stderr, "Nothing was found for \"{}\".\n", words.toStdString());
    }
    if (!found) return tl::unexpected(found.error());
    return exit_ok;
}

}  // namespace

void add_models_search_command(CLI::App& models, int& status) {
    auto options = std::make_shared<SearchOptions>();
    CLI::App* command = models.add_subcommand("search", "Look for models in the catalogue and on the hub");
    command->add_option("WORDS", options->words, "All of these words; none: the whole catalogue")
        ->type_name("");
    command->add_option("--limit", options->limit, "At most so many of the hub")
        ->check(CLI::Range(1, 100))
        ->type_name("N")
        ->capture_default_str();
    command->add_flag("--catalogue", options->catalogue_only, "The catalogue only; asks nobody");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "HF_ENDPOINT names another hub than https://huggingface.co.\n"
        "Examples:\n"
        "  kinglet-cli models search qwen\n"
        "  kinglet-cli models search --catalogue embedding --json");
    command->callback([options, &status] {
        if (options->words.empty()) options->catalogue_only = true;
        const auto result = search(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
