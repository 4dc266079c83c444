#pragma once

#include <QByteArray>
#include <QList>
#include <QString>
#include <memory>

#include "storage/result.h"

namespace kinglet::storage {

/// What an archive may claim or hold before it is refused. Sizes are of the unpacked bytes, counted while
/// unpacking.
struct ArchiveLimits {
    qint64 maxEntries = 250000;
    qint64 maxEntryBytes = qint64(64) << 20;
    qint64 maxTotalBytes = qint64(2) << 30;
};

/// One file in an archive. The name is relative, uses '/', and is safe to show; it is still no path to write
/// to.
struct ArchiveEntry {
    QString name;
    qint64 size = 0;  ///< unpacked, as the archive claims
};

/// Reads a .zip that nobody vouches for. open() refuses absolute names, "..", drive letters, backslashes,
/// control characters, names twice, too many entries, too large claims, encryption; read() refuses what
/// unpacks to more than claimed or allowed and what fails its checksum. Not thread-safe.
class ArchiveReader {
  public:
    virtual ~ArchiveReader() = default;
    static Result<std::unique_ptr<ArchiveReader>> open(const QString& path, const ArchiveLimits& limits = {});

    virtual const QList<ArchiveEntry>& entries() const = 0;
    /// The unpacked bytes of one entry. NotFound if there is none of that name.
    virtual Result<QByteArray> read(const QString& name) = 0;
};

/// Writes a .zip beside `path` under a temporary name; commit() syncs it to the disk and renames it into
/// place, so the file appears whole or not at all. Destroyed without commit() it leaves nothing behind. Not
/// thread-safe.
class ArchiveWriter {
  public:
    virtual ~ArchiveWriter() = default;
    static Result<std::unique_ptr<ArchiveWriter>> create(const QString& path);

    virtual Result<void> add(const QString& name, const QByteArray& bytes) = 0;
    virtual Result<void> commit() = 0;
};

}  // namespace kinglet::storage
