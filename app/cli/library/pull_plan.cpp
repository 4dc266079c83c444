#include "app/cli/library/pull_plan.h"

#include <fmt/format.h>

#include <QFileInfo>
#include <QJsonObject>
#include <algorithm>

#include "library/offer.h"

namespace kinglet::cli {
namespace {

using library::CatalogueFile;
using library::CatalogueModel;
using library::HubFile;
using library::HubFiles;
using storage::DownloadFile;
using storage::DownloadRecord;

/// One line of choices, so that the person can pick.
std::string choices(const QStringList& names) {
    QStringList shown = names.mid(0, 12);
    if (names.size() > shown.size()) shown << QStringLiteral("...");
    return shown.join(QStringLiteral(", ")).toStdString();
}

Result<DownloadRecord> from_catalogue(const LibraryEnvironment& environment, const CatalogueModel& model,
                                      const PullChoice& choice) {
    if (!model.terms.isEmpty() && !choice.accept_terms) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} comes with terms of its own ({}).", model.name.toStdString(),
                                model.licence.toStdString()),
                    fmt::format("Read them at {} and add --accept-terms.", model.terms.toStdString()));
    }
    const QString wanted = QString::fromStdString(choice.quantization);
    const auto found = std::find_if(model.files.begin(), model.files.end(), [&](const CatalogueFile& file) {
        return wanted.isEmpty() || file.quantization.compare(wanted, Qt::CaseInsensitive) == 0;
    });
    if (found == model.files.end()) {
        QStringList names;
        for (const CatalogueFile& file : model.files) names << file.quantization;
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("{} is not in the catalogue as {}.", model.name.toStdString(), choice.quantization),
            fmt::format("Choose one of: {}.", choices(names)));
    }
    return library::recordFor(model, *found, environment.models_folder());
}

/// The wanted one of a repository's models.
Result<QList<HubFile>> choose(const QList<QList<HubFile>>& models, const library::HubReference& reference,
                              const PullChoice& choice) {
    const std::string repository = reference.repository.toStdString();
    if (models.isEmpty()) {
        return fail(ErrorCode::not_found, fmt::format("{} holds no GGUF file.", repository),
                    "Choose a repository whose name ends in GGUF.");
    }
    const QString wanted = QString::fromStdString(choice.quantization);
    const auto is_wanted = [&](const QList<HubFile>& parts, const QString& quantization) {
        return library::quantizationIn(parts.first().path).compare(quantization, Qt::CaseInsensitive) == 0;
    };
    QStringList names;
    for (const QList<HubFile>& parts : models) {
        names << parts.first().path;
        const bool is_named = !reference.path.isEmpty() &&
                              std::any_of(parts.begin(), parts.end(),
                                          [&](const HubFile& part) { return part.path == reference.path; });
        if (is_named || (reference.path.isEmpty() && !wanted.isEmpty() && is_wanted(parts, wanted)))
            return parts;
    }
    if (reference.path.isEmpty() && wanted.isEmpty()) {
        if (models.size() == 1) return models.first();
        for (const char* usual : {"Q4_K_M", "Q4_0", "Q8_0"}) {
            for (const QList<HubFile>& parts : models) {
                if (is_wanted(parts, QString::fromLatin1(usual))) return parts;
            }
        }
    }
    return fail(ErrorCode::not_found,
                fmt::format("{} has no {}.", repository,
                            !reference.path.isEmpty() ? reference.path.toStdString()
                            : wanted.isEmpty()        ? "file of a usual quantization"
                                                      : choice.quantization),
                fmt::format("It has: {}.", choices(names)));
}

Result<DownloadRecord> from_hub(LibraryEnvironment& environment, const library::Hub& hub,
                                const library::HubReference& reference, const PullChoice& choice) {
    library::HubClient client(hub);
    const QString revision =
        choice.revision.empty() ? reference.revision : QString::fromStdString(choice.revision);
    const auto files = await<HubFiles>(
        environment, [&](const auto& then) { client.files(reference.repository, revision, then); });
    if (!files) return tl::unexpected(files.error());
    const auto chosen = choose(library::modelsAmong(files->files), reference, choice);
    if (!chosen) return tl::unexpected(chosen.error());
    DownloadRecord record;
    const QString first = chosen->first().path.section(u'/', -1);
    record.name = first;
    record.details = {{QStringLiteral("quantization"), library::quantizationIn(first)}};
    for (const HubFile& part : *chosen) {
        DownloadFile file;
        file.repository = reference.repository;
        file.revision = files->commit;
        file.path = part.path;
        file.target = environment.target(part.path.section(u'/', -1));
        file.bytes = part.bytes;
        file.sha256 = part.sha256;
        record.files << file;
    }
    return record;
}

}  // namespace

Result<DownloadRecord> plan_pull(LibraryEnvironment& environment, const library::Hub& hub,
                                 const PullChoice& choice) {
    const QString what = QString::fromStdString(choice.what);
    if (const CatalogueModel* model = library::builtInCatalogue().find(what))
        return from_catalogue(environment, *model, choice);
    if (const auto reference = library::parseReference(what, hub))
        return from_hub(environment, hub, *reference, choice);
    return fail(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is neither a model of the catalogue nor a repository of {}.", choice.what,
                            hub.host().toStdString()),
                "Look for one with: kinglet-cli models search WORDS");
}

QString checkpoint_folder(const DownloadRecord& record) {
    return record.details.value(QStringLiteral("checkpoint")).toString();
}

}  // namespace kinglet::cli
