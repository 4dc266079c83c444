// Addresses of a hub, and what its answers say.
#include <QTest>

#include "library/catalogue.h"
#include "library/hub.h"
#include "storage/times.h"

using namespace kinglet;
using namespace kinglet::library;

class TestHubDialect : public QObject {
    Q_OBJECT

  private slots:
    void cleanup() {
        qunsetenv("HF_ENDPOINT");
        qunsetenv("HF_TOKEN");
    }

    void addressesAreEncoded() {
        const Hub hub;
        QCOMPARE(hub.fileUrl("a/b", {}, "c d/e#f?.gguf").toEncoded(),
                 QByteArray("https://huggingface.co/a/b/resolve/main/c%20d/e%23f%3F.gguf"));
        QCOMPARE(hub.fileUrl("a/b", "refs/pr/1", QString::fromUtf8("ü%41.gguf")).toEncoded(),
                 QByteArray("https://huggingface.co/a/b/resolve/refs%2Fpr%2F1/%C3%BC%2541.gguf"));
        QCOMPARE(hub.filesUrl("a/b", {}).toEncoded(),
                 QByteArray("https://huggingface.co/api/models/a/b/revision/main?blobs=true"));
        QCOMPARE(hub.searchUrl("tiny & small", 5).toEncoded(),
                 QByteArray("https://huggingface.co/api/"
                            "models?search=tiny%20%26%20small&filter=gguf&sort=downloads&limit=5"));
        QCOMPARE(hub.pageUrl("a/b").toEncoded(), QByteArray("https://huggingface.co/a/b"));
    }

    void theEnvironmentNamesAnotherHub() {
        qputenv("HF_ENDPOINT", "http://127.0.0.1:8080/mirror/");
        qputenv("HF_TOKEN", "hf_x\n");
        const auto hub = Hub::fromEnvironment();
        QVERIFY(hub.ok());
        QCOMPARE(hub->fileUrl("a/b", {}, "c.gguf").toString(),
                 QString("http://127.0.0.1:8080/mirror/a/b/resolve/main/c.gguf"));
        QCOMPARE(hub->authorizationFor(hub->pageUrl("a/b")), QByteArray("Bearer hf_x"));
        for (const char* bad : {"nonsense", "ftp://example.org", "https://", "file:///tmp"}) {
            qputenv("HF_ENDPOINT", bad);
            QVERIFY2(!Hub::fromEnvironment().ok(), bad);
        }
        qunsetenv("HF_ENDPOINT");
        QCOMPARE(Hub::fromEnvironment()->host(), QString("huggingface.co"));
    }

    void theTokenIsForOneOrigin() {
        const Hub hub(QUrl("https://hub.example"), "t");
        QVERIFY(!hub.authorizationFor(QUrl("https://hub.example/a")).isEmpty());
        QVERIFY(!hub.authorizationFor(QUrl("https://hub.example:443/a")).isEmpty());
        for (const char* other : {"https://hub.example:8443/a", "http://hub.example/a", "https://example/a",
                                  "https://evil.hub.example/a", "https://hub.example.evil.org/a"})
            QVERIFY2(hub.authorizationFor(QUrl(other)).isEmpty(), other);
        // In clear text it goes to this computer only.
        const Hub clear(QUrl("http://hub.example"), "t");
        QVERIFY(clear.authorizationFor(QUrl("http://hub.example/a")).isEmpty());
        QVERIFY(Hub().authorizationFor(QUrl("https://huggingface.co/a")).isEmpty());
    }

    void referencesArePastedInManyForms_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("parts");
        const auto row = [](const char* text, const QStringList& parts) {
            QTest::newRow(text) << QString(text) << parts;
        };
        row("a/b", {"a/b", "", ""});
        row("a/b/c.gguf", {"a/b", "", "c.gguf"});
        row("a/b/d/c.gguf", {"a/b", "", "d/c.gguf"});
        row("https://huggingface.co/a/b", {"a/b", "", ""});
        row("https://huggingface.co/a/b/blob/main/c%20d.gguf", {"a/b", "main", "c d.gguf"});
        row("https://huggingface.co/a/b/resolve/v1/c.gguf?download=true", {"a/b", "v1", "c.gguf"});
        row("https://huggingface.co/a/b/tree/main", {"a/b", "main", ""});
        row("https://example.org/a/b", {});
        row("a", {});
        row("a/b/../c.gguf", {});
        row("../b", {});
        row("", {});
    }
    void referencesArePastedInManyForms() {
        QFETCH(QString, text);
        QFETCH(QStringList, parts);
        const auto found = parseReference(text, Hub());
        QCOMPARE(found.has_value(), !parts.isEmpty());
        if (found) QCOMPARE(QStringList({found->repository, found->revision, found->path}), parts);
    }

    void searchAnswersAreRead() {
        const auto found =
            parseSearch(R"([{"id":"a/b","downloads":7,"likes":2,"gated":"auto","tags":["gguf","license:mit"]},
            {"id":"../x"},{"downloads":3},5,{"id":"c/d","downloads":-1,"gated":false}])");
        QVERIFY(found.ok());
        QCOMPARE(found->size(), 2);
        QCOMPARE(found->at(0).downloads, 7);
        QVERIFY(found->at(0).gated && !found->at(1).gated);
        QCOMPARE(found->at(0).licence, QString("mit"));
        QCOMPARE(found->at(1).downloads, 0);
        QVERIFY(!parseSearch("{}").ok());
        QVERIFY(!parseSearch("<html>").ok());
    }

    void listingsAreRead() {
        const QByteArray sum(64, 'b');
        const auto found = parseFiles(R"({"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[
            {"rfilename":"m.gguf","size":1,"lfs":{"sha256":")" +
                                      sum + R"(","size":9}},
            {"rfilename":"README.md","size":12},{"rfilename":"../evil"},{}]})");
        QVERIFY(found.ok());
        QCOMPARE(found->files.size(), 2);
        QCOMPARE(found->files.at(0).bytes, 9);
        QCOMPARE(found->files.at(0).sha256, QString::fromLatin1(sum));
        QCOMPARE(found->files.at(1).bytes, 12);
        QVERIFY(found->files.at(1).sha256.isEmpty());
        QVERIFY(!parseFiles(R"({"sha":"main"})").ok());
    }

    void partsBelongTogether() {
        QList<HubFile> files;
        for (const char* path :
             {"x-00002-of-00002.gguf", "y.gguf", "x-00001-of-00002.gguf", "z-00001-of-00003.gguf",
              "mmproj-model.gguf", "README.md", "q/x-00001-of-00001.gguf"})
            files << HubFile{path, 1, {}};
        const auto models = modelsAmong(files);
        QCOMPARE(models.size(), 3);
        QCOMPARE(models.at(0).first().path, QString("y.gguf"));
        QCOMPARE(models.at(1).first().path, QString("q/x-00001-of-00001.gguf"));
        QCOMPARE(models.at(2).size(), 2);
        QCOMPARE(models.at(2).first().path, QString("x-00001-of-00002.gguf"));
    }

    void quantizationsAreInNames_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("quantization");
        QTest::newRow("dots") << "phi-2.Q4_K_M.gguf"
                              << "Q4_K_M";
        QTest::newRow("small letters") << "smollm2-360m-instruct-q8_0.gguf"
                                       << "Q8_0";
        QTest::newRow("a part") << "x/m-IQ2_XXS-00001-of-00002.gguf"
                                << "IQ2_XXS";
        QTest::newRow("floats") << "m-f16.gguf"
                                << "F16";
        QTest::newRow("none") << "qwen3.gguf"
                              << "";
        QTest::newRow("a size") << "Qwen3-4B.gguf"
                                << "";
    }
    void quantizationsAreInNames() {
        QFETCH(QString, path);
        QFETCH(QString, quantization);
        QCOMPARE(quantizationIn(path), quantization);
    }

    void waitsAreRead() {
        const QDateTime now = storage::utcTime(1795341600000);  // 22 November 2026, 10:00
        QCOMPARE(secondsToWait("12", {}, now), std::optional(12));
        QCOMPARE(secondsToWait("Sun, 22 Nov 2026 10:00:30 GMT", {}, now), std::optional(30));
        QCOMPARE(secondsToWait("Sun, 22 Nov 2026 09:00:00 GMT", {}, now), std::optional(0));
        QCOMPARE(secondsToWait({}, R"("api";r=0;t=55)", now), std::optional(56));
        QCOMPARE(secondsToWait("99999999", {}, now), std::optional(3600));
        QVERIFY(!secondsToWait({}, {}, now));
        QVERIFY(!secondsToWait("soon", "soon", now));
    }

    void contentRangesAreRead() {
        const auto range = parseContentRange("bytes 5-9/10");
        QVERIFY(range);
        QCOMPARE(range->first, 5);
        QCOMPARE(range->last, 9);
        QCOMPARE(range->total, 10);
        QCOMPARE(parseContentRange("bytes 0-0/*")->total, -1);
        for (const char* bad : {"", "bytes */10", "bytes 5-4/10", "bytes 5-10/10", "bytes -1-4/10",
                                "items 0-1/2", "bytes 0-99999999999999999999/100000000000000000000"})
            QVERIFY2(!parseContentRange(bad), bad);
    }

    void checksumsAreTaken() {
        const QString sum(64, 'c');
        QCOMPARE(sha256In('"' + sum + '"'), sum);
        QCOMPARE(sha256In("W/\"" + sum.toUpper() + '"'), sum);
        for (const QString& bad :
             {QString(), QString(63, 'c'), QString(65, 'c'), QString(64, 'g'), QString(40, 'c')})
            QVERIFY(sha256In(bad).isEmpty());
    }

    void secretsAreLeftOut() {
        const QString shown = withoutSecrets(QUrl("https://user:pass@cdn.example/a/b?Signature=s#f"));
        QCOMPARE(shown, QString("https://cdn.example/a/b"));
    }
};

QTEST_GUILESS_MAIN(TestHubDialect)
#include "test_hub_dialect.moc"
