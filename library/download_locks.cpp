#include "library/download_locks.h"

#include <QDir>
#include <QFile>

#ifdef Q_OS_WIN
#include <windows.h>
#else
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace kinglet::library {

DownloadLocks::DownloadLocks(QString path) : m_path(std::move(path)) {}

QString DownloadLocks::pathIn(const QString& folder) {
    return QDir(folder).filePath(QStringLiteral("library.locks"));
}

#ifdef Q_OS_WIN

DownloadLocks::~DownloadLocks() {
    if (m_file) CloseHandle(m_file);
}

bool DownloadLocks::open() {
    if (m_file) return true;
    const std::wstring name = QDir::toNativeSeparators(m_path).toStdWString();
    const HANDLE file =
        CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                    OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (file != INVALID_HANDLE_VALUE) m_file = file;
    return m_file != nullptr;
}

bool DownloadLocks::take(qint64 id) {
    if (!areShared() || m_taken.contains(id) || !open()) return true;
    OVERLAPPED at = {};
    at.Offset = DWORD(id);
    at.OffsetHigh = DWORD(id >> 32);
    const bool free = LockFileEx(m_file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at);
    if (!free && GetLastError() == ERROR_LOCK_VIOLATION) return false;
    if (free) m_taken.insert(id);
    return true;
}

void DownloadLocks::release(qint64 id) {
    if (!m_taken.remove(id)) return;
    OVERLAPPED at = {};
    at.Offset = DWORD(id);
    at.OffsetHigh = DWORD(id >> 32);
    UnlockFileEx(m_file, 0, 1, 0, &at);
}

#else

namespace {

#ifdef F_OFD_SETLK
// Of the open file: two lists within one process stand in each other's way too.
constexpr int setLock = F_OFD_SETLK;
#else
constexpr int setLock = F_SETLK;
#endif

int lockByte(int file, qint64 id, short kind) {
    struct flock at = {};
    at.l_type = kind;
    at.l_whence = SEEK_SET;
    at.l_start = static_cast<off_t>(id);
    at.l_len = 1;
    return fcntl(file, setLock, &at);
}

}  // namespace

DownloadLocks::~DownloadLocks() {
    if (m_file >= 0) ::close(m_file);
}

bool DownloadLocks::open() {
    if (m_file >= 0) return true;
    m_file = ::open(QFile::encodeName(m_path).constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return m_file >= 0;
}

bool DownloadLocks::take(qint64 id) {
    if (!areShared() || m_taken.contains(id) || !open()) return true;
    if (lockByte(m_file, id, F_WRLCK) != 0) return errno != EACCES && errno != EAGAIN;
    m_taken.insert(id);
    return true;
}

void DownloadLocks::release(qint64 id) {
    if (m_taken.remove(id)) lockByte(m_file, id, F_UNLCK);
}

#endif

}  // namespace kinglet::library
