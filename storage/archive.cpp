#include "storage/archive.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QHash>
#include <QUuid>
#include <algorithm>
#include <array>

#include "storage/archive_backend.h"
#include "storage/files.h"
#include "storage/zip_directory.h"

namespace kinglet::storage {

namespace {

QString shown(const QString& path) {
    return QDir::toNativeSeparators(path);
}

Error hostile(const QString& path, const QString& details) {
    return {ErrorCode::Hostile,
            QStringLiteral("“%1” is not an archive that Kinglet can trust.").arg(shown(path)),
            QStringLiteral("Nothing was imported. Use an archive that Kinglet has exported."), details};
}

constexpr std::array<quint32, 256> makeCrcTable() {
    std::array<quint32, 256> table{};
    for (quint32 i = 0; i < 256; ++i) {
        quint32 value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? 0xedb88320u : 0u);
        table[i] = value;
    }
    return table;
}

/// CRC-32 as .zip uses it (polynomial 0x04c11db7, reflected). Computed here because not every backend
/// compares it.
quint32 crc32(const QByteArray& bytes) {
    static constexpr std::array<quint32, 256> table = makeCrcTable();
    quint32 crc = 0xffffffffu;
    for (const char byte : bytes) crc = table[(crc ^ static_cast<uchar>(byte)) & 0xffu] ^ (crc >> 8);
    return crc ^ 0xffffffffu;
}

/// Relative, forward slashes, no step upwards, nothing that a file system or a terminal would take for more
/// than a name.
bool isSafeName(QString name) {
    if (name.endsWith(u'/')) name.chop(1);
    if (name.isEmpty() || name.size() > 1024) return false;
    const bool odd = std::any_of(name.begin(), name.end(), [](QChar c) {
        return c.unicode() < 0x20 || c.unicode() == 0x7f || c == u'\\' || c == u':';
    });
    if (odd) return false;
    const QStringList parts = name.split(u'/');
    return std::none_of(parts.begin(), parts.end(), [](const QString& part) {
        return part.isEmpty() || part == QStringLiteral(".") || part == QStringLiteral("..");
    });
}

class Reader : public ArchiveReader {
  public:
    Reader(QString path, std::unique_ptr<ArchiveSource> source)
        : m_path(std::move(path)), m_source(std::move(source)) {}

    Result<void> admit(const ArchiveLimits& limits) {
        const auto raw = readZipDirectory(m_path, limits.maxEntries);
        if (!raw) return raw.error();
        qint64 total = 0;
        for (const ZipEntryInfo& entry : *raw) {
            if (!isSafeName(entry.name))
                return hostile(m_path, QStringLiteral("an unsafe name: %1").arg(printable(entry.name)));
            if (entry.encrypted) return hostile(m_path, QStringLiteral("%1 is encrypted").arg(entry.name));
            if (entry.link) return hostile(m_path, QStringLiteral("%1 is a link").arg(entry.name));
            if (entry.folder) continue;
            if (entry.size < 0 || entry.size > limits.maxEntryBytes) {
                return hostile(m_path,
                               QStringLiteral("%1 would unpack to %2 bytes").arg(entry.name).arg(entry.size));
            }
            total +=
                entry.size;  // no overflow: both are bounded by what was just checked and by the next line
            if (total > limits.maxTotalBytes)
                return hostile(m_path, QStringLiteral("it would unpack to too much"));
            if (m_raw.contains(entry.name))
                return hostile(m_path, QStringLiteral("%1 is there twice").arg(entry.name));
            m_raw.insert(entry.name, entry);
            m_entries << ArchiveEntry{entry.name, entry.size};
        }
        return {};
    }

    const QList<ArchiveEntry>& entries() const override { return m_entries; }

    Result<QByteArray> read(const QString& name) override {
        const auto found = m_raw.constFind(name);
        if (found == m_raw.constEnd()) {
            return Error{ErrorCode::NotFound,
                         QStringLiteral("“%1” holds no “%2”.").arg(shown(m_path), name),
                         QStringLiteral("Use an archive that Kinglet has exported."),
                         {}};
        }
        auto bytes = m_source->unpack(name, found->size + 1);
        if (!bytes) return bytes;
        if (bytes->size() != found->size) {
            return hostile(
                m_path,
                QStringLiteral("%1 does not unpack to the %2 bytes it claims").arg(name).arg(found->size));
        }
        if (crc32(*bytes) != found->crc) {
            return Error{ErrorCode::Corrupt, QStringLiteral("“%1” is damaged.").arg(shown(m_path)),
                         QStringLiteral("Copy it again from where it came, or use another one."),
                         QStringLiteral("the checksum of %1 is wrong").arg(name)};
        }
        return bytes;
    }

  private:
    static QString printable(const QString& name) {
        QString shownName = name.left(80);
        for (QChar& c : shownName) {
            if (!c.isPrint()) c = u'?';
        }
        return shownName;
    }

    QString m_path;
    std::unique_ptr<ArchiveSource> m_source;
    QHash<QString, ZipEntryInfo> m_raw;
    QList<ArchiveEntry> m_entries;
};

class Writer : public ArchiveWriter {
  public:
    Writer(QString path, QString temporary, std::unique_ptr<ArchiveSink> sink)
        : m_path(std::move(path)), m_temporary(std::move(temporary)), m_sink(std::move(sink)) {}

    ~Writer() override {
        m_sink.reset();
        if (!m_temporary.isEmpty()) QFile::remove(m_temporary);
    }

    Result<void> add(const QString& name, const QByteArray& bytes) override {
        Q_ASSERT(isSafeName(name));
        return m_sink->add(name, bytes);
    }

    Result<void> commit() override {
        auto done = m_sink->close();
        m_sink.reset();
        if (done) done = syncFile(m_temporary);
        if (done) done = renameFile(m_temporary, m_path, Existing::Replace);
        if (done) m_temporary.clear();
        return done;
    }

  private:
    QString m_path;
    QString m_temporary;
    std::unique_ptr<ArchiveSink> m_sink;
};

}  // namespace

Error unreadableArchive(const QString& path, const QString& details) {
    return {ErrorCode::Corrupt, QStringLiteral("“%1” is not a .zip archive, or is damaged.").arg(shown(path)),
            QStringLiteral("Choose an archive that Kinglet has exported."), details};
}

Error tooManyEntries(const QString& path) {
    return hostile(path, QStringLiteral("too many entries"));
}

Error unwritableArchive(const QString& path, const QString& details) {
    return {ErrorCode::Unreadable, QStringLiteral("“%1” could not be written.").arg(shown(path)),
            QStringLiteral("Check its folder and the free space on the disk, or choose another place."),
            details};
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(const QString& path, const ArchiveLimits& limits) {
    const QFileInfo info(path);
    if (!info.isFile() || !info.isReadable()) {
        return Error{ErrorCode::Unreadable,
                     QStringLiteral("“%1” is not a file that can be read.").arg(shown(path)),
                     QStringLiteral("Choose an archive that Kinglet has exported."),
                     {}};
    }
    auto source = ArchiveSource::open(path);
    if (!source) return source.error();
    auto reader = std::make_unique<Reader>(path, std::move(*source));
    if (const auto admitted = reader->admit(limits); !admitted) return admitted.error();
    return std::unique_ptr<ArchiveReader>(std::move(reader));
}

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::create(const QString& path) {
    if (QFileInfo(path).isDir()) return unwritableArchive(path, QStringLiteral("it is a folder"));
    const QString temporary =
        path + u'.' + QUuid::createUuid().toString(QUuid::Id128).left(8) + QStringLiteral(".part");
    auto sink = ArchiveSink::create(temporary);
    if (!sink) return unwritableArchive(path, sink.error().details);
    return std::unique_ptr<ArchiveWriter>(std::make_unique<Writer>(path, temporary, std::move(*sink)));
}

}  // namespace kinglet::storage
