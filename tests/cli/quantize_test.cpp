// kinglet-cli quantize, and models in several parts, driven as a person's shell would.
#include <signal.h>
#include <sys/resource.h>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/cli/cli_process.h"
#include "tests/support/model_writer.h"
#include "tests/support/split_model.h"

namespace kinglet::cli_test {
namespace {

const char* const script = "Smaller, and still the same bird.";

}  // namespace

class QuantizeTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void writesAModelThatAnswers();
    void tellsWhatItDid();
    void fallbacksAreNamed();
    void wrongUsageIsRefused();
    void theSourceIsNotOverwritten();
    void killedInTheMiddleItLeavesNoHalfFile();
    void interruptedItLeavesNothing();
    void aFullDiskLeavesNothing();
    void helpHasExamples();
    void partsAreOneModel();
    void aMissingPartIsNamed();

  private:
    QString write(const QString& name, const test::TestModel& model);
    /// Starts quantizing the large model and waits until it is writing.
    void startLarge(QProcess& process, const QDir& target);

    QTemporaryDir folder_;
    QString scripted_;
    QString large_;
};

QString QuantizeTest::write(const QString& name, const test::TestModel& model) {
    const QString path = folder_.filePath(name);
    const auto status = test::write_model(path.toStdString(), model);
    if (!status) qFatal("%s", status.error().message.c_str());
    return path;
}

void QuantizeTest::initTestCase() {
    test::TestModel model;
    model.script = script;
    model.width = 256;
    model.ff = 256;
    scripted_ = write("scripted.gguf", model);
    // Large enough that one thread is still busy when it is stopped.
    test::TestModel large;
    large.weights = DType::q8_0;
    large.vocabulary_size = 16000;
    large.width = 1024;
    large.ff = 2048;
    large.layers = 4;
    large_ = write("large.gguf", large);
}

void QuantizeTest::writesAModelThatAnswers() {
    for (const char* type : {"Q8_0", "q4_k_m", "Q6_K", "BF16"}) {
        const QString out = folder_.filePath("answers.gguf");
        const Outcome outcome = runCli({"quantize", scripted_, out, type, "--threads", "2"});
        QVERIFY2(outcome.status == 0, outcome.all());
        QVERIFY2(outcome.out.contains("answers.gguf") && outcome.err.isEmpty(), outcome.all());
        const Outcome answer = runCli({"run", out, "What is it?", "--temp", "0"});
        QCOMPARE(answer.out, QByteArray(script) + "\n");
    }
}

void QuantizeTest::tellsWhatItDid() {
    const QString out = folder_.filePath("told.gguf");
    const Outcome outcome = runCli({"quantize", scripted_, out, "Q4_K_M", "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    const QJsonObject json = jsonOf(outcome);
    QCOMPARE(json["type"].toString(), QString("Q4_K_M"));
    QCOMPARE(json["path"].toString(), out);
    QVERIFY(json["types"].toObject()["Q4_K"].toInt() > 10);
    QVERIFY(json["bits_per_weight"].toDouble() > 4.5 && json["bits_per_weight"].toDouble() < 4.7);
    QVERIFY(json["fallbacks"].toArray().isEmpty());
    const QJsonObject info = jsonOf(runCli({"info", out, "--json"}));
    QCOMPARE(info["quantization"].toString(), QString("Q4_K_M"));
    QCOMPARE(info["tensor_count"].toInt(), json["tensors"].toInt());
}

void QuantizeTest::fallbacksAreNamed() {
    const QString narrow = write("narrow.gguf", test::TestModel());
    const Outcome outcome = runCli({"quantize", narrow, folder_.filePath("narrow-q4.gguf"), "Q4_K_M"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QVERIFY2(outcome.out.contains("Q5_0 instead of Q4_K") && outcome.out.contains("multiple of 256"),
             outcome.all());
}

void QuantizeTest::wrongUsageIsRefused() {
    const QString out = folder_.filePath("never.gguf");
    for (const QStringList& arguments :
         {QStringList{scripted_, out}, QStringList{scripted_, out, "Q9_X"}, QStringList{scripted_, out, ""},
          QStringList{scripted_, out, "Q8_0", "--threads", "-1"}}) {
        const Outcome outcome = runCli(QStringList{"quantize"} + arguments);
        QVERIFY2(outcome.status == 2 && isOneClearSentence(outcome.err), outcome.all());
    }
    const Outcome missing = runCli({"quantize", folder_.filePath("absent.gguf"), out, "Q8_0"});
    QVERIFY2(missing.status == 1 && isOneClearSentence(missing.err), missing.all());
    QVERIFY(!QFile::exists(out));
}

void QuantizeTest::theSourceIsNotOverwritten() {
    const qint64 size = QFile(scripted_).size();
    const Outcome outcome = runCli({"quantize", scripted_, scripted_, "Q8_0"});
    QVERIFY2(outcome.status == 1 && isOneClearSentence(outcome.err), outcome.all());
    QCOMPARE(QFile(scripted_).size(), size);
}

void QuantizeTest::startLarge(QProcess& process, const QDir& target) {
    process.setChildProcessModifier([] { signal(SIGINT, SIG_DFL); });
    process.start(cliPath(), {"quantize", large_, target.filePath("out.gguf"), "Q4_K_M", "--threads", "1"});
    // The file can be there before this side has heard that the program runs.
    QVERIFY(process.waitForStarted(test::kHungMs));
    QTRY_VERIFY_WITH_TIMEOUT(!target.entryList({"out.gguf.part-*"}, QDir::Files).isEmpty(), 20'000);
}

void QuantizeTest::killedInTheMiddleItLeavesNoHalfFile() {
    QTemporaryDir target;
    QProcess process;
    startLarge(process, QDir(target.path()));
    QCOMPARE(process.state(), QProcess::Running);
    process.kill();
    QVERIFY(process.waitForFinished(test::kHungMs));
    QCOMPARE(process.exitStatus(), QProcess::CrashExit);
    QVERIFY(!QFile::exists(target.filePath("out.gguf")));
}

void QuantizeTest::interruptedItLeavesNothing() {
    QTemporaryDir target;
    QProcess process;
    startLarge(process, QDir(target.path()));
    QCOMPARE(kill(static_cast<pid_t>(process.processId()), SIGINT), 0);
    QVERIFY(process.waitForFinished(test::kHungMs));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(QDir(target.path()).isEmpty());
    QVERIFY2(isOneClearSentence(process.readAllStandardError()), "one sentence says that it was stopped");
}

void QuantizeTest::aFullDiskLeavesNothing() {
    QTemporaryDir target;
    QProcess process;
    // A limit of a file's size fails in the same place as a disk without room.
    process.setChildProcessModifier([] {
        signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1 << 20, 1 << 20};
        setrlimit(RLIMIT_FSIZE, &limit);
    });
    process.start(cliPath(), {"quantize", large_, target.filePath("out.gguf"), "Q4_0"});
    QVERIFY(process.waitForFinished(test::kHungMs));
    QCOMPARE(process.exitCode(), 1);
    const QByteArray err = process.readAllStandardError();
    QVERIFY2(isOneClearSentence(err) && err.contains("out.gguf"), err);
    QVERIFY(QDir(target.path()).isEmpty());
}

void QuantizeTest::helpHasExamples() {
    const Outcome outcome = runCli({"quantize", "--help"});
    QCOMPARE(outcome.status, 0);
    for (const char* text : {"Examples:", "Q4_K_M", "Q8_0", "BF16", "--threads", "--json"}) {
        QVERIFY2(outcome.out.contains(text), outcome.all());
    }
}

void QuantizeTest::partsAreOneModel() {
    const auto parts = test::split_model(scripted_.toStdString(), folder_.path().toStdString(), "parts", 3);
    QVERIFY(parts.has_value());
    const QString second = QString::fromStdString((*parts)[1].string());
    const QJsonObject whole = jsonOf(runCli({"info", scripted_, "--json"}));
    const QJsonObject info = jsonOf(runCli({"info", second, "--json"}));
    QCOMPARE(info["tensor_count"].toInt(), whole["tensor_count"].toInt());
    QCOMPARE(info["parameters"].toInteger(), whole["parameters"].toInteger());
    QVERIFY(info["problem"].isNull());
    const Outcome answer = runCli({"run", second, "What is it?", "--temp", "0"});
    QCOMPARE(answer.out, QByteArray(script) + "\n");
    const Outcome verified = runCli({"verify", second, "--json"});
    QVERIFY2(verified.status == 0 && jsonOf(verified)["ok"].toBool(), verified.all());
    const Outcome measured = runCli({"bench", second, "--prompt-tokens", "8", "--generate-tokens", "4",
                                     "--repeat", "1", "--threads", "1", "--json"});
    QVERIFY2(measured.status == 0, measured.all());
    const QString joined = folder_.filePath("joined.gguf");
    QVERIFY(runCli({"quantize", second, joined, "F32"}).status == 0);
    QCOMPARE(runCli({"run", joined, "What is it?", "--temp", "0"}).out, QByteArray(script) + "\n");
    // A list of models names such a model once.
    const QJsonArray models =
        jsonOf(runCli({"models", "list", "--models-dir", folder_.path(), "--json"}))["models"].toArray();
    qsizetype listed = 0;
    for (const QJsonValue& model : models) listed += model["path"].toString().contains("parts-0000");
    QCOMPARE(listed, 1);
}

void QuantizeTest::aMissingPartIsNamed() {
    QTemporaryDir other;
    const auto parts = test::split_model(scripted_.toStdString(), other.path().toStdString(), "lost", 3);
    QVERIFY(parts.has_value());
    QVERIFY(QFile::remove(other.filePath("lost-00002-of-00003.gguf")));
    const QString first = other.filePath("lost-00001-of-00003.gguf");
    for (const QStringList& arguments :
         {QStringList{"info", first}, QStringList{"verify", first}, QStringList{"run", first, "Hello"},
          QStringList{"bench", first}, QStringList{"quantize", first, other.filePath("out.gguf"), "Q8_0"}}) {
        const Outcome outcome = runCli(arguments);
        QVERIFY2(outcome.status == 1 && isOneClearSentence(outcome.err), outcome.all());
        QVERIFY2(outcome.err.contains("lost-00002-of-00003.gguf"), outcome.all());
    }
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::QuantizeTest)
#include "quantize_test.moc"
