#include <QJsonArray>

#include "storage/model_store.h"
#include "storage/settings_store.h"
#include "storage/times.h"
#include "storage_test.h"

using namespace kinglet::storage;
using namespace kinglet::storage::testing;

namespace {

QStringList pathsOf(const QList<ModelRecord>& records) {
    QStringList paths;
    for (const ModelRecord& record : records) paths << record.path;
    return paths;
}

}  // namespace

class TestStores : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_database = std::make_unique<Database>(optionsIn(*m_folder));
        QVERIFY(wait(m_database->open()).ok());
    }
    void cleanup() {
        m_database.reset();
        m_folder.reset();
    }

    void settingsKeepTheirType() {
        SettingsStore settings(*m_database);
        const QJsonObject values{{QStringLiteral("theme"), QStringLiteral("dark")},
                                 {QStringLiteral("scale"), 1.25},
                                 {QStringLiteral("wrap"), false},
                                 {QStringLiteral("none"), QJsonValue::Null},
                                 {QStringLiteral("list"), QJsonArray{1, QStringLiteral("two")}},
                                 {QStringLiteral("object"), QJsonObject{{QStringLiteral("a"), 1}}},
                                 {QString::fromUtf8("schlüssel 'x'"), QString::fromUtf8("größe")}};
        QVERIFY(done(settings.setAll(values)));
        QCOMPARE(need(settings.all()), values);
        QVERIFY(done(settings.set(QStringLiteral("theme"), QStringLiteral("light"))));
        QCOMPARE(need(settings.value(QStringLiteral("theme"))), QJsonValue(QStringLiteral("light")));
        QVERIFY(need(settings.value(QStringLiteral("nothing"))).isUndefined());
        QVERIFY(done(settings.remove({QStringLiteral("theme"), QStringLiteral("not there")})));
        QVERIFY(need(settings.value(QStringLiteral("theme"))).isUndefined());
        QCOMPARE(need(settings.all()).size(), values.size() - 1);
    }

    void settingsOfAModelBelongToItsPath() {
        ModelStore models(*m_database);
        const QJsonObject chosen{{QStringLiteral("temperature"), 0.3},
                                 {QStringLiteral("kv_type"), QStringLiteral("q8_0")}};
        const QString path = QStringLiteral("/models/wren.gguf");
        QVERIFY(done(models.setSettings(path, chosen)));  // nobody has seen the file yet
        ModelRecord record;
        record.path = path;
        record.size = 5;
        const ModelRecord seen = need(models.put(record));
        QCOMPARE(seen.settings, chosen);  // a scan knows nothing of them
        QCOMPARE(seen.size, 5);

        const ModelRecord forgotten = need(models.remove(seen.id));
        QCOMPARE(forgotten.settings, chosen);
        QCOMPARE(need(models.put(record)).settings, QJsonObject());  // come again, it begins anew
        QVERIFY(done(models.setSettings(path, {})));
        const ModelRecord again = need(models.all()).at(0);
        need(models.remove(again.id));
        QCOMPARE(need(models.put(forgotten)).settings, chosen);  // undone, it is as it was
    }

    void modelsAreRememberedByPath() {
        ModelStore models(*m_database);
        ModelRecord record;
        record.path = QString::fromUtf8("/models/zaunkönig.gguf");
        record.size = qint64(5) << 32;
        record.modified = utcTime(1763000000123);
        record.metadata = QJsonObject{{QStringLiteral("name"), QStringLiteral("Wren")}};
        const ModelRecord stored = need(models.put(record));
        QVERIFY(stored.id > 0);
        QCOMPARE(stored.size, record.size);
        QCOMPARE(stored.modified, record.modified);
        QCOMPARE(stored.metadata, record.metadata);
        QVERIFY(!stored.lastUsed.isValid());

        const QDateTime used = utcTime(1763800000000);
        QVERIFY(done(models.setLastUsed(record.path, used)));
        QVERIFY(done(models.setMeasuredSpeed(record.path, 21.5)));
        QVERIFY(done(models.setProblem(record.path, QStringLiteral("It is cut off."))));
        QVERIFY(done(models.setHidden(stored.id, true)));
        record.size = 7;  // the file changed: a new scan keeps what the scan cannot know
        const ModelRecord again = need(models.put(record));
        QCOMPARE(again.id, stored.id);
        QCOMPARE(again.size, 7);
        QCOMPARE(again.lastUsed, used);
        QCOMPARE(again.measuredSpeed, 21.5);
        QCOMPARE(again.problem, QString());
        QVERIFY(!again.hidden);
        QCOMPARE(need(models.all()).size(), 1);
    }

    void theMostRecentlyUsedComesFirst() {
        ModelStore models(*m_database);
        for (const char* path : {"/c", "/a", "/b", "/d"}) {
            ModelRecord record;
            record.path = QString::fromLatin1(path);
            need(models.put(record));
        }
        QVERIFY(done(models.setLastUsed(QStringLiteral("/d"), utcTime(1000))));
        QVERIFY(done(models.setLastUsed(QStringLiteral("/c"), utcTime(2000))));
        QCOMPARE(pathsOf(need(models.all())), QStringList({QStringLiteral("/c"), QStringLiteral("/d"),
                                                           QStringLiteral("/a"), QStringLiteral("/b")}));
    }

    void forgettingAModelCanBeUndone() {
        ModelStore models(*m_database);
        ModelRecord record;
        record.path = QStringLiteral("/a");
        record.measuredSpeed = 3;
        record.lastUsed = utcTime(5000);
        const ModelRecord forgotten = need(models.remove(need(models.put(record)).id));
        QVERIFY(need(models.all()).isEmpty());
        const ModelRecord back = need(models.put(forgotten));
        QCOMPARE(back.measuredSpeed, 3.0);
        QCOMPARE(back.lastUsed, record.lastUsed);
        QCOMPARE(wait(models.remove(12345)).error().code, ErrorCode::NotFound);
        QCOMPARE(wait(models.setHidden(12345, true)).error().code, ErrorCode::NotFound);
        QCOMPARE(wait(models.setProblem(QStringLiteral("/none"), {})).error().code, ErrorCode::NotFound);
    }

  private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Database> m_database;
};

QTEST_GUILESS_MAIN(TestStores)
#include "test_stores.moc"
