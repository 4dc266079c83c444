#pragma once

#include <QByteArray>
#include <QList>
#include <QString>
#include <memory>

#include "storage/result.h"

namespace kinglet::storage {

// What archive.cpp asks of the library that knows the .zip format. One of archive_karchive.cpp and
// archive_quazip.cpp is built. Backends trust nothing either, but the rules on names, sizes and checksums are
// archive.cpp's.

/// An entry as the archive describes it.
struct RawEntry {
    QString name;
    qint64 size = 0;  ///< as claimed
    quint32 crc = 0;  ///< as claimed
    bool folder = false;
    bool encrypted = false;
    bool link = false;
};

class ArchiveSource {
  public:
    virtual ~ArchiveSource() = default;
    static Result<std::unique_ptr<ArchiveSource>> open(const QString& path);

    /// All entries; an error as soon as there are more than `maxEntries`.
    virtual Result<QList<RawEntry>> list(qint64 maxEntries) = 0;
    /// Unpacks up to `limit` bytes of an entry that list() gave.
    virtual Result<QByteArray> unpack(const RawEntry& entry, qint64 limit) = 0;
};

class ArchiveSink {
  public:
    virtual ~ArchiveSink() = default;
    static Result<std::unique_ptr<ArchiveSink>> create(const QString& path);

    virtual Result<void> add(const QString& name, const QByteArray& bytes) = 0;
    /// Writes the directory and closes the file.
    virtual Result<void> close() = 0;
};

/// The errors that both backends report.
Error unreadableArchive(const QString& path, const QString& details);
Error tooManyEntries(const QString& path);
Error unwritableArchive(const QString& path, const QString& details);

}  // namespace kinglet::storage
