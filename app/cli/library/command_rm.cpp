// kinglet-cli models rm: takes a model, or a download that was left unfinished, off the disk.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/cli.h"
#include "app/cli/library/environment.h"
#include "app/cli/library/model_files.h"
#include "app/cli/library_commands.h"
#include "app/cli/options.h"
#include "library/download_locks.h"
#include "library/part_file.h"
#include "storage/download_store.h"

namespace kinglet::cli {
namespace {

struct RemoveOptions {
    std::string name;
    std::string folder;
    bool yes = false;
    bool json = false;
};

template <class T>
Result<T> waited(QFuture<storage::Result<T>> future) {
    future.waitForFinished();
    auto result = future.takeResult();
    if (!result) return tl::unexpected(to_error(result.error()));
    if constexpr (!std::is_void_v<T>) {
        return std::move(result).value();
    } else {
        return {};
    }
}

/// The unfinished download that is meant, by its name, its id of the catalogue or one of its files.
Result<std::optional<storage::DownloadRecord>> unfinished(storage::DownloadStore& store,
                                                          const QString& folder, const QString& name) {
    const auto records = waited(store.all());
    if (!records) return tl::unexpected(records.error());
    for (const storage::DownloadRecord& record : *records) {
        bool meant =
            record.name == name || record.details.value(QStringLiteral("catalogue")).toString() == name;
        for (const storage::DownloadFile& file : record.files) {
            const QFileInfo target(file.target);
            meant = meant || file.target == QDir(folder).absoluteFilePath(name) ||
                    target.fileName() == name || target.completeBaseName() == name;
        }
        if (meant) return record;
    }
    return std::nullopt;
}

Status confirm(const RemoveOptions& options, const QStringList& files) {
    if (options.yes) return {};
    if (!stdin_is_terminal() || !stderr_is_terminal()) {
        return fail(ErrorCode::invalid_argument, "Nothing was removed, since nobody can be asked here.",
                    "Add --yes to remove it without a question.");
    }
    for (const QString& file : files) fmt::print(stderr, "  {}\n", without_controls(file.toStdString()));
    fmt::print(stderr, "Remove {}? [y/N] ", files.size() == 1 ? "it" : "them");
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "Y" || answer == "yes") return {};
    return fail(ErrorCode::invalid_argument, "Nothing was removed.");
}

int print_result(const RemoveOptions& options, const QStringList& files, qint64 bytes) {
    if (options.json) {
        nlohmann::ordered_json json = {{"removed", nlohmann::ordered_json::array()}, {"bytes", bytes}};
        for (const QString& file : files) json["removed"].push_back(file.toStdString());
        std::puts(json_text(json, 2).c_str());
    } else {
        fmt::print("Removed {}, {}.\n",
                   files.size() == 1 ? files.first().toStdString() : fmt::format("{} files", files.size()),
                   size_text(static_cast<std::uint64_t>(bytes)));
    }
    return exit_ok;
}

Result<int> remove_download(const RemoveOptions& options, storage::DownloadStore& store,
                            const storage::DownloadRecord& record) {
    QStringList files;
    qint64 bytes = 0;
    for (const storage::DownloadFile& file : record.files) {
        files << library::PartFile::partName(file.target);
        bytes += QFileInfo(files.last()).size();
    }
    if (const Status agreed = confirm(options, files); !agreed) return tl::unexpected(agreed.error());
    library::DownloadLocks locks(library::DownloadLocks::pathIn(LibraryEnvironment::data_folder()));
    if (!locks.take(record.id)) {
        return fail(ErrorCode::io,
                    fmt::format("{} is being fetched by another Kinglet.", record.name.toStdString()),
                    "Cancel the download there first.");
    }
    for (const storage::DownloadFile& file : record.files) library::PartFile::discard(file.target);
    if (const auto removed = waited(store.remove(record.id)); !removed)
        return tl::unexpected(removed.error());
    return print_result(options, files, bytes);
}

Result<int> remove_model(const RemoveOptions& options, const QStringList& files) {
    if (const Status agreed = confirm(options, files); !agreed) return tl::unexpected(agreed.error());
    qint64 bytes = 0;
    // The first part goes first: what is left then is no model to anybody.
    for (const QString& file : files) {
        const QFileInfo info(file);
        if (!info.isSymLink()) bytes += info.size();
        if (QFile gone(file); !gone.remove()) {
            return fail(ErrorCode::io,
                        fmt::format("\"{}\" cannot be removed: {}.", file.toStdString(),
                                    gone.errorString().toStdString()),
                        "Check that you may write to its folder.");
        }
    }
    return print_result(options, files, bytes);
}

Result<int> remove_named(const RemoveOptions& options) {
    LibraryEnvironment environment(options.folder);
    const auto files = find_in_folder(environment.models_folder(), options.name);
    if (files) return remove_model(options, *files);
    if (files.error().code != ErrorCode::not_found) return tl::unexpected(files.error());
    const auto database = environment.open_database();
    if (!database) return tl::unexpected(database.error());
    storage::DownloadStore store(**database);
    const auto download =
        unfinished(store, environment.models_folder(), QString::fromStdString(options.name));
    if (!download) return tl::unexpected(download.error());
    if (!*download) return tl::unexpected(files.error());
    return remove_download(options, store, **download);
}

}  // namespace

void add_models_rm_command(CLI::App& models, int& status) {
    auto options = std::make_shared<RemoveOptions>();
    CLI::App* command = models.add_subcommand("rm", "Remove a model, or a download that was left unfinished");
    command
        ->add_option("NAME", options->name,
                     "File name in the models folder, with or without .gguf, or its path")
        ->required()
        ->type_name("");
    command->add_option("--models-dir", options->folder, "The models folder")->type_name("FOLDER");
    command->add_flag("--yes", options->yes, "Do not ask");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "All parts of a model go together; of an imported link only the link goes.\n"
        "Example:\n"
        "  kinglet-cli models rm tinyllama-1.1b-chat-v1.0.Q4_K_M");
    command->callback([options, &status] {
        const auto result = remove_named(*options);
        status = result ? *result : report(result.error());
    });
}

}  // namespace kinglet::cli
