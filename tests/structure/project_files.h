// The project's own files, as the tests of its structure see them.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace kinglet::structure {

/// The folder that holds the whole project.
QString projectFolder();

/// Paths, relative to the project's folder, of every file that belongs to the project: what git knows or
/// would add; without git, everything but build results.
QStringList projectFiles();

/// Those that end with one of `endings`.
QStringList projectFiles(const QStringList& endings);

/// Content of a file of the project; empty where it cannot be read.
QByteArray contentOf(const QString& path);

}  // namespace kinglet::structure
