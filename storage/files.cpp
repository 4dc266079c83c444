#include "storage/files.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStringList>
#include <filesystem>
#include <system_error>

#ifdef Q_OS_WIN
#include <io.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

namespace kinglet::storage {

Result<void> syncFile(const QString& path) {
    QFile file(path);
    bool synced = file.open(QIODevice::ReadWrite | QIODevice::ExistingOnly);
#ifdef Q_OS_WIN
    synced = synced && _commit(file.handle()) == 0;
#else
    synced = synced && fsync(file.handle()) == 0;
#endif
    if (synced) return {};
    return Error{ErrorCode::Unreadable,
                 QStringLiteral("“%1” could not be written to the disk.").arg(QDir::toNativeSeparators(path)),
                 QStringLiteral("Check the disk and its free space, then try again."), file.errorString()};
}

void syncFolder(const QString& folder) {
#ifdef Q_OS_WIN
    Q_UNUSED(folder);
#else
    const int descriptor = ::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    fsync(descriptor);
    ::close(descriptor);
#endif
}

Result<void> renameFile(const QString& from, const QString& to, Existing existing) {
    // Not QFile::rename, which falls back to copying: a plain rename happens whole or not at all.
    std::error_code problem = std::make_error_code(std::errc::file_exists);
    if (existing == Existing::Replace || !QFileInfo::exists(to)) {
        std::filesystem::rename(from.toStdU16String(), to.toStdU16String(), problem);
    }
    if (problem) {
        return Error{ErrorCode::Unreadable,
                     QStringLiteral("“%1” could not be renamed to “%2”.")
                         .arg(QDir::toNativeSeparators(from), QFileInfo(to).fileName()),
                     QStringLiteral("Check that you may write to its folder, then try again."),
                     QString::fromStdString(problem.message())};
    }
    syncFolder(QFileInfo(to).absolutePath());
    return {};
}

QString dateStamp(const QDateTime& when) {
    return when.toString(QStringLiteral("yyyy-MM-dd-HHmmsszzz"));
}

QString safeFileName(const QString& wanted) {
    QString name;
    for (const uint codePoint : wanted.normalized(QString::NormalizationForm_C).toUcs4()) {
        const bool reserved = codePoint < 0x80 && QStringLiteral("<>:\"/\\|?*").contains(QChar(codePoint));
        const bool surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
        const bool printable = QChar::isPrint(codePoint) || QChar::category(codePoint) == QChar::Other_Format;
        const bool directional =
            (codePoint >= 0x202a && codePoint <= 0x202e) || (codePoint >= 0x2066 && codePoint <= 0x2069);
        if (reserved || surrogate || !printable || directional) {
            name += u' ';
        } else {
            name += QString::fromUcs4(reinterpret_cast<const char32_t*>(&codePoint), 1);
        }
    }
    name = name.simplified();
    if (name.size() > 80) {
        name.truncate(name.at(79).isHighSurrogate() ? 79 : 80);
        name = name.trimmed();
    }
    while (name.startsWith(u'.') || name.startsWith(u' ')) name.remove(0, 1);
    while (name.endsWith(u'.') || name.endsWith(u' ')) name.chop(1);
    // Windows keeps these names for devices, whatever follows the first dot.
    static const QStringList devices{QStringLiteral("con"), QStringLiteral("prn"), QStringLiteral("aux"),
                                     QStringLiteral("nul")};
    const QString stem = name.section(u'.', 0, 0).trimmed().toLower();
    const bool port =
        stem.size() == 4 && (stem.startsWith(u"com") || stem.startsWith(u"lpt")) && stem.at(3).isDigit();
    if (devices.contains(stem) || port) name.prepend(u'_');
    name = name.trimmed();
    return name.isEmpty() ? QStringLiteral("Chat") : name;
}

QString sqlQuoted(QString text) {
    text.replace(u'\'', QStringLiteral("''"));
    return u'\'' + text + u'\'';
}

}  // namespace kinglet::storage
