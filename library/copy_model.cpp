#include "library/copy_model.h"

#include <QFile>
#include <QFileInfo>

#include "library/part_file.h"

namespace kinglet::library {

namespace {

constexpr qint64 kPieceBytes = 4 << 20;

using Stop = std::function<bool()>;

Problem unreadable(const QString& path, const QString& details) {
    Problem problem = problemOf(Fault::CannotWrite, QFileInfo(path).fileName(), {}, details);
    problem.message = QStringLiteral("“%1” cannot be read.").arg(path);
    problem.hint = QStringLiteral("Check the permissions of the file, and that its disk is there.");
    return problem;
}

/// The bytes of one file into `target` + ".part", all the way to the disk.
Outcome<bool> copyOne(const QString& from, const QString& target, const std::function<void(qint64)>& copied,
                      const Stop& stop) {
    QFile source(from);
    if (!source.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        return unreadable(from, source.errorString());
    PartFile::discard(target);
    PartFile part(target);
    auto prepared = part.prepare({}, 0, stop);
    if (auto* problem = std::get_if<Problem>(&prepared)) return std::move(*problem);
    if (auto full = part.checkRoom(source.size())) return std::move(*full);
    for (qint64 at = 0, size = source.size(); at < size;) {
        if (stop()) return false;
        const QByteArray data = source.read(kPieceBytes);
        if (data.isEmpty()) return unreadable(from, source.errorString());
        if (auto problem = part.write(at, data)) return std::move(*problem);
        at += data.size();
        copied(data.size());
    }
    auto finished = part.finish(stop);
    if (auto* problem = std::get_if<Problem>(&finished)) return std::move(*problem);
    return true;
}

}  // namespace

Outcome<bool> copyModel(const QStringList& files, const QStringList& targets,
                        const std::function<void(qint64, qint64)>& progress, const Stop& stop) {
    qint64 total = 0;
    for (const QString& file : files) total += QFileInfo(file).size();
    for (const QString& target : targets) {
        const QFileInfo there(target);
        if (there.exists() || there.isSymLink()) return problemOf(Fault::TargetExists, target, {});
    }
    qint64 done = 0;
    const auto copied = [&](qint64 bytes) { progress(done += bytes, total); };
    for (qsizetype i = 0; i < files.size(); ++i) {
        auto one = copyOne(files.at(i), targets.at(i), copied, stop);
        const bool* whole = std::get_if<bool>(&one);
        if (whole && *whole) continue;
        for (const QString& target : targets) PartFile::discard(target);
        return one;
    }
    for (qsizetype i = targets.size() - 1; i >= 0; --i) {
        auto problem = PartFile::publish(targets.at(i));
        if (!problem) continue;
        for (const QString& target : targets) PartFile::discard(target);
        for (qsizetype named = i + 1; named < targets.size(); ++named) QFile::remove(targets.at(named));
        return std::move(*problem);
    }
    return true;
}

}  // namespace kinglet::library
