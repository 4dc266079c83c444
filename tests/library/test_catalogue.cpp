// The catalogue that ships, and what a bad one is answered by.
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include "library/catalogue.h"
#include "library/forecast.h"
#include "library/offer.h"

using namespace kinglet;
using namespace kinglet::library;

namespace {

QJsonObject smallest() {
    const QJsonObject part{{"path", "a.gguf"}, {"bytes", 5}, {"sha256", QString(64, 'a')}};
    const QJsonObject file{{"quantization", "Q8_0"},
                           {"repository", "birds/wren"},
                           {"revision", QString(40, '1')},
                           {"parts", QJsonArray{part}}};
    const QJsonObject model{{"id", "wren"},
                            {"name", "Wren"},
                            {"maker", "Birds"},
                            {"kind", "chat"},
                            {"architecture", "llama"},
                            {"parameters", 1000},
                            {"context_length", 512},
                            {"licence", "apache-2.0"},
                            {"about", "Sings."},
                            {"files", QJsonArray{file}}};
    return {{"schema", 1}, {"revision", 7}, {"models", QJsonArray{model}}};
}

/// The smallest catalogue with one value changed: `place` as "models/0/files/0/repository".
QByteArray changed(const QString& place, const QJsonValue& value) {
    const auto change = [](const auto& self, const QJsonValue& at, QStringList path,
                           const QJsonValue& to) -> QJsonValue {
        if (path.isEmpty()) return to;
        const QString name = path.takeFirst();
        if (at.isArray()) {
            QJsonArray array = at.toArray();
            array[name.toInt()] = self(self, array.at(name.toInt()), path, to);
            return array;
        }
        QJsonObject object = at.toObject();
        const QJsonValue inner = self(self, object.value(name), path, to);
        if (inner.isUndefined()) {
            object.remove(name);
        } else {
            object[name] = inner;
        }
        return object;
    };
    return QJsonDocument(change(change, smallest(), place.split('/'), value).toObject()).toJson();
}

}  // namespace

class TestCatalogue : public QObject {
    Q_OBJECT

  private slots:
    void theBuiltInOneIsSound() {
        QFile file(QStringLiteral(KINGLET_CATALOGUE));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto parsed = parseCatalogue(file.readAll(), QStringLiteral("catalogue.json"));
        QVERIFY2(parsed.ok(), parsed.ok() ? "" : qPrintable(parsed.error().message));
        QCOMPARE(parsed->models.size(), builtInCatalogue().models.size());
        QVERIFY(parsed->models.size() >= 40);
        for (const char* id : {"tinyllama-1.1b-chat-v1.0", "phi-2", "phi-1.5", "mistral-7b-instruct-v0.2",
                               "llama-2-7b-chat", "gpt2-124m", "distilbert-base-uncased"})
            QVERIFY2(builtInCatalogue().find(QString::fromLatin1(id)), id);
    }

    void everyEntryOfItSaysWhatAPersonNeeds() {
        QSet<QString> lines;
        int pinned = 0;
        int files = 0;
        for (const CatalogueModel& model : builtInCatalogue().models) {
            QVERIFY2(model.about.endsWith('.') && model.about.size() <= 120, qPrintable(model.id));
            QVERIFY2(!lines.contains(model.about), qPrintable(model.id));
            lines.insert(model.about);
            QVERIFY2(model.contextLength >= 512, qPrintable(model.id));
            const bool own = model.licence != "apache-2.0" && model.licence != "mit";
            QVERIFY2(own == !model.terms.isEmpty(), qPrintable(model.id));
            for (const CatalogueFile& file : model.files) {
                ++files;
                for (const CataloguePart& part : file.parts) {
                    if (part.sha256.isEmpty() || file.revision.isEmpty()) continue;
                    ++pinned;
                    break;
                }
            }
        }
        QVERIFY(pinned * 4 > files * 3);  // most cannot change under us
        QCOMPARE(builtInCatalogue().find("gpt2-124m")->kind, ModelKind::Completion);
        QCOMPARE(builtInCatalogue().find("all-minilm-l6-v2")->kind, ModelKind::Embedding);
        QVERIFY(builtInCatalogue().find("distilbert-base-uncased")->files.first().isCheckpoint);
    }

    void searchFindsAllWords() {
        QCOMPARE(builtInCatalogue().search({}).size(), builtInCatalogue().models.size());
        const auto found = builtInCatalogue().search("QWEN 0.6b");
        QCOMPARE(found.size(), 1);
        QCOMPARE(found.first()->id, QString("qwen3-0.6b"));
        QVERIFY(builtInCatalogue().search("qwen penguin").isEmpty());
    }

    void theSmallestOneIsRead() {
        const auto parsed = parseCatalogue(QJsonDocument(smallest()).toJson(), "small");
        QVERIFY(parsed.ok());
        QCOMPARE(parsed->revision, 7);
        QCOMPARE(parsed->models.first().files.first().bytes(), 5);
        QVERIFY(mayReplace(Catalogue{1, 6, {}}, *parsed).ok());
        QVERIFY(!mayReplace(Catalogue{1, 7, {}}, *parsed).ok());
        QVERIFY(!mayReplace(Catalogue{1, 8, {}}, *parsed).ok());
    }

    void whatIsWrongIsRefused_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<storage::ErrorCode>("code");
        using storage::ErrorCode;
        const QString file = "models/0/files/0/";
        const auto row = [](const char* name, const QByteArray& json, ErrorCode code = ErrorCode::Corrupt) {
            QTest::newRow(name) << json << code;
        };
        row("no JSON", "{");
        row("an array", "[]");
        row("too large", QByteArray(9 << 20, ' '), ErrorCode::Hostile);
        row("a newer schema", changed("schema", 2), ErrorCode::Newer);
        row("no schema", changed("schema", QJsonValue::Undefined));
        row("no revision", changed("revision", QJsonValue::Undefined));
        row("half a revision", changed("revision", 1.5));
        row("no models", changed("models", QJsonArray()));
        row("a model twice", changed("models", QJsonArray{smallest()["models"][0], smallest()["models"][0]}));
        row("no id", changed("models/0/id", QJsonValue::Undefined));
        row("an id with a path", changed("models/0/id", "../wren"));
        row("an unknown kind", changed("models/0/kind", "poem"));
        row("a line break", changed("models/0/about", "a\nb"));
        row("a very long line", changed("models/0/about", QString(400, 'x')));
        row("terms over HTTP", changed("models/0/terms", "http://example.org"));
        row("terms that run", changed("models/0/terms", "javascript:alert(1)"));
        row("a huge context", changed("models/0/context_length", 1e15));
        row("a negative size", changed(file + "parts/0/bytes", -1));
        row("a wrong checksum", changed(file + "parts/0/sha256", "abc"));
        row("a checksum in capitals", changed(file + "parts/0/sha256", QString(64, 'A')));
        row("a branch for a commit", changed(file + "revision", "main"));
        row("a repository with a path", changed(file + "repository", "a/b/c"));
        row("a repository above", changed(file + "repository", "../b"));
        row("a path above", changed(file + "parts/0/path", "../a.gguf"));
        row("an absolute path", changed(file + "parts/0/path", "/etc/a.gguf"));
        row("a path of Windows", changed(file + "parts/0/path", "a\\b.gguf"));
        row("no GGUF", changed(file + "parts/0/path", "a.exe"));
        row("no parts", changed(file + "parts", QJsonArray()));
        row("an unknown format", changed(file + "format", "pickle"));
        const QJsonValue part = smallest()["models"][0]["files"][0]["parts"][0];
        row("a part twice", changed(file + "parts", QJsonArray{part, part}));
    }
    void whatIsWrongIsRefused() {
        QFETCH(QByteArray, json);
        QFETCH(storage::ErrorCode, code);
        const auto parsed = parseCatalogue(json, "bad.json");
        QVERIFY(!parsed.ok());
        QCOMPARE(parsed.error().code, code);
        QVERIFY2(parsed.error().message.contains("bad.json"), qPrintable(parsed.error().message));
    }

    void storedModelsAreTheSame() {
        const storage::CatalogueRecord record = recordOf(builtInCatalogue(), QStringLiteral("here"));
        QCOMPARE(record.revision, builtInCatalogue().revision);
        QCOMPARE(record.rows.size(), builtInCatalogue().models.size());
        const QList<CatalogueModel> models = modelsOf(record);
        QCOMPARE(models.size(), record.rows.size());
        for (qsizetype i = 0; i < models.size(); ++i) {
            const CatalogueModel& original = builtInCatalogue().models.at(i);
            QCOMPARE(models.at(i).id, original.id);
            QCOMPARE(models.at(i).files.size(), original.files.size());
            QCOMPARE(models.at(i).files.first().bytes(), original.files.first().bytes());
            QCOMPARE(models.at(i).cacheBytesPerToken, original.cacheBytesPerToken);
        }
        storage::CatalogueRecord broken = record;
        broken.rows[0].entry.remove("name");
        QCOMPARE(modelsOf(broken).size(), record.rows.size() - 1);
    }

    void whatIsFetchedOfAnOffer() {
        const CatalogueModel& model = *builtInCatalogue().find("tinyllama-1.1b-chat-v1.0");
        const storage::DownloadRecord record = recordFor(model, model.files.first(), "/models");
        QCOMPARE(record.name, model.name);
        QCOMPARE(record.files.size(), 1);
        QCOMPARE(record.files.first().target, QString("/models/tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf"));
        QCOMPARE(record.files.first().sha256, model.files.first().parts.first().sha256);
        QCOMPARE(record.details.value("catalogue").toString(), model.id);
        CatalogueFile checkpoint = model.files.first();
        checkpoint.isCheckpoint = true;
        QCOMPARE(recordFor(model, checkpoint, "/models").files.first().target,
                 QString("/models/tinyllama-1.1b-chat-v1.0/tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf"));
    }

    void forecastsFollowTheArithmetic() {
        CatalogueModel model;
        model.contextLength = 2048;
        model.cacheBytesPerToken = 100'000;
        CatalogueFile file;
        file.parts = {{"a.gguf", 1'000'000'000, {}}};
        QVERIFY(forecast(model, file, 4096, {}).fit == Fit::Unknown);
        Machine machine;
        machine.availableMemory = 8'000'000'000;
        machine.memoryBytesPerSecond = 15e9;
        machine.freeDisk = 600'000'000;
        machine.downloadBytesPerSecond = 10e6;
        const Forecast here = forecast(model, file, 4096, machine);
        // Weights, 2048 tokens (the model's own length) of keys and values, and what computing takes.
        const qint64 least = 1'000'000'000 + 2048LL * 100'000;
        QVERIFY(here.memory > least && here.memory < least + 200'000'000);
        QCOMPARE(here.memoryLeft, machine.availableMemory - here.memory);
        QVERIFY(here.fit == Fit::Well);
        QVERIFY(here.tokensPerSecond > 5 && here.tokensPerSecond < 15);
        QCOMPARE(here.diskMissing, 400'000'000);
        QCOMPARE(here.seconds, 100);
        machine.availableMemory = here.memory + 100'000'000;
        QVERIFY(forecast(model, file, 4096, machine).fit == Fit::Tight);
        machine.availableMemory = here.memory - 1;
        QVERIFY(forecast(model, file, 4096, machine).fit == Fit::No);
        // Less context takes less memory.
        QVERIFY(forecast(model, file, 512, machine).fit != Fit::No);
        file.parts[0].bytes = 0;
        QCOMPARE(forecast(model, file, 4096, machine).memory, 0);
        // A length that nobody has told is guessed, and said to be.
        model.parameters = 1'000'000'000;
        file.quantization = QStringLiteral("Q8_0");
        const Forecast guess = forecast(model, file, 4096, machine);
        QVERIFY(guess.guessed && !here.guessed);
        QCOMPARE(guess.disk, 1'062'500'000);
    }

    void guessedLengthsAreNearTheRealOnes() {
        int compared = 0;
        for (const CatalogueModel& model : builtInCatalogue().models) {
            for (const CatalogueFile& file : model.files) {
                const qint64 guess = likelyBytes(model, file);
                if (file.bytes() == 0 || guess == 0 || file.isCheckpoint) continue;
                const double ratio = double(guess) / double(file.bytes());
                QVERIFY2(ratio > 0.6 && ratio < 1.35,
                         qPrintable(QStringLiteral("%1 %2: %3").arg(model.id, file.quantization).arg(ratio)));
                ++compared;
            }
        }
        QVERIFY(compared > 50);
    }
};

QTEST_GUILESS_MAIN(TestCatalogue)
#include "test_catalogue.moc"
