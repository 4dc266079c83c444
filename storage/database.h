#pragma once

#include <QDateTime>
#include <QFuture>
#include <QList>
#include <QPromise>
#include <QString>
#include <functional>
#include <memory>
#include <type_traits>

#include "storage/migrations.h"
#include "storage/result.h"

namespace kinglet::storage {

class Connection;

/// What opening the database came to.
enum class OpenOutcome {
    Ok,
    Corrupt,     ///< damaged; openBackup() or startFresh() lead on
    Newer,       ///< written by a newer Kinglet; nothing was touched
    Unreadable,  ///< no permission, a directory, in use by another Kinglet ...
    DiskFull     ///< no room to create or upgrade it; nothing was lost
};

/// A copy of the database that can be opened in its place.
struct BackupInfo {
    QString path;
    QDateTime made;  ///< local time, from the file's name
    qint64 size = 0;
    QString label;  ///< for a list: "22 November 2026, 15:04 (2.1 MB)"
    bool beforeUpgrade = false;
};

/// The result of open(), openBackup() and startFresh().
struct OpenReport {
    OpenOutcome outcome = OpenOutcome::Ok;
    Error error;                 ///< filled unless outcome is Ok
    QList<BackupInfo> backups;   ///< newest first; filled unless outcome is Ok
    QString keptFile;            ///< where openBackup() or startFresh() put the old file, if there was one
    QString upgradeBackup;       ///< the copy made before an upgrade, if there was one
    int interruptedAnswers = 0;  ///< answers that a crash had left unfinished
    bool ok() const { return outcome == OpenOutcome::Ok; }
};

/// What a database is for.
enum class DatabaseKind {
    Chats,   ///< open in one Kinglet at a time
    Library  ///< what can be had and what is on its way; the window and kinglet-cli have it open side by
             ///< side. Nothing in it is irreplaceable: a damaged one is kept aside and begun anew by open().
};

/// Where the database lives and how it behaves. The defaults are those of the program; tests change the rest.
struct DatabaseOptions {
    QString path;              ///< the file, or ":memory:" for one that is forgotten (no backups then)
    int backupsToKeep = 5;     ///< the copies of so many days; 0: none is made unasked
    int backupIdleMs = 15000;  ///< the daily copy waits for the database to have been idle this long
    int busyMs = 3000;         ///< how long to wait for another Kinglet to let go of the file
    std::function<QDateTime()> now = [] { return QDateTime::currentDateTime(); };  ///< called on any thread
    MigrationList migrations = allMigrations();
    int maxPages =
        0;  ///< 0: no limit; else the file may hold so many pages (stands in for a full disk in tests)
    DatabaseKind kind = DatabaseKind::Chats;

    /// Those of the library in a data folder.
    static DatabaseOptions ofLibrary(const QString& folder);
};

/// The one SQLite file, its thread and its connection. Everything runs in order on one thread of its own; all
/// methods may be called from any thread, return at once and answer through a QFuture. The destructor runs
/// what is queued, closes the file and joins the thread. Stores hold a reference and must go first.
class Database {
  public:
    explicit Database(DatabaseOptions options);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Opens the file, creating or upgrading it as needed.
    QFuture<OpenReport> open();

    /// Puts a copy of the backup in the database's place and opens it. The present file is kept beside it
    /// under a dated name. Nothing is moved before the backup has been found sound.
    QFuture<OpenReport> openBackup(const QString& path);

    /// Starts an empty database; the present file is kept beside it under a dated name.
    QFuture<OpenReport> startFresh();

    /// The copies there are, newest first.
    QFuture<QList<BackupInfo>> backups();

    /// Makes a copy now (besides the one a day that is made unasked); answers with its path.
    QFuture<Result<QString>> backupNow();

    QString path() const;
    QString backupFolder() const;

    /// Queues `work(Connection&)`, which returns a Result, on the database thread. Answers NotOpen where
    /// there is no open database. For the stores and for tests.
    template <class Work>
    auto run(Work work) -> QFuture<std::invoke_result_t<Work&, Connection&>> {
        using Answer = std::invoke_result_t<Work&, Connection&>;
        auto promise = std::make_shared<QPromise<Answer>>();
        promise->start();
        QFuture<Answer> future = promise->future();
        enqueue([promise, work = std::move(work)](Connection* connection) mutable {
            promise->addResult(connection ? work(*connection) : Answer(notOpen()));
            promise->finish();
        });
        return future;
    }

  private:
    struct Private;
    void enqueue(std::function<void(Connection*)> job);
    static Error notOpen();

    std::unique_ptr<Private> d;
};

}  // namespace kinglet::storage
