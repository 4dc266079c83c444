#pragma once

#include <QDateTime>
#include <QList>
#include <QString>
#include <memory>

#include "storage/connection.h"
#include "storage/database.h"

namespace kinglet::storage {

/// The work behind Database, on the database thread only: finding out what the file is, opening, upgrading,
/// copying and replacing it. Whatever goes wrong, a file that was there is still there, under its name or
/// under a dated one.
class DatabaseFile {
  public:
    explicit DatabaseFile(DatabaseOptions options);

    OpenReport open();
    OpenReport openBackup(const QString& path);
    OpenReport startFresh();
    void close() { m_connection.reset(); }
    Connection* connection() { return m_connection.get(); }

    QList<BackupInfo> backups() const;
    Result<QString> makeBackup();
    /// Whether the copy of the day is still to be made, and there is something to copy.
    bool backupDue();
    QString backupFolder() const;
    const DatabaseOptions& options() const { return m_options; }

  private:
    struct Look {
        int version = 0;
        bool empty = true;
    };
    bool inMemory() const;
    bool isShared() const { return m_options.kind == DatabaseKind::Library; }
    int ownApplicationId() const;
    OpenReport openAlone();
    int latestVersion() const;
    Result<Look> lookAt(const QString& path, Connection::Mode mode) const;
    Result<void> prepareFolder();
    Result<void> finishInterruptedReplacement();
    Result<Look> examine();
    Result<void> connectForUse();
    Result<void> upgrade(int from, OpenReport& report);
    Result<void> markInterrupted(OpenReport& report);
    Result<void> openSteps(OpenReport& report);
    Result<QString> copyTo(Connection& source, const QString& target) const;
    Result<QString> backupAs(const QString& suffix);
    Result<QString> keepAside(const QString& label);
    void prune() const;
    QString stem() const;
    OpenReport failed(const Error& error) const;

    DatabaseOptions m_options;
    std::unique_ptr<Connection> m_connection;
};

}  // namespace kinglet::storage
