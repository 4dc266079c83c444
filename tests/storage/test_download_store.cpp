#include "storage/catalogue_store.h"
#include "storage/download_store.h"
#include "storage_test.h"

using namespace kinglet::storage;
using namespace kinglet::storage::testing;

class TestDownloadStore : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        reopen();
    }
    void cleanup() {
        m_database.reset();
        m_folder.reset();
    }

    void whatIsAddedIsThereAfterARestart() {
        DownloadRecord record = example(QStringLiteral("wren"), 2);
        record.details = QJsonObject{{QStringLiteral("catalogue"), QStringLiteral("wren")}};
        const DownloadRecord stored = need(DownloadStore(*m_database).add(record));
        QVERIFY(stored.id > 0 && stored.files.at(0).id > 0 && stored.files.at(1).id > stored.files.at(0).id);
        QVERIFY(stored.created.isValid());
        reopen();
        const auto all = need(DownloadStore(*m_database).all());
        QCOMPARE(all.size(), 1);
        QCOMPARE(all.first().name, QStringLiteral("wren"));
        QCOMPARE(all.first().state, DownloadState::Queued);
        QCOMPARE(all.first().details, record.details);
        QCOMPARE(all.first().files.size(), 2);
        QCOMPARE(all.first().files.at(1).target, record.files.at(1).target);
        QCOMPARE(all.first().files.at(1).bytes, qint64(7) << 32);
        QCOMPARE(all.first().files.at(1).sha256, QString(64, u'a'));
        QVERIFY(all.first().files.at(1).pieces.isEmpty());
    }

    void progressIsKept() {
        DownloadStore store(*m_database);
        DownloadFile file = need(store.add(example(QStringLiteral("wren"), 1))).files.first();
        file.linkedSha256 = QString(64, u'b');
        file.revisionFound = QStringLiteral("c0ffee");
        file.etag = QStringLiteral("\"x'y\"");
        file.lastModified = QStringLiteral("Sat, 21 Nov 2026 10:00:00 GMT");
        file.received = qint64(5) << 32;
        file.pieces = QByteArray("\0\1\2\377\0\0\0\0", 8);
        QVERIFY(done(store.setProgress(file)));
        reopen();
        const DownloadFile kept = need(DownloadStore(*m_database).all()).first().files.first();
        QCOMPARE(kept.linkedSha256, file.linkedSha256);
        QCOMPARE(kept.revisionFound, file.revisionFound);
        QCOMPARE(kept.etag, file.etag);
        QCOMPARE(kept.lastModified, file.lastModified);
        QCOMPARE(kept.received, file.received);
        QCOMPARE(kept.pieces, file.pieces);
    }

    void statesAndProblemsAreKept() {
        DownloadStore store(*m_database);
        const qint64 id = need(store.add(example(QStringLiteral("wren"), 1))).id;
        const QJsonObject problem{{QStringLiteral("fault"), QStringLiteral("disk-full")}};
        QVERIFY(done(store.setState(id, DownloadState::Failed, problem)));
        QCOMPARE(need(store.all()).first().state, DownloadState::Failed);
        QCOMPARE(need(store.all()).first().problem, problem);
        QVERIFY(done(store.setState(id, DownloadState::Paused)));
        QCOMPARE(need(store.find(id)).state, DownloadState::Paused);
        QVERIFY(need(store.all()).first().problem.isEmpty());
        const auto unknown = wait(store.setState(id + 1, DownloadState::Paused));
        QVERIFY(!unknown.ok());
        QCOMPARE(unknown.error().code, ErrorCode::NotFound);
    }

    void theOrderIsKept() {
        DownloadStore store(*m_database);
        QList<qint64> ids;
        for (const char* name : {"a", "b", "c"})
            ids << need(store.add(example(QString::fromLatin1(name), 1))).id;
        QVERIFY(done(store.setOrder({ids[2], ids[0], ids[1]})));
        QStringList names;
        for (const DownloadRecord& record : need(store.all())) names << record.name;
        QCOMPARE(names, QStringList({QStringLiteral("c"), QStringLiteral("a"), QStringLiteral("b")}));
        need(store.add(example(QStringLiteral("d"), 1)));
        QCOMPARE(need(store.all()).last().name, QStringLiteral("d"));
    }

    void aTargetIsTakenOnce() {
        DownloadStore store(*m_database);
        const qint64 id = need(store.add(example(QStringLiteral("wren"), 2))).id;
        const auto again = wait(store.add(example(QStringLiteral("wren"), 1)));
        QVERIFY(!again.ok());
        QCOMPARE(again.error().code, ErrorCode::Invalid);
        QCOMPARE(need(store.all()).size(), 1);
        QVERIFY(done(store.remove(id)));
        QCOMPARE(sql(*m_database, QStringLiteral("SELECT count(*) FROM download_files")).toInt(), 0);
        need(store.add(example(QStringLiteral("wren"), 1)));
    }

    void twoHaveItOpenAtOnce() {
        Database other(DatabaseOptions::ofLibrary(m_folder->path()));
        QVERIFY(wait(other.open()).ok());
        DownloadStore here(*m_database);
        DownloadStore there(other);
        const qint64 before = need(there.changesOfOthers());
        const qint64 id = need(here.add(example(QStringLiteral("wren"), 1))).id;
        QVERIFY(need(there.changesOfOthers()) != before);
        QCOMPARE(need(there.find(id)).name, QStringLiteral("wren"));
        QVERIFY(done(there.remove(id)));
        QCOMPARE(wait(here.find(id)).error().code, ErrorCode::NotFound);
    }

    void aCatalogueGivesWayToANewerOneOnly() {
        CatalogueStore store(*m_database);
        CatalogueRecord mine;
        mine.source = QStringLiteral("https://example.org/birds.json");
        mine.revision = 3;
        mine.rows = {{QStringLiteral("wren"),
                      QStringLiteral("chat"),
                      QStringLiteral("wren bird"),
                      {{QStringLiteral("id"), QStringLiteral("wren")}}}};
        QVERIFY(need(store.put(mine)));
        CatalogueRecord shipped;
        shipped.revision = 1;
        QVERIFY(need(store.put(shipped)));
        CatalogueRecord older = mine;
        older.rows.clear();
        QVERIFY(!need(store.put(older)));  // the same revision is none newer
        older.revision = 2;
        QVERIFY(!need(store.put(older)));
        reopen();
        CatalogueStore again(*m_database);
        auto all = need(again.all());
        QCOMPARE(all.size(), 2);
        QVERIFY(all.first().source.isEmpty());  // the one that ships comes first
        QCOMPARE(all.last().rows.size(), 1);
        QCOMPARE(all.last().rows.first().entry, mine.rows.first().entry);
        mine.revision = 4;
        mine.rows << CatalogueRow{QStringLiteral("robin"), QStringLiteral("chat"), {}, {}};
        QVERIFY(need(again.put(mine)));
        QCOMPARE(need(again.all()).last().rows.size(), 2);
        // One that cannot be stored whole leaves the old one.
        mine.revision = 5;
        mine.rows << mine.rows.last();
        QVERIFY(!wait(again.put(mine)).ok());
        QCOMPARE(need(again.all()).last().revision, 4);
        QVERIFY(done(again.remove(mine.source)));
        QCOMPARE(need(again.all()).size(), 1);
        QCOMPARE(sql(*m_database, QStringLiteral("SELECT count(*) FROM catalogue_models")).toInt(), 0);
    }

    /// A file that shipped is opened by the steps as they are now, and has the schema that they make.
    void whatShippedOpens() {
        m_database.reset();
        const QString path = DatabaseOptions::ofLibrary(m_folder->path()).path;
        QVERIFY(QFile::remove(path));
        QFile shipped(QStringLiteral(KINGLET_SCHEMA_FOLDER "/library-v1.sql"));
        QVERIFY(shipped.open(QIODevice::ReadOnly));
        const QString schema = QStringLiteral(
            "SELECT group_concat(sql, ';' || char(10)) FROM "
            "(SELECT sql FROM sqlite_schema WHERE sql != '' ORDER BY rowid)");
        QString asShipped;
        {
            auto connection = Connection::open(path, Connection::Mode::ReadWrite);
            QVERIFY(connection.ok());
            const QStringList statements = QString::fromUtf8(shipped.readAll()).split(QStringLiteral(";\n"));
            for (const QString& statement : statements) {
                if (!statement.trimmed().isEmpty()) QVERIFY((*connection)->exec(statement).ok());
            }
            asShipped = (*connection)->scalar(schema)->toString();
        }
        reopen();
        QCOMPARE(sql(*m_database, schema).toString(), asShipped);
        QCOMPARE(need(DownloadStore(*m_database).all()).first().files.first().pieces.size(), 8);
        DatabaseOptions fresh = DatabaseOptions::ofLibrary(m_folder->path());
        fresh.path = QStringLiteral(":memory:");
        fresh.migrations = fresh.migrations.mid(0, 1);
        Database made(fresh);
        QVERIFY(wait(made.open()).ok());
        QCOMPARE(sql(made, schema).toString(), asShipped);
    }

    void aDamagedOneIsKeptAndBegunAnew() {
        m_database.reset();
        const DatabaseOptions options = DatabaseOptions::ofLibrary(m_folder->path());
        for (const char* suffix : {"", "-wal", "-shm"}) QFile::remove(options.path + QLatin1String(suffix));
        QFile file(options.path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(16384, 'x'));
        file.close();
        Database database(options);
        const OpenReport report = wait(database.open());
        QVERIFY2(report.ok(), qPrintable(report.error.message));
        QVERIFY(QFileInfo::exists(report.keptFile));
        QVERIFY(need(DownloadStore(database).all()).isEmpty());
    }

  private:
    void reopen() {
        m_database.reset();
        m_database = std::make_unique<Database>(DatabaseOptions::ofLibrary(m_folder->path()));
        QVERIFY(wait(m_database->open()).ok());
    }
    static DownloadRecord example(const QString& name, int files) {
        DownloadRecord record;
        record.name = name;
        for (int i = 0; i < files; ++i) {
            DownloadFile file;
            file.repository = QStringLiteral("birds/Wren-GGUF");
            file.path = QStringLiteral("%1-%2.gguf").arg(name).arg(i);
            file.target = QStringLiteral("/models/") + file.path;
            file.bytes = qint64(7) << 32;
            file.sha256 = QString(64, u'a');
            record.files << file;
        }
        return record;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Database> m_database;
};

QTEST_GUILESS_MAIN(TestDownloadStore)
#include "test_download_store.moc"
