// kinglet-cli models pull: models from a hub into the models folder.
#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "app/cli/library/environment.h"
#include "app/cli/library/pull_plan.h"
#include "app/cli/library/pull_run.h"
#include "app/cli/library_commands.h"

namespace kinglet::cli {
namespace {

struct PullOptions {
    std::vector<std::string> what;
    std::string quantization;
    std::string revision;
    std::string folder;
    std::uint64_t limit = 0;
    bool accept_terms = false;
    PullSettings settings;
};

Result<int> pull(PullOptions options) {
    LibraryEnvironment environment(options.folder);
    const auto hub = library::Hub::fromEnvironment();
    if (!hub) return tl::unexpected(to_error(hub.error()));
    QList<storage::DownloadRecord> records;
    for (const std::string& what : options.what) {
        auto record = plan_pull(environment, *hub,
                                {what, options.quantization, options.revision, options.accept_terms});
        if (!record) return tl::unexpected(record.error());
        records << *record;
    }
    options.settings.all_left = options.what.empty();
    options.settings.bytes_per_second = static_cast<std::int64_t>(options.limit);
    return run_pull(environment, *hub, records, options.settings);
}

}  // namespace

void add_models_pull_command(CLI::App& models, int& status) {
    auto options = std::make_shared<PullOptions>();
    CLI::App* command = models.add_subcommand("pull", "Fetch models, or go on with what was left unfinished");
    command
        ->add_option(
            "MODEL", options->what,
            "Id of the catalogue, OWNER/NAME, OWNER/NAME/FILE.gguf or its address; none: go on with all")
        ->type_name("");
    command->add_option("--quant", options->quantization, "Which form, such as Q4_K_M or Q8_0")
        ->type_name("NAME");
    command->add_option("--revision", options->revision, "Branch, tag or commit of the repository")
        ->type_name("NAME");
    command->add_option("--models-dir", options->folder, "The models folder")->type_name("FOLDER");
    command->add_option("--jobs", options->settings.at_once, "How many at once")
        ->check(CLI::Range(1, 8))
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--limit-rate", options->limit, "Bytes a second of all together, such as 500k or 2M")
        ->transform(CLI::AsNumberWithUnit(
            std::map<std::string, std::uint64_t>{{"k", 1000}, {"m", 1000 * 1000}, {"g", 1000 * 1000 * 1000}},
            CLI::AsNumberWithUnit::CASE_INSENSITIVE))
        ->type_name("RATE");
    command->add_flag("--accept-terms", options->accept_terms,
                      "You have read and accept the model's own terms");
    command->add_flag("--json", options->settings.json, "Print JSON at the end");
    command->footer(
        "Ctrl+C keeps what was fetched; the same command goes on with it. Each model is verified in a "
        "process of its "
        "own before it gets its name.\n"
        "HF_ENDPOINT names another hub than https://huggingface.co, HF_TOKEN holds a token for repositories "
        "that ask "
        "for one.\n"
        "Examples:\n"
        "  kinglet-cli models pull smollm2-135m-instruct\n"
        "  kinglet-cli models pull Qwen/Qwen3-0.6B-GGUF --quant Q8_0\n"
        "  kinglet-cli models pull");
    command->callback([options, &status] {
        const auto result = pull(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
