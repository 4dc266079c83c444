#include "storage/database_file.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLocale>
#include <QLockFile>
#include <QRegularExpression>
#include <algorithm>

#include "storage/files.h"

namespace kinglet::storage {

namespace {

constexpr int upgradeCopiesToKeep = 3;

QString shown(const QString& path) {
    return QDir::toNativeSeparators(path);
}

const QStringList& sideFiles() {
    static const QStringList suffixes{QStringLiteral("-wal"), QStringLiteral("-shm"),
                                      QStringLiteral("-journal")};
    return suffixes;
}

OpenOutcome outcomeOf(ErrorCode code) {
    switch (code) {
        case ErrorCode::Corrupt:
            return OpenOutcome::Corrupt;
        case ErrorCode::Newer:
            return OpenOutcome::Newer;
        case ErrorCode::DiskFull:
            return OpenOutcome::DiskFull;
        default:
            return OpenOutcome::Unreadable;
    }
}

}  // namespace

DatabaseFile::DatabaseFile(DatabaseOptions options) : m_options(std::move(options)) {}

bool DatabaseFile::inMemory() const {
    return m_options.path == QStringLiteral(":memory:");
}

int DatabaseFile::ownApplicationId() const {
    return isShared() ? libraryApplicationId : applicationId;
}

int DatabaseFile::latestVersion() const {
    return m_options.migrations.isEmpty() ? 0 : m_options.migrations.last().version;
}

QString DatabaseFile::stem() const {
    return QFileInfo(m_options.path).completeBaseName();
}

QString DatabaseFile::backupFolder() const {
    return QFileInfo(m_options.path).absoluteDir().filePath(QStringLiteral("backups"));
}

OpenReport DatabaseFile::failed(const Error& error) const {
    OpenReport report;
    report.outcome = outcomeOf(error.code);
    report.error = error;
    report.backups = backups();
    return report;
}

OpenReport DatabaseFile::open() {
    if (!isShared() || inMemory()) return openAlone();
    // Creating, upgrading and putting aside is done by one process at a time; using it is not.
    const QString folder = QFileInfo(m_options.path).absolutePath();
    QDir().mkpath(folder);
    QLockFile turn(m_options.path + QStringLiteral(".opening"));
    turn.tryLock(m_options.busyMs);  // where it cannot be had, SQLite's own locks still keep the file whole
    OpenReport report = openAlone();
    return report.outcome == OpenOutcome::Corrupt ? startFresh() : report;
}

OpenReport DatabaseFile::openAlone() {
    close();
    OpenReport report;
    const auto done = openSteps(report);
    if (done) return report;
    close();
    OpenReport problem = failed(done.error());
    problem.upgradeBackup = report.upgradeBackup;
    return problem;
}

Result<void> DatabaseFile::openSteps(OpenReport& report) {
    Look look;
    if (!inMemory()) {
        if (auto ready = prepareFolder(); !ready) return ready;
        if (auto finished = finishInterruptedReplacement(); !finished) return finished;
        const auto examined = examine();
        if (!examined) return examined.error();
        look = *examined;
    }
    if (auto connected = connectForUse(); !connected) return connected;
    if (look.version < latestVersion()) {
        if (auto upgraded = upgrade(look.version, report); !upgraded) return upgraded;
    }
    return isShared() ? Result<void>() : markInterrupted(report);
}

Result<void> DatabaseFile::prepareFolder() {
    const QString folder = QFileInfo(m_options.path).absolutePath();
    if (QDir().mkpath(folder)) return {};
    return Error{ErrorCode::Unreadable,
                 QStringLiteral("The folder “%1” cannot be created.").arg(shown(folder)),
                 QStringLiteral("Check that you may write to the folder above it."),
                 {}};
}

/// A crash in openBackup() between its two renames leaves the new file, complete, under its temporary name.
Result<void> DatabaseFile::finishInterruptedReplacement() {
    const QString replacement = m_options.path + QStringLiteral(".restoring");
    if (!QFileInfo::exists(replacement)) return {};
    if (!QFileInfo::exists(m_options.path)) return renameFile(replacement, m_options.path);
    QFile::remove(replacement);
    return {};
}

/// What the file is, found out without changing it.
Result<DatabaseFile::Look> DatabaseFile::examine() {
    const QFileInfo info(m_options.path);
    if (info.isDir()) {
        return Error{
            ErrorCode::Unreadable,
            QStringLiteral("“%1” is a folder where the chat database should be.").arg(shown(m_options.path)),
            QStringLiteral("Start fresh; the folder is kept under another name."),
            {}};
    }
    if (!info.exists()) {
        // SQLite would throw away the log of a database that is gone; a person might still want it.
        const bool orphans = std::any_of(
            sideFiles().begin(), sideFiles().end(),
            [this](const QString& suffix) { return QFileInfo(m_options.path + suffix).size() > 0; });
        if (orphans) {
            if (const auto kept = keepAside(QStringLiteral("kept")); !kept) return kept.error();
        }
        return Look{};
    }
    if (!info.isReadable() || !info.isWritable()) {
        return Error{
            ErrorCode::Unreadable,
            QStringLiteral("Kinglet is not allowed to read and write “%1”.").arg(shown(m_options.path)),
            QStringLiteral("Check the permissions of the file and of its folder."),
            {}};
    }
    if (info.size() == 0) {
        // Empty is how a crash during the very first start leaves it; with a log or backups it once was more.
        if (QFileInfo(m_options.path + QStringLiteral("-wal")).size() == 0 && backups().isEmpty())
            return Look{};
        return Error{ErrorCode::Corrupt,
                     QStringLiteral("The chat database “%1” is empty.").arg(shown(m_options.path)),
                     QStringLiteral("Open a backup, or start fresh. What is there is kept either way."),
                     {}};
    }
    auto look = lookAt(m_options.path, Connection::Mode::ReadOnly);
    // A transaction that a crash cut short in rollback mode can only be undone by a connection that may
    // write.
    if (!look && look.error().code == ErrorCode::Unreadable)
        look = lookAt(m_options.path, Connection::Mode::ReadWrite);
    return look;
}

Result<DatabaseFile::Look> DatabaseFile::lookAt(const QString& path, Connection::Mode mode) const {
    auto opened = Connection::open(path, mode, m_options.busyMs);
    if (!opened) return opened.error();
    Connection& connection = **opened;
    const auto application = connection.scalar(QStringLiteral("PRAGMA application_id"));
    if (!application) return application.error();
    const auto version = connection.scalar(QStringLiteral("PRAGMA user_version"));
    if (!version) return version.error();
    const auto tables = connection.scalar(QStringLiteral("SELECT count(*) FROM sqlite_schema"));
    if (!tables) return tables.error();
    Look look{version->toInt(), tables->toInt() == 0};
    if (application->toInt() != ownApplicationId() &&
        !(look.empty && application->toInt() == 0 && look.version == 0)) {
        return Error{ErrorCode::Unreadable,
                     QStringLiteral("“%1” is a database of another program.").arg(shown(path)),
                     QStringLiteral("Open a backup, or start fresh. The file is kept either way."),
                     QStringLiteral("application_id is %1").arg(application->toInt())};
    }
    if (look.version > latestVersion()) {
        return Error{ErrorCode::Newer,
                     QStringLiteral("“%1” was written by a newer version of Kinglet.").arg(shown(path)),
                     QStringLiteral("Update Kinglet to open it. Nothing in it was changed."),
                     QStringLiteral("The file has format %1; this version knows formats up to %2.")
                         .arg(look.version)
                         .arg(latestVersion())};
    }
    const auto check = connection.scalar(QStringLiteral("PRAGMA quick_check(1)"));
    if (!check) return check.error();
    if (check->toString() != QStringLiteral("ok")) {
        return Error{ErrorCode::Corrupt,
                     QStringLiteral("The chat database “%1” is damaged.").arg(shown(path)),
                     QStringLiteral("Open a backup, or start fresh. The damaged file is kept either way."),
                     check->toString()};
    }
    return look;
}

Result<void> DatabaseFile::connectForUse() {
    auto opened = Connection::open(m_options.path, Connection::Mode::ReadWrite, m_options.busyMs);
    if (!opened) return opened.error();
    m_connection = std::move(*opened);
    QStringList pragmas;
    if (isShared()) {
        // Losing the last second to a power cut costs nothing here: what is on the disk is looked at again.
        pragmas << QStringLiteral("PRAGMA journal_mode = WAL")
                << QStringLiteral("PRAGMA synchronous = NORMAL");
    } else if (!inMemory()) {
        // One Kinglet at a time: a second one would take the answer that the first is writing for one that a
        // crash cut short. The lock goes with the process, however that ends. It also keeps the log's index
        // off the disk.
        pragmas << QStringLiteral("PRAGMA locking_mode = EXCLUSIVE")
                << QStringLiteral("PRAGMA journal_mode = WAL");
    }
    // FULL, not NORMAL: in WAL mode NORMAL syncs at checkpoints only, so a power loss would take back a
    // message that the window has shown as sent. One sync a commit is cheap here: a message, then one
    // checkpoint a second.
    if (!isShared()) pragmas << QStringLiteral("PRAGMA synchronous = FULL");
    pragmas << QStringLiteral("PRAGMA fullfsync = ON")  // macOS: fsync alone stops at the drive's cache
            << QStringLiteral("PRAGMA checkpoint_fullfsync = ON")
            << QStringLiteral("PRAGMA foreign_keys = ON") << QStringLiteral("PRAGMA secure_delete = ON")
            << QStringLiteral("PRAGMA temp_store = MEMORY")  // no chat text in temporary files
            << QStringLiteral("PRAGMA trusted_schema = OFF") << QStringLiteral("PRAGMA cell_size_check = ON")
            << QStringLiteral("PRAGMA journal_size_limit = 16777216");
    if (m_options.maxPages > 0)
        pragmas << QStringLiteral("PRAGMA max_page_count = %1").arg(m_options.maxPages);
    for (const QString& pragma : std::as_const(pragmas)) {
        if (auto done = m_connection->exec(pragma); !done) return done;
    }
    const auto mode = m_connection->scalar(QStringLiteral("PRAGMA journal_mode"));
    if (!mode) return mode.error();
    if (!inMemory() && mode->toString() != QStringLiteral("wal")) {
        return Error{ErrorCode::Unreadable,
                     QStringLiteral("“%1” cannot be written safely where it is.").arg(shown(m_options.path)),
                     QStringLiteral("Move Kinglet's data to a local disk."),
                     QStringLiteral("journal_mode is %1, wanted wal").arg(mode->toString())};
    }
    return {};
}

Result<void> DatabaseFile::upgrade(int from, OpenReport& report) {
    if (from > 0 && !inMemory()) {
        const auto copy = backupAs(QStringLiteral("-before-v%1").arg(latestVersion()));
        if (!copy) return copy.error();
        report.upgradeBackup = *copy;
    }
    // A step that rebuilds a table must be able to drop the old one; what it leaves is checked before it
    // counts.
    if (auto off = m_connection->exec(QStringLiteral("PRAGMA foreign_keys = OFF")); !off) return off;
    for (const Migration& step : std::as_const(m_options.migrations)) {
        if (step.version <= from) continue;
        QStringList statements = step.statements;
        statements << QStringLiteral("PRAGMA application_id = %1").arg(ownApplicationId())
                   << QStringLiteral("PRAGMA user_version = %1").arg(step.version);
        Transaction transaction(*m_connection);
        if (!transaction.begun()) return transaction.begun();
        for (const QString& statement : std::as_const(statements)) {
            if (auto done = m_connection->exec(statement); !done) return done;
        }
        const auto broken =
            m_connection->scalar(QStringLiteral("SELECT count(*) FROM pragma_foreign_key_check"));
        if (!broken) return broken.error();
        if (broken->toInt() > 0) {
            return Error{
                ErrorCode::Internal,
                QStringLiteral("“%1” could not be brought to this version's format.")
                    .arg(shown(m_options.path)),
                QStringLiteral("Nothing was changed. Keep using the previous version and report this."),
                QStringLiteral("step %1 leaves %2 broken references").arg(step.version).arg(broken->toInt())};
        }
        if (auto done = transaction.commit(); !done) return done;
    }
    return m_connection->exec(QStringLiteral("PRAGMA foreign_keys = ON"));
}

Result<void> DatabaseFile::markInterrupted(OpenReport& report) {
    Query query(*m_connection,
                QStringLiteral("UPDATE messages SET status = 'interrupted' WHERE status = 'streaming'"));
    auto done = query.run();
    if (done) report.interruptedAnswers = std::max(0, query.rowsAffected());
    return done;
}

/// Copies through SQLite itself (VACUUM INTO), which sees what is only in the log yet, and leaves nothing
/// deleted behind.
Result<QString> DatabaseFile::copyTo(Connection& source, const QString& target) const {
    QFile::remove(target);
    auto done = source.exec(QStringLiteral("VACUUM INTO %1").arg(sqlQuoted(target)));
    if (done) done = syncFile(target);
    if (done) return target;
    QFile::remove(target);
    return done.error();
}

Result<QString> DatabaseFile::backupAs(const QString& suffix) {
    const QDir folder(backupFolder());
    if (!QDir().mkpath(folder.path())) {
        return Error{ErrorCode::Unreadable,
                     QStringLiteral("The folder “%1” cannot be created.").arg(shown(folder.path())),
                     QStringLiteral("Check that you may write to the folder above it."),
                     {}};
    }
    const auto copy = copyTo(*m_connection, folder.filePath(QStringLiteral("unfinished.tmp")));
    if (!copy) return copy.error();
    QDateTime when = m_options.now();
    QString target;
    do {
        target = folder.filePath(stem() + u'-' + dateStamp(when) + suffix + QStringLiteral(".db"));
        when = when.addMSecs(1);
    } while (QFileInfo::exists(target));
    if (auto renamed = renameFile(*copy, target); !renamed) return renamed.error();
    prune();
    return target;
}

Result<QString> DatabaseFile::makeBackup() {
    if (!m_connection || inMemory()) {
        return Error{ErrorCode::NotOpen, QStringLiteral("There is no open database to copy."), {}, {}};
    }
    return backupAs({});
}

bool DatabaseFile::backupDue() {
    if (!m_connection || inMemory() || isShared() || m_options.backupsToKeep <= 0) return false;
    const QDate today = m_options.now().date();
    for (const BackupInfo& backup : backups()) {
        if (!backup.beforeUpgrade && backup.made.date() >= today) return false;
    }
    const auto anything = m_connection->scalar(QStringLiteral("SELECT EXISTS (SELECT 1 FROM chats)"));
    return anything && anything->toBool();
}

QList<BackupInfo> DatabaseFile::backups() const {
    QList<BackupInfo> found;
    if (inMemory()) return found;
    const QRegularExpression pattern(QStringLiteral("^%1-(\\d{4}-\\d{2}-\\d{2}-\\d{9})(-before-v\\d+)?\\.db$")
                                         .arg(QRegularExpression::escape(stem())));
    const QLocale locale;
    const auto files = QDir(backupFolder()).entryInfoList(QDir::Files);
    for (const QFileInfo& file : files) {
        const auto match = pattern.match(file.fileName());
        if (!match.hasMatch()) continue;
        BackupInfo backup;
        backup.path = file.absoluteFilePath();
        backup.made = QDateTime::fromString(match.captured(1), QStringLiteral("yyyy-MM-dd-HHmmsszzz"));
        backup.size = file.size();
        backup.beforeUpgrade = !match.captured(2).isEmpty();
        if (!backup.made.isValid()) continue;
        backup.label =
            QStringLiteral("%1 (%2)").arg(locale.toString(backup.made, QStringLiteral("d MMMM yyyy, HH:mm")),
                                          locale.formattedDataSize(backup.size, 1));
        found << backup;
    }
    std::sort(found.begin(), found.end(),
              [](const BackupInfo& a, const BackupInfo& b) { return a.made > b.made; });
    return found;
}

void DatabaseFile::prune() const {
    int daily = 0;
    int upgrades = 0;
    for (const BackupInfo& backup : backups()) {
        const bool keep = backup.beforeUpgrade ? ++upgrades <= upgradeCopiesToKeep
                                               : ++daily <= std::max(1, m_options.backupsToKeep);
        if (!keep) QFile::remove(backup.path);
    }
}

/// Renames the file and what SQLite keeps beside it. Answers with the new name, or nothing if there was no
/// file.
Result<QString> DatabaseFile::keepAside(const QString& label) {
    if (!m_connection && QFileInfo(m_options.path).isFile()) {
        // Damaged, newer, unreadable: all may be moved. But never from under another Kinglet that is writing
        // it.
        const auto look = lookAt(m_options.path, Connection::Mode::ReadOnly);
        if (!look && look.error().code == ErrorCode::InUse) return look.error();
    }
    close();
    const QDir folder = QFileInfo(m_options.path).absoluteDir();
    QDateTime when = m_options.now();
    QString target;
    do {
        target = folder.filePath(stem() + u'-' + label + u'-' + dateStamp(when) + QStringLiteral(".db"));
        when = when.addMSecs(1);
    } while (QFileInfo::exists(target));
    QString kept;
    // The file goes first: should a crash come between, its log alone is put aside at the next start, whereas
    // the file without its log would open and lack what only the log had.
    for (const QString& suffix : QStringList{QString()} + sideFiles()) {
        if (!QFileInfo::exists(m_options.path + suffix)) continue;
        if (auto renamed = renameFile(m_options.path + suffix, target + suffix); !renamed)
            return renamed.error();
        kept = target;
    }
    return kept;
}

OpenReport DatabaseFile::openBackup(const QString& path) {
    if (inMemory())
        return failed({ErrorCode::Invalid, QStringLiteral("This database is only in memory."), {}, {}});
    const auto folder = prepareFolder();
    if (!folder) return failed(folder.error());
    if (!QFileInfo(path).isFile()) {
        return failed({ErrorCode::Unreadable,
                       QStringLiteral("There is no file “%1”.").arg(shown(path)),
                       QStringLiteral("Choose another backup."),
                       {}});
    }
    const auto look = lookAt(path, Connection::Mode::ReadOnly);
    if (!look) return failed(look.error());
    const QString replacement = m_options.path + QStringLiteral(".restoring");
    {
        auto source = Connection::open(path, Connection::Mode::ReadOnly);
        if (!source) return failed(source.error());
        const auto copy = copyTo(**source, replacement);
        if (!copy) return failed(copy.error());
    }
    const auto kept = keepAside(QStringLiteral("kept"));
    if (!kept) {
        QFile::remove(replacement);
        return failed(kept.error());
    }
    if (auto renamed = renameFile(replacement, m_options.path); !renamed) return failed(renamed.error());
    OpenReport report = open();
    report.keptFile = *kept;
    return report;
}

OpenReport DatabaseFile::startFresh() {
    if (!inMemory()) {
        const auto kept = keepAside(QStringLiteral("kept"));
        if (!kept) return failed(kept.error());
        QFile::remove(m_options.path + QStringLiteral(".restoring"));
        OpenReport report = openAlone();
        report.keptFile = *kept;
        return report;
    }
    return openAlone();
}

}  // namespace kinglet::storage
