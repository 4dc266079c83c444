#pragma once

#include <QByteArray>
#include <QString>
#include <memory>

#include "storage/result.h"

namespace kinglet::storage {

// What archive.cpp asks of the library that knows the .zip format. One of archive_karchive.cpp and
// archive_quazip.cpp is built. Backends trust nothing either, but the rules on names, sizes and checksums are
// archive.cpp's.

class ArchiveSource {
  public:
    virtual ~ArchiveSource() = default;
    static Result<std::unique_ptr<ArchiveSource>> open(const QString& path);

    /// Unpacks up to `limit` bytes of the entry of this name, which the archive's directory has.
    virtual Result<QByteArray> unpack(const QString& name, qint64 limit) = 0;
};

class ArchiveSink {
  public:
    virtual ~ArchiveSink() = default;
    static Result<std::unique_ptr<ArchiveSink>> create(const QString& path);

    virtual Result<void> add(const QString& name, const QByteArray& bytes) = 0;
    /// Writes the directory and closes the file.
    virtual Result<void> close() = 0;
};

/// The errors that those who read and write .zip share.
Error unreadableArchive(const QString& path, const QString& details);
Error tooManyEntries(const QString& path);
Error unwritableArchive(const QString& path, const QString& details);

}  // namespace kinglet::storage
