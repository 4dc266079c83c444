#include "tests/structure/project_files.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <algorithm>

namespace kinglet::structure {
namespace {

QStringList filesThatGitKnows() {
    QProcess git;
    git.setWorkingDirectory(projectFolder());
    git.start("git",
              {"-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"});
    if (!git.waitForFinished() || git.exitStatus() != QProcess::NormalExit || git.exitCode() != 0) return {};
    return QString::fromUtf8(git.readAllStandardOutput()).split(QChar('\0'), Qt::SkipEmptyParts);
}

QStringList filesInFolders() {
    QStringList files;
    const QDir root(projectFolder());
    QDirIterator all(root.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (all.hasNext()) {
        const QString path = root.relativeFilePath(all.next());
        if (!path.startsWith("build/") && !path.startsWith("dist/") && !path.startsWith(".git/"))
            files << path;
    }
    return files;
}

}  // namespace

QString projectFolder() {
    return QStringLiteral(KINGLET_SOURCE_DIR);
}

QStringList projectFiles() {
    QStringList files = filesThatGitKnows();
    if (files.isEmpty()) files = filesInFolders();
    // A file that was removed and not committed yet is still known to git.
    files.removeIf(
        [](const QString& path) { return !QFileInfo::exists(QDir(projectFolder()).filePath(path)); });
    files.removeDuplicates();
    files.sort();
    return files;
}

QStringList projectFiles(const QStringList& endings) {
    QStringList files = projectFiles();
    files.removeIf([&endings](const QString& path) {
        return std::none_of(endings.begin(), endings.end(),
                            [&path](const QString& ending) { return path.endsWith(ending); });
    });
    return files;
}

QByteArray contentOf(const QString& path) {
    QFile file(QDir(projectFolder()).filePath(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace kinglet::structure
