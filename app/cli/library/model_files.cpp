#include "app/cli/library/model_files.h"

#include <fmt/format.h>

#include <QDir>
#include <QFileInfo>

#include "app/cli/models_folder.h"
#include "inference/gguf/model_file.h"
#include "library/sha256.h"

namespace kinglet::cli {

Result<QStringList> parts_of(const std::string& path) {
    const QFileInfo file(QString::fromStdString(path));
    if (file.suffix().compare(QLatin1String("gguf"), Qt::CaseInsensitive) != 0) {
        return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not a GGUF file.", path),
                    "Turn a checkpoint into one with: kinglet-cli convert DIR OUT.gguf");
    }
    const auto part = gguf::parse_part_name(std::filesystem::path(path));
    QStringList parts;
    if (!part) parts << file.absoluteFilePath();
    for (int number = 1; part && number <= part->count; ++number)
        parts << file.absoluteDir().filePath(QString::fromStdString(part->of_part(number)));
    for (const QString& one : parts) {
        const QFileInfo info(one);
        if (info.isFile()) continue;
        return fail(ErrorCode::not_found,
                    info.exists() ? fmt::format("\"{}\" is not a file.", one.toStdString())
                                  : fmt::format("There is no \"{}\".", one.toStdString()),
                    part ? "Put all parts of the model into one folder." : "Check the path.");
    }
    return parts;
}

Result<QStringList> find_in_folder(const QString& folder, const std::string& name) {
    const auto models = find_models(std::filesystem::path(folder.toStdU16String()));
    if (!models) return tl::unexpected(models.error());
    const QString wanted = QString::fromStdString(name);
    const QString as_path = QDir::cleanPath(QDir::current().absoluteFilePath(wanted));
    for (const FoundModel& model : *models) {
        const QFileInfo file(QString::fromStdU16String(model.path.u16string()));
        const bool meant = file.fileName() == wanted || file.completeBaseName() == wanted ||
                           QDir::cleanPath(file.absoluteFilePath()) == as_path;
        if (meant) return parts_of(model.path.string());
    }
    if (QFileInfo::exists(as_path) && wanted.contains(u'/')) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("\"{}\" is not in the models folder \"{}\".", name, folder.toStdString()),
                    "Only models in the models folder are removed.");
    }
    return fail(ErrorCode::not_found,
                fmt::format("There is no model \"{}\" in \"{}\".", name, folder.toStdString()),
                "See what there is with: kinglet-cli models list");
}

Result<QString> sha256_of(const QString& path) {
    const QString hash = library::sha256OfFile(path, [] { return false; });
    if (!hash.isEmpty()) return hash;
    return fail(ErrorCode::io, fmt::format("\"{}\" cannot be read.", path.toStdString()),
                "Check the permissions of the file.");
}

}  // namespace kinglet::cli
