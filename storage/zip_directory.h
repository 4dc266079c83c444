#pragma once

#include <QList>
#include <QString>

#include "storage/result.h"

namespace kinglet::storage {

/// An entry of a .zip as the archive's directory describes it.
struct ZipEntryInfo {
    QString name;
    qint64 size = 0;  ///< unpacked, as claimed
    quint32 crc = 0;  ///< as claimed
    bool folder = false;
    bool encrypted = false;
    bool link = false;
};

/// Reads the central directory of a .zip (APPNOTE.TXT, 4.3.12 to 4.3.16, zip64 included). The libraries that
/// unpack tidy it up as they read: they drop the second of two equal names, a leading '/' or the encryption
/// flag. What is judged must be what is really there. At most `maxEntries` entries; never more memory than
/// the file is large.
Result<QList<ZipEntryInfo>> readZipDirectory(const QString& path, qint64 maxEntries);

}  // namespace kinglet::storage
