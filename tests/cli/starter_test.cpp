// kinglet-cli on a computer without any model: the starter model answers, as installed and as built.
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "app/starter/starter_model.h"
#include "tests/cli/cli_process.h"
#include "tests/support/model_writer.h"

namespace kinglet::cli_test {
namespace {

const char* const file_name = "kinglet-starter-q8_0.gguf";

/// A home folder that holds no model, and what is piped in.
Conditions without_models(const QTemporaryDir& home, const QByteArray& input) {
    Conditions conditions;
    conditions.environment.insert("XDG_DATA_HOME", home.path());
    conditions.input = input;
    return conditions;
}

}  // namespace

class StarterTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void findsItsFileFromTheProgramsFolder();
    void answersWhatIsPipedIn();
    void answersSeveralTurns();
    void isGreedyUnlessAsked();
    void aModelOfOnesOwnComesFirst();
    void withoutItTheErrorSaysWhatToDo();

  private:
    QTemporaryDir home_;
};

void StarterTest::initTestCase() {
    const QString file = QFileInfo(cliPath()).dir().filePath(QString("../share/kinglet/") + file_name);
    QVERIFY2(QFile::exists(file), "the starter model does not lie beside the program");
}

void StarterTest::findsItsFileFromTheProgramsFolder() {
    QTemporaryDir folder;
    QVERIFY(QDir(folder.path()).mkpath("bin") && QDir(folder.path()).mkpath("share/kinglet"));
    const std::filesystem::path programs = folder.filePath("bin").toStdString();
    QVERIFY(!starter::find_model(programs));
    QFile file(folder.filePath(QString("share/kinglet/") + file_name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const auto found = starter::find_model(programs);
    QVERIFY(found);
    QCOMPARE(QString::fromStdString(found->string()), file.fileName());
    QVERIFY(!starter::find_model({}));
}

void StarterTest::answersWhatIsPipedIn() {
    const Outcome outcome = runCli({"chat"}, without_models(home_, "What is a token?\n"));
    QVERIFY2(outcome.status == 0, outcome.all());
    // A sentence or two, and one line that says who answers.
    QVERIFY2(outcome.out.size() > 20 && outcome.out.count('\n') == 1, outcome.all());
    QVERIFY2(outcome.out.trimmed().endsWith('.'), outcome.all());
    QVERIFY2(outcome.err.contains("starter model") && outcome.err.count('\n') == 1, outcome.all());
    const Outcome nothing = runCli({"chat"}, without_models(home_, " \n"));
    QVERIFY2(nothing.status == 0 && nothing.out.isEmpty() && nothing.err.isEmpty(), nothing.all());
}

void StarterTest::answersSeveralTurns() {
    const Outcome outcome =
        runCli({"chat", "--each-line"}, without_models(home_, "Hello\nWhat is quantization?\nThanks\n"));
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(outcome.out.count('\n'), 3);
    QCOMPARE(outcome.err.count('\n'), 1);
}

void StarterTest::isGreedyUnlessAsked() {
    const Conditions conditions = without_models(home_, "Tell me a joke\n");
    const QByteArray first = runCli({"chat", "--seed", "1"}, conditions).out;
    QVERIFY(!first.isEmpty());
    QCOMPARE(runCli({"chat", "--seed", "2"}, conditions).out, first);
    const QStringList wild = {"chat", "--temp",  "5", "--top-k",      "0",  "--top-p",
                              "1",    "--min-p", "0", "--max-tokens", "40", "--seed"};
    QVERIFY(runCli(wild + QStringList{"1"}, conditions).out !=
            runCli(wild + QStringList{"2"}, conditions).out);
}

void StarterTest::aModelOfOnesOwnComesFirst() {
    QTemporaryDir home;
    QVERIFY(QDir(home.path()).mkpath("kinglet/models"));
    test::TestModel model;
    model.script = "I am your own model.";
    QVERIFY(test::write_model(home.filePath("kinglet/models/own.gguf").toStdString(), model).has_value());
    const Outcome outcome = runCli({"chat", "--temp", "0"}, without_models(home, "Who are you?"));
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(outcome.out, QByteArray("I am your own model.\n"));
    QVERIFY2(outcome.err.isEmpty(), outcome.all());
}

void StarterTest::withoutItTheErrorSaysWhatToDo() {
    // A Kinglet that comes without the file: the program alone, in a folder of its own.
    QTemporaryDir folder;
    const QString alone = folder.filePath("kinglet-cli");
    QVERIFY(QFile::copy(cliPath(), alone));
    QProcess process;
    process.setProcessEnvironment(without_models(home_, {}).environment);
    process.start(alone, {"chat"});
    process.write("Hello\n");
    process.closeWriteChannel();
    QVERIFY(process.waitForFinished(test::kHungMs));
    QCOMPARE(process.exitCode(), 1);
    const QByteArray err = process.readAllStandardError();
    QVERIFY2(isOneClearSentence(err) && err.contains(".gguf"), err);
    QVERIFY(process.readAllStandardOutput().isEmpty());
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::StarterTest)
#include "starter_test.moc"
