// .zip through KDE's KArchive for Qt 6 (Debian 13 and later).

#include <KArchive>
#include <KArchiveDirectory>
#include <KArchiveFile>
#include <KZip>
#include <QIODevice>
#include <algorithm>

#include "storage/archive_backend.h"

namespace kinglet::storage {

namespace {

class KArchiveSource : public ArchiveSource {
  public:
    explicit KArchiveSource(const QString& path) : m_path(path), m_zip(path) {}

    Result<void> open() {
        if (m_zip.open(QIODevice::ReadOnly) && m_zip.directory()) return {};
        return unreadableArchive(m_path, m_zip.errorString());
    }

    Result<QByteArray> unpack(const QString& name, qint64 limit) override {
        const KArchiveFile* file = m_zip.directory()->file(name);
        const std::unique_ptr<QIODevice> device(file ? file->createDevice() : nullptr);
        if (!device) return unreadableArchive(m_path, name);
        if (!device->isOpen() && !device->open(QIODevice::ReadOnly)) return unreadableArchive(m_path, name);
        QByteArray bytes;
        while (bytes.size() < limit) {
            // Grown by what is really there, never by what is claimed.
            const QByteArray part = device->read(std::min<qint64>(limit - bytes.size(), 256 * 1024));
            if (part.isEmpty()) break;
            bytes += part;
        }
        return bytes;
    }

  private:
    QString m_path;
    KZip m_zip;
};

class KArchiveSink : public ArchiveSink {
  public:
    explicit KArchiveSink(const QString& path) : m_path(path), m_zip(path) {}

    Result<void> open() {
        if (m_zip.open(QIODevice::WriteOnly)) return {};
        return unwritableArchive(m_path, m_zip.errorString());
    }

    Result<void> add(const QString& name, const QByteArray& bytes) override {
        if (m_zip.writeFile(name, bytes)) return {};
        return unwritableArchive(m_path, m_zip.errorString());
    }

    Result<void> close() override {
        if (m_zip.close()) return {};
        return unwritableArchive(m_path, m_zip.errorString());
    }

  private:
    QString m_path;
    KZip m_zip;
};

}  // namespace

Result<std::unique_ptr<ArchiveSource>> ArchiveSource::open(const QString& path) {
    auto source = std::make_unique<KArchiveSource>(path);
    if (const auto opened = source->open(); !opened) return opened.error();
    return std::unique_ptr<ArchiveSource>(std::move(source));
}

Result<std::unique_ptr<ArchiveSink>> ArchiveSink::create(const QString& path) {
    auto sink = std::make_unique<KArchiveSink>(path);
    if (const auto opened = sink->open(); !opened) return opened.error();
    return std::unique_ptr<ArchiveSink>(std::move(sink));
}

}  // namespace kinglet::storage
