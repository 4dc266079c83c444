#pragma once

#include <QByteArray>
#include <QList>
#include <QtEndian>

namespace kinglet::storage::testing {

/// An entry of a .zip made by hand, so that it may lie about itself.
struct ZipEntry {
    QByteArray name;
    QByteArray bytes;
    bool deflate = false;
    qint64 claimedSize = -1;  ///< -1: the truth
    qint64 claimedCrc = -1;   ///< -1: the truth
    quint16 flags = 0x0800;   ///< UTF-8 names
    quint32 attributes = 0;   ///< Unix mode in the upper half
};

inline quint32 zipCrc(const QByteArray& bytes) {
    quint32 crc = 0xffffffffu;
    for (const char byte : bytes) {
        crc ^= static_cast<uchar>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0xedb88320u : 0u);
    }
    return ~crc;
}

/// A .zip of these entries, as APPNOTE.TXT describes the format.
inline QByteArray buildZip(const QList<ZipEntry>& entries) {
    const auto put16 = [](QByteArray& to, quint16 value) {
        const quint16 little = qToLittleEndian(value);
        to.append(reinterpret_cast<const char*>(&little), 2);
    };
    const auto put32 = [](QByteArray& to, quint32 value) {
        const quint32 little = qToLittleEndian(value);
        to.append(reinterpret_cast<const char*>(&little), 4);
    };
    QByteArray zip;
    QByteArray directory;
    for (const ZipEntry& entry : entries) {
        QByteArray packed = entry.bytes;
        if (entry.deflate) {
            packed = qCompress(entry.bytes, 9)
                         .mid(6);  // Qt's length and zlib's header go, the checksum at the end too
            packed.chop(4);
        }
        QByteArray common;
        put16(common, entry.flags);
        put16(common, entry.deflate ? 8 : 0);
        put32(common, 0x5b6a0000);  // some date
        put32(common, entry.claimedCrc < 0 ? zipCrc(entry.bytes) : quint32(entry.claimedCrc));
        put32(common, quint32(packed.size()));
        put32(common, entry.claimedSize < 0 ? quint32(entry.bytes.size()) : quint32(entry.claimedSize));
        put16(common, quint16(entry.name.size()));
        put16(common, 0);
        const quint32 offset = quint32(zip.size());
        put32(zip, 0x04034b50);
        put16(zip, 20);
        zip += common + entry.name + packed;
        put32(directory, 0x02014b50);
        put16(directory, 0x0314);  // made on Unix
        put16(directory, 20);
        directory += common;
        put16(directory, 0);
        put16(directory, 0);
        put16(directory, 0);
        put32(directory, entry.attributes);
        put32(directory, offset);
        directory += entry.name;
    }
    const quint32 start = quint32(zip.size());
    zip += directory;
    put32(zip, 0x06054b50);
    put32(zip, 0);
    put16(zip, quint16(entries.size()));
    put16(zip, quint16(entries.size()));
    put32(zip, quint32(directory.size()));
    put32(zip, start);
    put16(zip, 0);
    return zip;
}

}  // namespace kinglet::storage::testing
