#include "storage/zip_directory.h"

#include <QFile>
#include <QtEndian>
#include <algorithm>
#include <optional>

#include "storage/archive_backend.h"

namespace kinglet::storage {

namespace {

constexpr quint32 endSignature = 0x06054b50;
constexpr quint32 endLocatorSignature64 = 0x07064b50;
constexpr quint32 endSignature64 = 0x06064b50;
constexpr quint32 entrySignature = 0x02014b50;
constexpr qint64 endSize = 22;
constexpr qint64 endLocatorSize64 = 20;
constexpr qint64 endSize64 = 56;
constexpr qint64 entrySize = 46;
constexpr qint64 largestComment = 65535;

/// Little-endian numbers at a place that the caller has checked to be inside.
template <class T>
T number(const QByteArray& bytes, qint64 at) {
    return qFromLittleEndian<T>(bytes.constData() + at);
}

struct Directory {
    quint64 entries = 0;
    quint64 size = 0;
    quint64 offset = 0;
};

QByteArray readAt(QFile& file, qint64 offset, qint64 size) {
    if (offset < 0 || size < 0 || offset > file.size() - size || !file.seek(offset)) return {};
    return file.read(size);
}

/// The record at the very end of the file says where the directory is.
std::optional<Directory> findDirectory(QFile& file) {
    const qint64 tailSize = std::min(file.size(), endSize + largestComment);
    const QByteArray tail = readAt(file, file.size() - tailSize, tailSize);
    for (qint64 at = tail.size() - endSize; at >= 0; --at) {
        if (number<quint32>(tail, at) != endSignature) continue;
        if (at + endSize + number<quint16>(tail, at + 20) != tail.size())
            continue;  // the comment must end the file
        Directory directory{number<quint16>(tail, at + 10), number<quint32>(tail, at + 12),
                            number<quint32>(tail, at + 16)};
        if (directory.entries != 0xffff && directory.size != 0xffffffff && directory.offset != 0xffffffff)
            return directory;
        const QByteArray locator =
            readAt(file, file.size() - tail.size() + at - endLocatorSize64, endLocatorSize64);
        if (locator.size() != endLocatorSize64 || number<quint32>(locator, 0) != endLocatorSignature64)
            return directory;
        const quint64 place = number<quint64>(locator, 8);
        if (place > quint64(file.size())) return std::nullopt;
        const QByteArray end = readAt(file, qint64(place), endSize64);
        if (end.size() != endSize64 || number<quint32>(end, 0) != endSignature64) return std::nullopt;
        return Directory{number<quint64>(end, 32), number<quint64>(end, 40), number<quint64>(end, 48)};
    }
    return std::nullopt;
}

/// The size of an entry too large for 32 bits is in its zip64 extra field.
quint64 largeSize(const QByteArray& extra) {
    for (qint64 at = 0; at + 4 <= extra.size();) {
        const qint64 length = number<quint16>(extra, at + 2);
        if (number<quint16>(extra, at) == 1 && length >= 8 && at + 12 <= extra.size())
            return number<quint64>(extra, at + 4);
        at += 4 + length;
    }
    return 0xffffffff;
}

QString decodedName(const QByteArray& bytes) {
    const QString name = QString::fromUtf8(bytes);
    return name.contains(QChar::ReplacementCharacter) ? QString::fromLatin1(bytes) : name;
}

ZipEntryInfo entryAt(const QByteArray& directory, qint64 at, qint64 nameLength, qint64 extraLength) {
    ZipEntryInfo entry;
    const quint16 flags = number<quint16>(directory, at + 8);
    quint64 size = number<quint32>(directory, at + 24);
    if (size == 0xffffffff) size = largeSize(directory.mid(at + entrySize + nameLength, extraLength));
    const bool madeOnUnix = (number<quint16>(directory, at + 4) >> 8) == 3;
    const quint32 mode = number<quint32>(directory, at + 38) >> 16;
    entry.name = decodedName(directory.mid(at + entrySize, nameLength));
    entry.size = size > quint64(INT64_MAX) ? INT64_MAX : qint64(size);
    entry.crc = number<quint32>(directory, at + 16);
    entry.folder = entry.name.endsWith(u'/');
    entry.encrypted = (flags & 0x2001) != 0;
    entry.link = madeOnUnix && (mode & 0170000) == 0120000;
    return entry;
}

}  // namespace

Result<QList<ZipEntryInfo>> readZipDirectory(const QString& path, qint64 maxEntries) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return unreadableArchive(path, file.errorString());
    const auto found = findDirectory(file);
    if (!found) return unreadableArchive(path, QStringLiteral("it has no directory"));
    if (found->entries > quint64(maxEntries)) return tooManyEntries(path);
    if (found->size > quint64(file.size()) || found->offset > quint64(file.size())) {
        return unreadableArchive(path, QStringLiteral("its directory is cut off"));
    }
    const QByteArray directory = readAt(file, qint64(found->offset), qint64(found->size));
    if (quint64(directory.size()) != found->size)
        return unreadableArchive(path, QStringLiteral("its directory is cut off"));
    QList<ZipEntryInfo> entries;
    qint64 at = 0;
    while (quint64(entries.size()) < found->entries) {
        if (at + entrySize > directory.size() || number<quint32>(directory, at) != entrySignature) {
            return unreadableArchive(
                path, QStringLiteral("entry %1 of its directory is damaged").arg(entries.size() + 1));
        }
        const qint64 nameLength = number<quint16>(directory, at + 28);
        const qint64 extraLength = number<quint16>(directory, at + 30);
        const qint64 next = at + entrySize + nameLength + extraLength + number<quint16>(directory, at + 32);
        if (next > directory.size())
            return unreadableArchive(path, QStringLiteral("its directory is cut off"));
        entries << entryAt(directory, at, nameLength, extraLength);
        at = next;
    }
    if (at != directory.size())
        return unreadableArchive(path, QStringLiteral("its directory holds more than it lists"));
    return entries;
}

}  // namespace kinglet::storage
