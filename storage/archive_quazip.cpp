// .zip through QuaZip for Qt 6 (Debian 12, Ubuntu 24.04).

#include <quazip.h>
#include <quazipfile.h>
#include <quazipnewinfo.h>

#include <algorithm>

#include "storage/archive_backend.h"

namespace kinglet::storage {

namespace {

class QuaZipSource : public ArchiveSource {
  public:
    explicit QuaZipSource(const QString& path) : m_path(path), m_zip(path) {}

    Result<void> open() {
        if (m_zip.open(QuaZip::mdUnzip)) return {};
        return unreadableArchive(m_path, QStringLiteral("zip error %1").arg(m_zip.getZipError()));
    }

    Result<QByteArray> unpack(const QString& name, qint64 limit) override {
        if (!m_zip.setCurrentFile(name, QuaZip::csSensitive)) return damaged();
        QuaZipFile file(&m_zip);
        if (!file.open(QIODevice::ReadOnly)) return damaged();
        QByteArray bytes;
        while (bytes.size() < limit) {
            // Grown by what is really there, never by what is claimed.
            const QByteArray part = file.read(std::min<qint64>(limit - bytes.size(), 256 * 1024));
            if (part.isEmpty()) break;
            bytes += part;
        }
        if (file.getZipError() != UNZ_OK) return damaged();
        return bytes;
    }

  private:
    Error damaged() const {
        return unreadableArchive(m_path, QStringLiteral("zip error %1").arg(m_zip.getZipError()));
    }

    QString m_path;
    QuaZip m_zip;
};

class QuaZipSink : public ArchiveSink {
  public:
    explicit QuaZipSink(const QString& path) : m_path(path), m_zip(path) {
        m_zip.setUtf8Enabled(true);
        m_zip.setZip64Enabled(true);
    }

    Result<void> open() {
        if (m_zip.open(QuaZip::mdCreate)) return {};
        return failed();
    }

    Result<void> add(const QString& name, const QByteArray& bytes) override {
        QuaZipNewInfo info(name);
        info.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser |
                            QFile::ReadGroup | QFile::ReadOther);
        QuaZipFile file(&m_zip);
        if (!file.open(QIODevice::WriteOnly, info) || file.write(bytes) != bytes.size()) return failed();
        file.close();
        return file.getZipError() == ZIP_OK ? Result<void>() : failed();
    }

    Result<void> close() override {
        m_zip.close();
        return m_zip.getZipError() == ZIP_OK ? Result<void>() : failed();
    }

  private:
    Error failed() const {
        return unwritableArchive(m_path, QStringLiteral("zip error %1").arg(m_zip.getZipError()));
    }

    QString m_path;
    QuaZip m_zip;
};

}  // namespace

Result<std::unique_ptr<ArchiveSource>> ArchiveSource::open(const QString& path) {
    auto source = std::make_unique<QuaZipSource>(path);
    if (const auto opened = source->open(); !opened) return opened.error();
    return std::unique_ptr<ArchiveSource>(std::move(source));
}

Result<std::unique_ptr<ArchiveSink>> ArchiveSink::create(const QString& path) {
    auto sink = std::make_unique<QuaZipSink>(path);
    if (const auto opened = sink->open(); !opened) return opened.error();
    return std::unique_ptr<ArchiveSink>(std::move(sink));
}

}  // namespace kinglet::storage
