// Models that other programs left, in folders as those programs lay them out.
#include <QDir>
#include <QTest>

#include "library/other_apps.h"
#include "tests/library/library_test.h"

using namespace kinglet::library;
using namespace kinglet::library::testing;

class TestOtherApps : public QObject {
    Q_OBJECT

  private slots:
    void init() { m_home = std::make_unique<QTemporaryDir>(); }

    void eachProgramsFolderIsRead() {
        const QString blob = QStringLiteral(".cache/huggingface/hub/models--birds--Wren-GGUF/blobs/abc");
        put(blob, 1);
        const QString snapshot =
            QStringLiteral(".cache/huggingface/hub/models--birds--Wren-GGUF/snapshots/123");
        QVERIFY(QDir(m_home->path()).mkpath(snapshot));
        QVERIFY(QFile::link(m_home->filePath(blob), m_home->filePath(snapshot + "/wren-Q8_0.gguf")));
        const QString digest(64, 'a');
        put(".ollama/models/blobs/sha256-" + digest, 2);
        write(".ollama/models/manifests/registry.ollama.ai/library/robin/1b",
              R"({"layers":[{"mediaType":"application/vnd.ollama.image.license","digest":"sha256:)" +
                  QByteArray(64, 'b') +
                  R"("},{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" +
                  digest.toLatin1() + R"("}]})");
        put(".lmstudio/models/birds/Finch-GGUF/finch.gguf", 3);
        put(".local/share/nomic.ai/GPT4All/owl.gguf", 4);
        const QList<ForeignModel> found = look();
        QStringList names;
        for (const ForeignModel& model : found) names << model.app + '|' + model.name;
        QCOMPARE(names, QStringList({"GPT4All|owl", "Hugging Face|Wren-GGUF: wren-Q8_0", "LM Studio|finch",
                                     "Ollama|robin:1b"}));
        QCOMPARE(found.last().path, m_home->filePath(".ollama/models/blobs/sha256-" + digest));
        QCOMPARE(found.last().bytes, 100'000);
    }

    void whatIsNoModelIsLeftOut() {
        put(".lmstudio/models/a/mmproj-model.gguf", 1);
        put(".lmstudio/models/a/big-00001-of-00002.gguf", 2);
        put(".lmstudio/models/a/big-00002-of-00002.gguf", 3);
        write(".lmstudio/models/a/small.gguf", "GGUF");
        put(".lmstudio/models/a/notes.txt", 4);
        write(".ollama/models/manifests/x/y/z", "no json");
        write(
            ".ollama/models/manifests/x/y/w",
            R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:../../../etc/passwd"}]})");
        const QList<ForeignModel> found = look();
        QCOMPARE(found.size(), 1);
        QCOMPARE(found.first().name, QString("big-00001-of-00002"));
    }

    void variablesMoveTheFolders() {
        put("elsewhere/hub/models--birds--Wren-GGUF/snapshots/1/wren.gguf", 1);
        put("models/blobs/sha256-" + QString(64, 'c'), 2);
        write("models/manifests/a/b/owl/latest",
              R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" +
                  QByteArray(64, 'c') + R"("}]})");
        QVERIFY(look().isEmpty());
        const QList<ForeignModel> found =
            look({{"HF_HOME", m_home->filePath("elsewhere")}, {"OLLAMA_MODELS", m_home->filePath("models")}});
        QCOMPARE(found.size(), 2);
    }

    void itStopsWhenTold() {
        put(".lmstudio/models/a/wren.gguf", 1);
        ForeignPlaces places;
        places.home = m_home->path();
        places.environment = [](const char*) { return QString(); };
        QVERIFY(findForeignModels(places, [] { return true; }).isEmpty());
    }

  private:
    void write(const QString& path, const QByteArray& content) {
        const QString full = m_home->filePath(path);
        QVERIFY(QDir().mkpath(QFileInfo(full).path()));
        QVERIFY(writeFile(full, content));
    }
    void put(const QString& path, quint32 seed) { write(path, randomContent(100'000, seed)); }
    QList<ForeignModel> look(const QHash<QByteArray, QString>& variables = {}) {
        ForeignPlaces places;
        places.home = m_home->path();
        places.environment = [&variables](const char* name) { return variables.value(name); };
        return findForeignModels(places, [] { return false; });
    }

    std::unique_ptr<QTemporaryDir> m_home;
};

QTEST_GUILESS_MAIN(TestOtherApps)
#include "test_other_apps.moc"
