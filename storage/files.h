#pragma once

#include <QDateTime>
#include <QString>

#include "storage/result.h"

namespace kinglet::storage {

/// Waits until the file's bytes are on the disk. Never call it for a database that is open: closing any
/// descriptor of a file drops every POSIX lock that the process holds on it, SQLite's included.
Result<void> syncFile(const QString& path);
/// Waits until a rename or removal in this folder is on the disk. Does nothing where the system has no such
/// thing.
void syncFolder(const QString& folder);
/// Renames `from` to `to` and syncs the folder. Unless told to replace it, `to` must not exist.
enum class Existing { Refuse, Replace };
Result<void> renameFile(const QString& from, const QString& to, Existing existing = Existing::Refuse);
/// "2026-11-22-150405123": sorts by time, is safe in every file system.
QString dateStamp(const QDateTime& when);
/// A name for people that every file system takes: no separators, control characters, reserved names or
/// trailing dots, at most 80 characters; "Chat" if nothing is left.
QString safeFileName(const QString& wanted);
/// Quoted for SQL.
QString sqlQuoted(QString text);

}  // namespace kinglet::storage
