// Taking models off the disk, and back again.
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QPromise>

#include "app/gui/futures.h"
#include "app/gui/model_catalogue.h"
#include "app/gui/model_parts.h"
#include "storage/pool_job.h"

namespace kinglet::gui {

namespace {

/// Puts it where it was, and forgets what the trash knew of it. False where that is not possible.
bool putBack(const TrashedFile& file) {
    if (QFileInfo::exists(file.path) || !QFile::rename(file.inTrash, file.path)) return false;
    const QFileInfo inTrash(file.inTrash);
    QDir folder = inTrash.absoluteDir();
    if (folder.dirName() == QLatin1String("files") && folder.cdUp())
        QFile::remove(
            folder.filePath(QStringLiteral("info/") + inTrash.fileName() + QStringLiteral(".trashinfo")));
    return true;
}

struct Trashing {
    QList<TrashedFile> files;
    QString problem;
};

Trashing moveToTrash(const QString& path) {
    Trashing result;
    for (const QString& file : filesOfModel(path)) {
        QString inTrash;
        if (QFile::moveToTrash(file, &inTrash) && !inTrash.isEmpty()) {
            result.files.append({file, inTrash});
            continue;
        }
        for (const TrashedFile& moved : std::as_const(result.files)) putBack(moved);
        result.files.clear();
        result.problem =
            ModelCatalogue::tr("%1 cannot be moved to the trash. Delete it in your file manager.")
                .arg(QFileInfo(file).fileName());
        break;
    }
    return result;
}

}  // namespace

void ModelCatalogue::trash(const QString& path) {
    if (isFixed_ || path == starter_) return;
    auto promise = std::make_shared<QPromise<Trashing>>();
    promise->start();
    whenDone(this, promise->future(), [this, path](const Trashing& done) {
        if (done.problem.isEmpty()) forget(path);
        emit trashed(path, done.files, done.problem);
    });
    pool_.start(new storage::PoolJob([promise, path] {
        promise->addResult(moveToTrash(path));
        promise->finish();
    }));
}

void ModelCatalogue::takeBack(const QList<TrashedFile>& files) {
    auto promise = std::make_shared<QPromise<QString>>();
    promise->start();
    whenDone(this, promise->future(), [this](const QString& problem) { emit takenBack(problem); });
    pool_.start(new storage::PoolJob([promise, files] {
        QString problem;
        for (const TrashedFile& file : files) {
            if (!putBack(file))
                problem = tr("%1 is no longer in the trash.").arg(QFileInfo(file.path).fileName());
        }
        promise->addResult(problem);
        promise->finish();
    }));
}

}  // namespace kinglet::gui
