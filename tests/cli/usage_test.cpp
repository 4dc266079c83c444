// What kinglet-cli says to those who ask it for help, or use it wrongly.
#include <QTemporaryDir>
#include <QtTest>

#include "tests/cli/cli_process.h"

namespace kinglet::cli_test {

class UsageTest : public QObject {
    Q_OBJECT

  private slots:
    void versionIsPrinted();
    void helpNamesEveryCommand();
    void everyCommandHasHelpWithExamples_data();
    void everyCommandHasHelpWithExamples();
    void wrongUsageIsStatusTwo_data();
    void wrongUsageIsStatusTwo();
    void chatWithNothingToAnswerSucceeds();
    void modelsOfAnEmptyFolderAreNone();
};

void UsageTest::versionIsPrinted() {
    const Outcome outcome = runCli({"--version"});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, QByteArray("kinglet-cli " KINGLET_VERSION "\n"));
}

void UsageTest::helpNamesEveryCommand() {
    const Outcome outcome = runCli({"--help"});
    QCOMPARE(outcome.status, 0);
    for (const char* command :
         {"run", "chat", "info", "verify", "tokenize", "template", "logits", "bench", "models"}) {
        QVERIFY2(outcome.out.contains(QByteArray("\n  ") + command + " "), command);
    }
}

void UsageTest::everyCommandHasHelpWithExamples_data() {
    QTest::addColumn<QStringList>("command");
    for (const char* command :
         {"run", "chat", "info", "verify", "tokenize", "template", "logits", "bench", "models"}) {
        QTest::newRow(command) << QStringList{command};
    }
    QTest::newRow("models list") << QStringList{"models", "list"};
#ifdef KINGLET_HAVE_LIBRARY
    for (const char* command : {"search", "pull", "import", "rm"})
        QTest::newRow(qPrintable(QString("models ") + command)) << QStringList{"models", command};
#endif
}

void UsageTest::everyCommandHasHelpWithExamples() {
    QFETCH(QStringList, command);
    const Outcome outcome = runCli(command + QStringList{"--help"});
    QCOMPARE(outcome.status, 0);
    QVERIFY2(outcome.out.contains("Example"), outcome.all());
    QVERIFY2(outcome.out.contains("  kinglet-cli " + command.join(' ').toUtf8()), outcome.all());
    QVERIFY(outcome.err.isEmpty());
}

void UsageTest::wrongUsageIsStatusTwo_data() {
    QTest::addColumn<QStringList>("arguments");
    const auto row = [](const QStringList& arguments) {
        QTest::newRow(qPrintable(arguments.join(' '))) << arguments;
    };
    row({});
    row({"frobnicate"});
    row({"--frobnicate"});
    row({"run"});
    row({"run", "model.gguf"});
    row({"run", "model.gguf", "Hello", "again"});
    row({"run", "model.gguf", "Hello", "--temp", "hot"});
    row({"run", "model.gguf", "Hello", "--temp", "-1"});
    row({"run", "model.gguf", "Hello", "--temp", "nan"});
    row({"run", "model.gguf", "Hello", "--top-p", "1.5"});
    row({"run", "model.gguf", "Hello", "--threads", "-2"});
    row({"run", "model.gguf", "Hello", "--ctx", "99999999999999999999"});
    row({"run", "model.gguf", "Hello", "--seed", "-5"});
    row({"run", "model.gguf", "Hello", "--seed", "99999999999999999999"});
    row({"run", "model.gguf", "Hello", "--seed", "7 "});
    row({"run", "model.gguf", "Hello", "--seed", ""});
    for (const char* option : {"--threads", "--ctx", "--batch", "--top-k", "--max-tokens", "--seed"}) {
        for (const char* number : {"0x10", "1e1", "2.0", "+3", "4294967297x"})
            row({"run", "model.gguf", "Hello", option, number});
    }
    row({"run", "model.gguf", "Hello", "--json-schema", "a.json", "--grammar", "b.gbnf"});
    row({"run", "model.gguf", "Hello", "--json-schema", ""});
    row({"run", "model.gguf", "Hello", "--kv", "f64"});
    row({"run", "model.gguf", "Hello", "--device", "toaster"});
    row({"info"});
    row({"tokenize", "model.gguf"});
    row({"tokenize", "model.gguf", "text", "--file", "text.txt"});
    row({"template", "--messages", "m.json"});
    row({"template", "model.gguf"});
    row({"logits", "model.gguf", "--out", "f"});
    row({"models"});
    row({"models", "frobnicate"});
    row({"bench", "model.gguf", "--repeat", "0"});
}

void UsageTest::wrongUsageIsStatusTwo() {
    QFETCH(QStringList, arguments);
    const Outcome outcome = runCli(arguments);
    QVERIFY2(outcome.status == 2, outcome.all());
    QVERIFY2(outcome.err.startsWith("kinglet-cli: ") && outcome.err.contains("--help"), outcome.all());
    QVERIFY2(outcome.out.isEmpty(), outcome.all());
}

void UsageTest::chatWithNothingToAnswerSucceeds() {
    const QTemporaryDir empty;
    for (const char* input : {"", "\n", "  \n\t\n"}) {
        Conditions conditions;
        conditions.input = input;
        const Outcome outcome = runCli({"chat", "--models-dir", empty.path()}, conditions);
        QVERIFY2(outcome.status == 0 && outcome.out.isEmpty(), outcome.all());
    }
}

void UsageTest::modelsOfAnEmptyFolderAreNone() {
    const QTemporaryDir home;
    Conditions conditions;
    conditions.environment.insert("XDG_DATA_HOME", home.path());
    const Outcome outcome = runCli({"models", "list", "--json"}, conditions);
    QVERIFY2(outcome.status == 0, outcome.all());
    QVERIFY2(outcome.out.contains((home.path() + "/kinglet/models").toUtf8()), outcome.all());
    QVERIFY2(outcome.out.contains("\"models\": []"), outcome.all());
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::UsageTest)
#include "usage_test.moc"
