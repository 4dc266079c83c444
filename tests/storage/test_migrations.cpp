#include <QDir>
#include <QFile>

#include "storage/model_store.h"
#include "storage_test.h"

using namespace kinglet::storage;
using namespace kinglet::storage::testing;

namespace {

/// tests/storage/schema/vN.sql: a database of version N as it was shipped, with some rows. Never edited
/// afterwards.
QStringList shippedStatements(int version) {
    QFile file(QStringLiteral(KINGLET_SCHEMA_FOLDER "/v%1.sql").arg(version));
    if (!file.open(QIODevice::ReadOnly)) return {};
    QStringList statements = QString::fromUtf8(file.readAll()).split(QStringLiteral(";\n"));
    for (QString& statement : statements) statement = statement.trimmed();
    statements.removeAll(QString());
    return statements;
}

/// Writes a file of an earlier version the way that version left it.
bool buildShipped(const QString& path, int version) {
    auto connection = Connection::open(path, Connection::Mode::ReadWrite);
    if (!connection) return false;
    const QStringList statements = shippedStatements(version);
    if (statements.isEmpty()) return false;
    for (const QString& statement : statements) {
        if (const auto done = (*connection)->exec(statement); !done) {
            qWarning("%s: %s", qPrintable(statement), qPrintable(done.error().details));
            return false;
        }
    }
    return true;
}

Result<QStringList> schemaOf(Connection& connection) {
    QStringList lines;
    Query query(connection, QStringLiteral("SELECT type, name, sql FROM sqlite_schema WHERE sql != '' "
                                           "AND name NOT LIKE 'sqlite_%' ORDER BY type, name"));
    while (query.next()) lines << query.text(0) + u' ' + query.text(1) + u' ' + query.text(2).simplified();
    if (!query.ok()) return query.error();
    return lines;
}

}  // namespace

class TestMigrations : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_options = optionsIn(*m_folder);
    }
    void cleanup() { m_folder.reset(); }

    void versionsCountFromOne() {
        for (qsizetype i = 0; i < allMigrations().size(); ++i)
            QCOMPARE(allMigrations().at(i).version, int(i) + 1);
        QVERIFY(!allMigrations().isEmpty());
    }

    void every_data() {
        QTest::addColumn<int>("version");
        for (const Migration& step : allMigrations()) QTest::addRow("v%d", step.version) << step.version;
    }

    /// A step that was shipped must never change: the array up to it still builds exactly what was shipped.
    void theArrayBuildsWhatWasShipped() {
        for (const Migration& step : allMigrations()) {
            const QString path = m_folder->filePath(QStringLiteral("v%1.db").arg(step.version));
            QVERIFY2(buildShipped(path, step.version), "tests/storage/schema needs one file a version");
            auto shipped = Connection::open(path, Connection::Mode::ReadOnly);
            QVERIFY(shipped.ok());
            DatabaseOptions options = m_options;
            options.path = QStringLiteral(":memory:");
            options.migrations = allMigrations().mid(0, step.version);
            Database database(options);
            QVERIFY(wait(database.open()).ok());
            QCOMPARE(need(database.run(schemaOf)), *schemaOf(**shipped));
            QCOMPARE((*shipped)->scalar(QStringLiteral("PRAGMA user_version"))->toInt(), step.version);
        }
    }

    void everyEarlierVersionOpens_data() { every_data(); }
    void everyEarlierVersionOpens() {
        QFETCH(int, version);
        QVERIFY(buildShipped(m_options.path, version));
        Database database(m_options);
        const OpenReport report = wait(database.open());
        QVERIFY2(report.ok(), qPrintable(report.error.message + report.error.details));
        QCOMPARE(report.upgradeBackup.isEmpty(), version == allMigrations().last().version);
        QCOMPARE(report.interruptedAnswers, 1);
        ChatStore chats(database);
        const auto list = need(chats.list());
        QCOMPARE(list.size(), 1);
        QCOMPARE(list.at(0).title, QStringLiteral("Ärger mit Vögeln"));
        const ChatPath path = need(chats.path(list.at(0).id));
        QCOMPARE(texts(path),
                 QStringList({QStringLiteral("Which bird is it?"), QStringLiteral("A wren, per")}));
        QCOMPARE(path.messages.last().status, MessageStatus::Interrupted);
        QCOMPARE(path.messages.last().branchCount, 2);
        QCOMPARE(path.chat.draft, QStringLiteral("and its so"));
        QCOMPARE(path.chat.kind, ChatKind::Chat);
        const Chat deleted = need(chats.chat(2));
        QCOMPARE(deleted.kind, version >= 3 ? ChatKind::Text : ChatKind::Chat);
        if (version >= 3) QCOMPARE(texts(need(chats.path(2))), QStringList(QStringLiteral("Once upon")));
        QCOMPARE(sql(database, QStringLiteral("SELECT value FROM settings WHERE key = 'theme'")).toString(),
                 QStringLiteral("[\"dark\"]"));
        const ModelRecord model = need(ModelStore(database).all()).at(0);
        QCOMPARE(model.path, QStringLiteral("/models/wren.gguf"));
        // Settings of models came with version 2: before, nothing was set.
        QCOMPARE(model.settings, version < 2 ? QJsonObject() : QJsonObject({{"temperature", 0.4}}));
        QCOMPARE(sql(database, QStringLiteral("PRAGMA integrity_check")).toString(), QStringLiteral("ok"));
        QCOMPARE(sql(database, QStringLiteral("SELECT count(*) FROM pragma_foreign_key_check")).toInt(), 0);
    }

    void anUpgradeCopiesTheFileFirst() {
        const qint64 chat = makeChat();
        m_options.migrations << next(
            {QStringLiteral("ALTER TABLE chats ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0"),
             QStringLiteral("UPDATE chats SET pinned = 1")});
        {
            Database database(m_options);
            const OpenReport report = wait(database.open());
            QVERIFY2(report.ok(), qPrintable(report.error.message));
            QVERIFY(QFileInfo::exists(report.upgradeBackup));
            QCOMPARE(sql(database, QStringLiteral("PRAGMA user_version")).toInt(),
                     m_options.migrations.last().version);
            QCOMPARE(sql(database, QStringLiteral("SELECT pinned FROM chats")).toInt(), 1);
            QCOMPARE(sql(database, QStringLiteral("PRAGMA foreign_keys")).toInt(), 1);
            ChatStore chats(database);
            QCOMPARE(texts(need(chats.path(chat))), QStringList(QStringLiteral("hello")));
        }
        // The version before refuses the upgraded file and offers the copy, which it can open.
        m_options.migrations = allMigrations();
        Database database(m_options);
        const OpenReport refused = wait(database.open());
        QCOMPARE(refused.outcome, OpenOutcome::Newer);
        QCOMPARE(refused.backups.size(), 1);
        QVERIFY(refused.backups.at(0).beforeUpgrade);
        QVERIFY(wait(database.openBackup(refused.backups.at(0).path)).ok());
        ChatStore chats(database);
        QCOMPARE(texts(need(chats.path(chat))), QStringList(QStringLiteral("hello")));
    }

    void aStepThatFailsChangesNothing_data() {
        QTest::addColumn<QStringList>("statements");
        QTest::newRow("an error half-way")
            << QStringList{QStringLiteral("ALTER TABLE chats ADD COLUMN pinned INTEGER"),
                           QStringLiteral("DELETE FROM messages"), QStringLiteral("NOT SQL")};
        QTest::newRow("broken references")
            << QStringList{QStringLiteral("ALTER TABLE chats ADD COLUMN pinned INTEGER"),
                           QStringLiteral("DELETE FROM chats")};
    }
    void aStepThatFailsChangesNothing() {
        QFETCH(QStringList, statements);
        const qint64 chat = makeChat();
        m_options.migrations << next(statements);
        {
            Database database(m_options);
            const OpenReport report = wait(database.open());
            QVERIFY(!report.ok());
            QVERIFY(!report.error.message.isEmpty());
            QVERIFY(QFileInfo::exists(report.upgradeBackup));
        }
        m_options.migrations = allMigrations();
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        QCOMPARE(sql(database,
                     QStringLiteral("SELECT count(*) FROM pragma_table_info('chats') WHERE name = 'pinned'"))
                     .toInt(),
                 0);
        ChatStore chats(database);
        QCOMPARE(texts(need(chats.path(chat))), QStringList(QStringLiteral("hello")));
    }

    /// Of two steps, the one that succeeded stays: each is a transaction of its own.
    void everyStepIsItsOwnTransaction() {
        makeChat();
        m_options.migrations << next({QStringLiteral("CREATE TABLE one (x)")});
        m_options.migrations << next({QStringLiteral("CREATE TABLE two (x)"), QStringLiteral("NOT SQL")});
        QVERIFY(!wait(Database(m_options).open()).ok());
        m_options.migrations.last().statements.removeLast();
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        QCOMPARE(
            sql(database, QStringLiteral("SELECT count(*) FROM sqlite_schema WHERE name IN ('one', 'two')"))
                .toInt(),
            2);
    }

    void noUpgradeWithoutRoomForTheCopy() {
        const qint64 chat = makeChat();
        m_options.migrations << next({QStringLiteral("CREATE TABLE one (x)")});
        // A file where the folder of copies should be.
        QFile block(m_folder->filePath(QStringLiteral("backups")));
        QVERIFY(block.open(QIODevice::WriteOnly));
        QVERIFY(!wait(Database(m_options).open()).ok());
        m_options.migrations = allMigrations();
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        ChatStore chats(database);
        QCOMPARE(texts(need(chats.path(chat))), QStringList(QStringLiteral("hello")));
    }

    void aDiskThatFillsUpDuringAnUpgrade() {
        const qint64 chat = makeChat();
        m_options.migrations << next({QStringLiteral("CREATE TABLE big (x)"),
                                      QStringLiteral("INSERT INTO big VALUES (zeroblob(1000000))")});
        m_options.maxPages = 100;
        {
            Database database(m_options);
            const OpenReport report = wait(database.open());
            QCOMPARE(report.outcome, OpenOutcome::DiskFull);
            QVERIFY(!report.backups.isEmpty());
        }
        m_options.maxPages = 0;
        Database database(m_options);
        QVERIFY(wait(database.open()).ok());
        ChatStore chats(database);
        QCOMPARE(texts(need(chats.path(chat))), QStringList(QStringLiteral("hello")));
    }

  private:
    Migration next(const QStringList& statements) const {
        return {m_options.migrations.last().version + 1, statements};
    }
    qint64 makeChat() {
        Database database(m_options);
        if (!wait(database.open()).ok()) return 0;
        ChatStore chats(database);
        const qint64 chat = need(chats.create({QStringLiteral("kept")})).id;
        need(chats.append({chat, {}, Role::User, QStringLiteral("hello")}));
        return chat;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    DatabaseOptions m_options;
};

QTEST_GUILESS_MAIN(TestMigrations)
#include "test_migrations.moc"
