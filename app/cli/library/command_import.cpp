// kinglet-cli models import: a GGUF file from elsewhere into the models folder.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <QDir>
#include <QFileInfo>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "app/cli/cli.h"
#include "app/cli/library/environment.h"
#include "app/cli/library/model_files.h"
#include "app/cli/library_commands.h"
#include "app/cli/models_folder.h"
#include "app/cli/options.h"
#include "library/copy_model.h"
#include "library/verifier.h"

namespace kinglet::cli {
namespace {

struct ImportOptions {
    std::string file;
    std::string folder;
    bool link = false;
    bool json = false;
};

/// The model of the folder with the same contents as `file`; empty where there is none.
Result<QString> duplicate_of(const LibraryEnvironment& environment, const QString& file) {
    const auto models = find_models(std::filesystem::path(environment.models_folder().toStdU16String()));
    if (!models) return tl::unexpected(models.error());
    QString own;
    for (const FoundModel& model : *models) {
        const QString other = QString::fromStdU16String(model.path.u16string());
        if (static_cast<qint64>(model.bytes) != QFileInfo(file).size()) continue;
        if (QFileInfo(other).canonicalFilePath() == QFileInfo(file).canonicalFilePath()) return other;
        if (own.isEmpty()) {
            const auto hashed = sha256_of(file);
            if (!hashed) return hashed;
            own = *hashed;
        }
        const auto hashed = sha256_of(other);
        if (hashed && *hashed == own) return other;
    }
    return QString();
}

Status check(LibraryEnvironment& environment, const QStringList& parts, const QStringList& targets) {
    QDir().mkpath(environment.models_folder());
    library::Verifier verifier(LibraryEnvironment::program());
    const auto verified = await<std::monostate>(environment, [&](const auto& then) {
        verifier.verify(parts, targets, [then](const std::optional<library::Problem>& problem) {
            if (problem) {
                then(*problem);
            } else {
                then(std::monostate());
            }
        });
    });
    if (!verified) return tl::unexpected(verified.error());
    return {};
}

Status copy_all(const LibraryEnvironment& environment, const QStringList& parts, const QStringList& targets) {
    ProgressBar bar("Copying");
    const auto progress = [&bar](qint64 done, qint64 total) {
        bar.update(static_cast<float>(done) / static_cast<float>(total));
    };
    const auto copied =
        library::copyModel(parts, targets, progress, [&environment] { return environment.interrupted(); });
    if (const auto* problem = std::get_if<library::Problem>(&copied))
        return tl::unexpected(to_error(*problem));
    if (!std::get<bool>(copied)) return fail(ErrorCode::cancelled, "Stopped. Nothing was imported.");
    return {};
}

Status link_all(const QStringList& parts, const QStringList& targets) {
    for (qsizetype i = targets.size() - 1; i >= 0; --i) {
        std::error_code problem;
        std::filesystem::create_symlink(parts.at(i).toStdU16String(), targets.at(i).toStdU16String(),
                                        problem);
        if (problem) {
            return fail(
                ErrorCode::io,
                fmt::format("\"{}\" cannot be made: {}.", targets.at(i).toStdString(), problem.message()),
                "Import it without --link, which copies it.");
        }
    }
    return {};
}

int print_result(const ImportOptions& options, const QString& path, const QString& duplicate) {
    const std::string shown = (duplicate.isEmpty() ? path : duplicate).toStdString();
    if (options.json) {
        const nlohmann::ordered_json json = {
            {"path", shown}, {"already_there", !duplicate.isEmpty()}, {"verified", duplicate.isEmpty()}};
        std::puts(json_text(json, 2).c_str());
    } else if (!duplicate.isEmpty()) {
        fmt::print("It is there already: {}\n", without_controls(shown));
    } else {
        fmt::print("Imported and verified: {}\n", without_controls(shown));
    }
    return exit_ok;
}

Result<int> import_model(const ImportOptions& options) {
    LibraryEnvironment environment(options.folder);
    const auto parts = parts_of(options.file);
    if (!parts) return tl::unexpected(parts.error());
    const auto duplicate = duplicate_of(environment, parts->first());
    if (!duplicate) return tl::unexpected(duplicate.error());
    if (!duplicate->isEmpty()) return print_result(options, {}, *duplicate);
    QStringList targets;
    for (const QString& part : *parts) {
        targets << environment.target(QFileInfo(part).fileName());
        if (QFileInfo(targets.last()).isSymLink() || QFileInfo::exists(targets.last()))
            return tl::unexpected(
                to_error(library::problemOf(library::Fault::TargetExists, targets.last(), {})));
    }
    if (const Status checked = check(environment, *parts, targets); !checked)
        return tl::unexpected(checked.error());
    const Status done = options.link ? link_all(*parts, targets) : copy_all(environment, *parts, targets);
    if (!done) return tl::unexpected(done.error());
    return print_result(options, targets.first(), {});
}

}  // namespace

void add_models_import_command(CLI::App& models, int& status) {
    auto options = std::make_shared<ImportOptions>();
    CLI::App* command = models.add_subcommand("import", "Put a GGUF file into the models folder");
    command->add_option("FILE", options->file, "The file; of a model in several parts, any of them")
        ->required()
        ->type_name("");
    command->add_flag("--link", options->link, "Leave the file where it is and keep a link to it");
    command->add_option("--models-dir", options->folder, "The models folder")->type_name("FOLDER");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "The file is verified in a process of its own before anything is written.\n"
        "Examples:\n"
        "  kinglet-cli models import ~/Downloads/model.gguf\n"
        "  kinglet-cli models import --link /media/disk/model-00001-of-00003.gguf");
    command->callback([options, &status] {
        const auto result = import_model(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
