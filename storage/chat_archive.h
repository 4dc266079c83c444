#pragma once

#include <QFuture>
#include <QList>
#include <QString>
#include <QThreadPool>
#include <atomic>

#include "storage/archive.h"
#include "storage/result.h"

namespace kinglet::storage {

class Database;

/// What an export wrote.
struct ExportReport {
    QString path;
    int chats = 0;
    int messages = 0;
};

/// What an import brought. A second import of the same file brings nothing new.
struct ImportReport {
    int newChats = 0;
    int restoredChats = 0;   ///< were deleted and are back
    int unchangedChats = 0;  ///< were here already, with every message
    int newMessages = 0;
    QList<qint64> chatIds;  ///< of every chat in the file, in its order
};

/// Chats to and from a .zip: Markdown for people, JSON for coming back (storage/archive_format.md).
/// Compression runs on a thread of its own; the database thread is only asked for one chat at a time, and for
/// the merge. Must go before its Database; the destructor waits for the job at hand, which it asks to stop.
class ChatArchive {
  public:
    explicit ChatArchive(Database& database, ArchiveLimits limits = {});
    ~ChatArchive();

    /// Writes one chat. The file appears whole or not at all; one that is there is replaced.
    QFuture<Result<ExportReport>> exportChat(qint64 chatId, const QString& zipPath);
    /// Writes every chat that is not deleted.
    QFuture<Result<ExportReport>> exportAll(const QString& zipPath);
    /// Merges by uuid in one transaction: what is here stays as it is, what is missing is added.
    QFuture<Result<ImportReport>> importFile(const QString& zipPath);

  private:
    QFuture<Result<ExportReport>> exportChats(QList<qint64> ids, bool all, const QString& zipPath);

    Database& m_database;
    ArchiveLimits m_limits;
    std::atomic_bool m_stop{false};
    QThreadPool m_pool;
};

}  // namespace kinglet::storage
