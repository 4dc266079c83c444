// Which process runs which download, where several have the list open.
#pragma once

#include <QSet>
#include <QString>

namespace kinglet::library {

/// One byte of a file beside the database stands for each download, and whoever has it locked runs it. The
/// lock goes with its process, however that ends, so a kill leaves nothing to clear away. Blocks for no
/// longer than opening a file takes.
class DownloadLocks {
  public:
    /// `path` is made where it is not there yet; empty: nobody else has the list, and all is ours.
    explicit DownloadLocks(QString path);
    ~DownloadLocks();
    DownloadLocks(const DownloadLocks&) = delete;
    DownloadLocks& operator=(const DownloadLocks&) = delete;

    bool areShared() const { return !m_path.isEmpty(); }
    /// Where the lock file of a data folder lies.
    static QString pathIn(const QString& folder);
    /// False where another process has it. Where the file or its file system cannot lock, it counts as ours.
    bool take(qint64 id);
    void release(qint64 id);

  private:
    bool open();

    QString m_path;
    QSet<qint64> m_taken;
#ifdef Q_OS_WIN
    void* m_file = nullptr;
#else
    int m_file = -1;
#endif
};

}  // namespace kinglet::library
