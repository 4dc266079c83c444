#include <QFile>
#include <QFileInfo>

#include "storage/settings_store.h"
#include "storage_test.h"

using namespace kinglet::storage;
using namespace kinglet::storage::testing;

namespace {

QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool writeBytes(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

}  // namespace

class TestDatabase : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_options = optionsIn(*m_folder);
    }

    void aNewFileIsSetUp() {
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        QCOMPARE(sql(database, QStringLiteral("PRAGMA journal_mode")).toString(), QStringLiteral("wal"));
        // 2 is FULL: what was committed survives a power loss.
        QCOMPARE(sql(database, QStringLiteral("PRAGMA synchronous")).toInt(), 2);
        QCOMPARE(sql(database, QStringLiteral("PRAGMA foreign_keys")).toInt(), 1);
        QCOMPARE(sql(database, QStringLiteral("PRAGMA secure_delete")).toInt(), 1);
        QCOMPARE(sql(database, QStringLiteral("PRAGMA application_id")).toInt(), applicationId);
        QCOMPARE(sql(database, QStringLiteral("PRAGMA user_version")).toInt(),
                 allMigrations().last().version);
        QCOMPARE(sql(database, QStringLiteral("PRAGMA integrity_check")).toString(), QStringLiteral("ok"));
    }

    void nothingRunsBeforeItIsOpen() {
        Database database(m_options);
        ChatStore chats(database);
        QCOMPARE(wait(chats.list()).error().code, ErrorCode::NotOpen);
        QVERIFY(!QFileInfo::exists(m_options.path));
    }

    void memoryOnly() {
        m_options.path = QStringLiteral(":memory:");
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        ChatStore chats(database);
        need(chats.create({QStringLiteral("demo")}));
        QCOMPARE(need(chats.list()).size(), 1);
        QVERIFY(wait(database.backups()).isEmpty());
        QVERIFY(!wait(database.backupNow()).ok());
    }

    void whatIsQueuedIsWrittenBeforeItCloses() {
        {
            Database database(m_options);
            database.open();
            SettingsStore settings(database);
            for (int i = 0; i < 200; ++i) settings.set(QString::number(i), i);
        }
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        SettingsStore settings(database);
        QCOMPARE(need(settings.all()).size(), 200);
    }

    void damagedFiles_data() {
        QTest::addColumn<QString>("damage");
        for (const char* damage : {"header", "middle", "truncated", "garbage", "emptied"})
            QTest::newRow(damage) << damage;
    }
    void damagedFiles() {
        QFETCH(QString, damage);
        const qint64 chat = fill();
        const QByteArray good = bytesOf(m_options.path);
        QVERIFY(good.size() > 40000);
        QByteArray bad = good;
        if (damage == QStringLiteral("header")) bad.replace(0, 16, "not a database!!");
        if (damage == QStringLiteral("middle")) {
            for (qsizetype at = 4096; at + 200 < bad.size(); at += 4096)
                bad.replace(at, 200, QByteArray(200, '\xee'));
        }
        if (damage == QStringLiteral("truncated")) bad.truncate(bad.size() / 2);
        if (damage == QStringLiteral("garbage")) bad.fill('\x5a');
        if (damage == QStringLiteral("emptied")) bad.clear();
        QVERIFY(writeBytes(m_options.path, bad));

        Database database(m_options);
        const OpenReport report = wait(database.open());
        QCOMPARE(report.outcome, OpenOutcome::Corrupt);
        QVERIFY2(report.error.message.contains(QStringLiteral("kinglet.db")),
                 qPrintable(report.error.message));
        QVERIFY(!report.error.hint.isEmpty());
        QCOMPARE(bytesOf(m_options.path), bad);  // looked at, not touched
        QCOMPARE(report.backups.size(), 1);
        QVERIFY(!report.backups.at(0).label.isEmpty());
        ChatStore chats(database);
        QCOMPARE(wait(chats.list()).error().code, ErrorCode::NotOpen);

        const OpenReport restored = wait(database.openBackup(report.backups.at(0).path));
        QVERIFY2(restored.ok(), qPrintable(restored.error.message));
        QCOMPARE(bytesOf(restored.keptFile), bad);
        QCOMPARE(texts(need(chats.path(chat))).size(), 40);
        QVERIFY(QFileInfo::exists(report.backups.at(0).path));

        // The other choice, from the same start.
        const OpenReport fresh = wait(database.startFresh());
        QVERIFY(fresh.ok());
        QVERIFY(!fresh.keptFile.isEmpty() && fresh.keptFile != restored.keptFile);
        QVERIFY(need(chats.list()).isEmpty());
        QCOMPARE(bytesOf(restored.keptFile), bad);
        QVERIFY(wait(database.openBackup(fresh.keptFile)).ok());  // what was kept can be opened again
        QCOMPARE(texts(need(chats.path(chat))).size(), 40);
    }

    void aNewerFileIsRefusedUntouched() {
        fill();
        {
            Database database(m_options);
            QVERIFY(wait(database.open()).ok());
            QVERIFY(execute(database, QStringLiteral("PRAGMA user_version = 999")));
        }
        const QByteArray before = bytesOf(m_options.path);
        Database database(m_options);
        const OpenReport report = wait(database.open());
        QCOMPARE(report.outcome, OpenOutcome::Newer);
        QCOMPARE(report.error.code, ErrorCode::Newer);
        QVERIFY(report.error.message.contains(QStringLiteral("newer")));
        QCOMPARE(bytesOf(m_options.path), before);
        const OpenReport fresh = wait(database.startFresh());
        QVERIFY(fresh.ok());
        QCOMPARE(bytesOf(fresh.keptFile), before);
        // A newer file is no backup for this version either, and what is open stays open.
        const OpenReport refused = wait(database.openBackup(fresh.keptFile));
        QCOMPARE(refused.outcome, OpenOutcome::Newer);
        QCOMPARE(bytesOf(fresh.keptFile), before);
        ChatStore chats(database);
        need(chats.create({QStringLiteral("still open")}));
    }

    void aFolderInItsPlace() {
        QVERIFY(QDir().mkpath(m_options.path + QStringLiteral("/inside")));
        Database database(m_options);
        const OpenReport report = wait(database.open());
        QCOMPARE(report.outcome, OpenOutcome::Unreadable);
        QVERIFY(report.error.message.contains(QStringLiteral("folder")));
        const OpenReport fresh = wait(database.startFresh());
        QVERIFY(fresh.ok());
        QVERIFY(QFileInfo(fresh.keptFile + QStringLiteral("/inside")).isDir());
    }

    void aFileWhereItsFolderShouldBe() {
        QVERIFY(writeBytes(m_folder->filePath(QStringLiteral("file")), "x"));
        m_options.path = m_folder->filePath(QStringLiteral("file/kinglet.db"));
        Database database(m_options);
        const OpenReport report = wait(database.open());
        QCOMPARE(report.outcome, OpenOutcome::Unreadable);
        QVERIFY(!report.error.message.isEmpty());
    }

    void aFileWithoutPermission() {
        fill();
        QVERIFY(QFile::setPermissions(m_options.path, QFile::Permissions()));
        if (QFileInfo(m_options.path).isReadable()) QSKIP("this user may read everything");
        Database database(m_options);
        const OpenReport report = wait(database.open());
        QCOMPARE(report.outcome, OpenOutcome::Unreadable);
        QVERIFY(QFile::setPermissions(m_options.path, QFile::ReadOwner | QFile::WriteOwner));
        QVERIFY(wait(database.open()).ok());
    }

    void anotherProgramsDatabase() {
        {
            Database database(m_options);
            QVERIFY(wait(database.open()).ok());
            QVERIFY(execute(database, QStringLiteral("PRAGMA application_id = 7")));
        }
        const QByteArray before = bytesOf(m_options.path);
        Database database(m_options);
        const OpenReport report = wait(database.open());
        QCOMPARE(report.outcome, OpenOutcome::Unreadable);
        QVERIFY(report.error.message.contains(QStringLiteral("another program")));
        QCOMPARE(bytesOf(m_options.path), before);
    }

    void oneKingletAtATime() {
        Database first(m_options);
        QVERIFY(wait(first.open()).ok());
        Database second(m_options);
        const OpenReport report = wait(second.open());
        QCOMPARE(report.outcome, OpenOutcome::Unreadable);
        QCOMPARE(report.error.code, ErrorCode::InUse);
        ChatStore chats(first);
        need(chats.create({}));
        // Nor does the second one take the file away from the first.
        QCOMPARE(wait(second.startFresh()).error.code, ErrorCode::InUse);
        const QString backup = need(first.backupNow());
        QCOMPARE(wait(second.openBackup(backup)).error.code, ErrorCode::InUse);
        QVERIFY(QDir(m_folder->path())
                    .entryList({QStringLiteral("*kept*"), QStringLiteral("*.restoring")})
                    .isEmpty());
        QCOMPARE(need(chats.list()).size(), 1);
    }

    // SQLite deletes the log of a database that is gone.
    void aLogWithoutItsFileIsKept() {
        QVERIFY(writeBytes(m_options.path + QStringLiteral("-wal"), "the last words"));
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        const auto kept = QDir(m_folder->path()).entryList({QStringLiteral("kinglet-kept-*-wal")});
        QCOMPARE(kept.size(), 1);
        QCOMPARE(bytesOf(m_folder->filePath(kept.at(0))), QByteArray("the last words"));
    }

    void aBackupThatIsNoneMovesNothing() {
        const qint64 chat = fill();
        const QString bad = m_folder->filePath(QStringLiteral("bad.db"));
        QVERIFY(writeBytes(bad, QByteArray(9000, 'x')));
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        QCOMPARE(wait(database.openBackup(bad)).outcome, OpenOutcome::Corrupt);
        QCOMPARE(wait(database.openBackup(m_folder->filePath(QStringLiteral("none.db")))).outcome,
                 OpenOutcome::Unreadable);
        ChatStore chats(database);
        QCOMPARE(texts(need(chats.path(chat))).size(), 40);
        QVERIFY(QDir(m_folder->path())
                    .entryList({QStringLiteral("*kept*"), QStringLiteral("*.restoring")})
                    .isEmpty());
    }

    // The crash that openBackup() can have: the old file put aside, the new one not yet renamed.
    void aReplacementCutShortIsFinished() {
        const qint64 chat = fill();
        QVERIFY(QFile::rename(m_options.path, m_options.path + QStringLiteral(".restoring")));
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        ChatStore chats(database);
        QCOMPARE(texts(need(chats.path(chat))).size(), 40);
    }

    void aCopyADayIsKept() {
        QDateTime now(QDate(2026, 3, 1), QTime(9, 0));
        m_options.now = [&now] { return now; };
        m_options.backupsToKeep = 3;
        for (int day = 0; day < 6; ++day) {
            for (int start = 0; start < 2; ++start) {  // the second start of a day makes no other copy
                Database database(m_options);
                QVERIFY(wait(database.open()).ok());
                ChatStore chats(database);
                need(chats.create({QString::number(day)}));
                now = now.addSecs(60);
            }
            now = now.addDays(1);
        }
        Database database(m_options);
        const auto backups = wait(database.backups());
        QCOMPARE(backups.size(), 3);
        QCOMPARE(backups.at(0).made.date(), QDate(2026, 3, 6));
        QCOMPARE(backups.at(2).made.date(), QDate(2026, 3, 4));
        QVERIFY(backups.at(0).size > 0);
        QVERIFY(QDir(database.backupFolder()).entryList({QStringLiteral("*.tmp")}).isEmpty());
        QVERIFY(wait(database.openBackup(backups.at(2).path)).ok());
        ChatStore chats(database);
        QCOMPARE(need(chats.list()).size(), 7);  // two a day, one of the fourth day
    }

    void theCopyOfTheDayIsMadeWhenIdle() {
        m_options.backupIdleMs = 10;
        m_options.backupsToKeep = 5;
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        ChatStore chats(database);
        need(chats.create({}));
        QTRY_COMPARE(wait(database.backups()).size(), 1);
    }

    void aFullDiskLosesNothing() {
        m_options.maxPages = 60;
        QStringList kept;
        qint64 chat = 0;
        {
            Database database(m_options);
            QVERIFY(wait(database.open()).ok());
            ChatStore chats(database);
            chat = need(chats.create({QStringLiteral("full")})).id;
            Error error;
            for (int i = 0; i < 200; ++i) {
                const QString text = QStringLiteral("%1 ").arg(i) + QString(3000, u'x');
                const auto result = wait(chats.append({chat, {}, Role::User, text}));
                if (!result) {
                    error = result.error();
                    break;
                }
                kept << text;
            }
            QCOMPARE(error.code, ErrorCode::DiskFull);
            QVERIFY(error.message.contains(QStringLiteral("full")));
            QVERIFY(!error.hint.isEmpty());
            QVERIFY(kept.size() > 10);
            QCOMPARE(texts(need(chats.path(chat))), kept);
            QCOMPARE(need(chats.list()).size(), 1);
            // Space again: it goes on without a restart.
            QVERIFY(execute(database, QStringLiteral("PRAGMA max_page_count = 1000")));
            const QString more = QString(5000, u'y');
            need(chats.append({chat, {}, Role::User, more}));
            kept << more;
        }
        m_options.maxPages = 0;
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        ChatStore chats(database);
        QCOMPARE(texts(need(chats.path(chat))), kept);
        QCOMPARE(sql(database, QStringLiteral("PRAGMA integrity_check")).toString(), QStringLiteral("ok"));
    }

    void noRoomForANewFile() {
        m_options.maxPages = 3;
        {
            Database database(m_options);
            const OpenReport report = wait(database.open());
            QCOMPARE(report.outcome, OpenOutcome::DiskFull);
            QVERIFY(report.error.message.contains(QStringLiteral("full")));
        }
        m_options.maxPages = 0;
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
    }

    void cleanup() { m_folder.reset(); }

  private:
    /// A database with one chat of 40 messages, one backup of it, closed. Answers with the chat's id.
    qint64 fill() {
        Database database(m_options);
        if (!wait(database.open()).ok()) return 0;
        ChatStore chats(database);
        const qint64 chat = need(chats.create({QStringLiteral("filled")})).id;
        for (int i = 0; i < 40; ++i)
            need(chats.append({chat, {}, Role::User, QString(2000, QChar(u'a' + i % 26))}));
        need(database.backupNow());
        return chat;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    DatabaseOptions m_options;
};

QTEST_GUILESS_MAIN(TestDatabase)
#include "test_database.moc"
