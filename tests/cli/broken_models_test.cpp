// Files that are no models, or damaged ones: one clear sentence and status 1, and never a crash, a hang or a
// huge allocation, whichever command meets them.
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtEndian>
#include <QtTest>

#include "tests/cli/cli_process.h"

namespace kinglet::cli_test {
namespace {

template <class T>
QByteArray number(T value) {
    const T little = qToLittleEndian(value);
    return QByteArray(reinterpret_cast<const char*>(&little), sizeof little);
}

QByteArray text(const QByteArray& value) {
    return number<quint64>(static_cast<quint64>(value.size())) + value;
}

QByteArray header(quint32 version, quint64 tensors, quint64 pairs) {
    return "GGUF" + number(version) + number(tensors) + number(pairs);
}

constexpr quint32 typeString = 8;
constexpr quint32 typeArray = 9;

QByteArray architecture(const QByteArray& name) {
    return text("general.architecture") + number(typeString) + text(name);
}

QByteArray tensor(const QByteArray& name, quint64 columns, quint64 rows, quint32 type, quint64 offset) {
    return text(name) + number<quint32>(2) + number(columns) + number(rows) + number(type) + number(offset);
}

struct Broken {
    const char* name;
    QByteArray content;
};

QList<Broken> brokenFiles() {
    const QByteArray one = header(3, 1, 1) + architecture("llama");
    const QByteArray two = header(3, 2, 1) + architecture("llama");
    QByteArray padded = two + tensor("a", 32, 4, 0, 0) + tensor("b", 32, 4, 0, 32);
    padded += QByteArray(4096, '\0');
    return {
        {"empty", ""},
        {"three bytes", "GGU"},
        {"text", "Once upon a time there was a file that was no model.\n"},
        {"wrong magic", "GGML" + header(3, 0, 0).mid(4)},
        {"only the magic", "GGUF"},
        {"version 0", header(0, 0, 0)},
        {"version 1", header(1, 0, 0)},
        {"version of the future", header(77, 0, 0)},
        {"big-endian", QByteArray("GGUF\0\0\0\3", 8) + QByteArray(16, '\0')},
        {"nothing inside", header(3, 0, 0)},
        {"absurd tensor count", header(3, ~0ull, 0)},
        {"absurd pair count", header(3, 0, 1ull << 60)},
        {"absurd key length", header(3, 0, 1) + number<quint64>(1ull << 62)},
        {"absurd array",
         header(3, 0, 1) + text("a") + number(typeArray) + number(typeString) + number<quint64>(1ull << 61)},
        {"array of arrays",
         header(3, 0, 1) + text("a") + number(typeArray) + number(typeArray) + number<quint64>(1ull << 40)},
        {"unknown value type", header(3, 0, 1) + text("a") + number<quint32>(99)},
        {"unknown architecture", header(3, 0, 1) + architecture("frobnicator")},
        {"architecture without anything", header(3, 0, 1) + architecture("llama")},
        {"cut in a tensor", (one + tensor("a", 32, 4, 0, 0)).chopped(6)},
        {"tensor without data", one + tensor("a", 32, 4, 0, 0)},
        {"unknown tensor type", one + tensor("a", 32, 4, 4242, 0) + QByteArray(4096, '\0')},
        {"tensor beyond the file", one + tensor("a", 32, 4, 0, 1ull << 50) + QByteArray(4096, '\0')},
        {"tensor size overflows", one + tensor("a", 1ull << 40, 1ull << 40, 0, 0) + QByteArray(4096, '\0')},
        {"overlapping tensors", padded},
    };
}

}  // namespace

class BrokenModelsTest : public QObject {
    Q_OBJECT

  private slots:
    void everyCommandRefuses_data();
    void everyCommandRefuses();
    void noPermission();

  private:
    void expectRefusal(const QString& path);

    QTemporaryDir folder_;
};

void BrokenModelsTest::everyCommandRefuses_data() {
    QTest::addColumn<QString>("path");
    int count = 0;
    for (const Broken& broken : brokenFiles()) {
        const QString path = folder_.filePath(QString("broken-%1.gguf").arg(++count));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(broken.content) == broken.content.size());
        QTest::newRow(broken.name) << path;
    }
    QVERIFY(QDir(folder_.path()).mkdir("folder.gguf"));
    QTest::newRow("a folder") << folder_.filePath("folder.gguf");
    QTest::newRow("nothing there") << folder_.filePath("missing.gguf");
    QTest::newRow("a device") << "/dev/zero";
}

void BrokenModelsTest::everyCommandRefuses() {
    QFETCH(QString, path);
    expectRefusal(path);
}

void BrokenModelsTest::noPermission() {
    if (geteuid() == 0) QSKIP("root may read every file");
    const QString path = folder_.filePath("locked.gguf");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(header(3, 0, 0)) > 0);
    QVERIFY(file.setPermissions({}));
    expectRefusal(path);
}

void BrokenModelsTest::expectRefusal(const QString& path) {
    const QString out = folder_.filePath("out.bin");
    const QList<QStringList> commands = {
        {"run", path, "Hello"},
        {"chat", path},
        {"info", path},
        {"verify", path},
        {"tokenize", path, "Hello"},
        {"logits", path, "--tokens", "1", "--out", out},
        {"bench", path, "--repeat", "1"},
    };
    for (const QStringList& command : commands) {
        Conditions conditions;
        conditions.input = "Hello\n";
        conditions.memoryLimit = 2ull << 30;
        const Outcome outcome = runCli(command, conditions);
        // `info` tells what it can of a whole file that the engine cannot run.
        const bool isToldAbout =
            command[0] == "info" && outcome.status == 0 && outcome.out.contains("problem");
        if (isToldAbout) continue;
        QVERIFY2(outcome.status == 1, command[0].toUtf8() + ": " + outcome.all());
        QVERIFY2(outcome.out.isEmpty(), command[0].toUtf8() + ": " + outcome.all());
        QVERIFY2(isOneClearSentence(outcome.err), command[0].toUtf8() + ": " + outcome.all());
        QVERIFY2(outcome.err.contains(QFileInfo(path).fileName().toUtf8()), outcome.all());
    }
    QVERIFY(!QFile::exists(out));
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::BrokenModelsTest)
#include "broken_models_test.moc"
