// Every command of kinglet-cli on models that are written from a seed, some of which give a known answer.
#include <signal.h>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <cstring>
#include <limits>

#include "inference/gguf/writer.h"
#include "tests/cli/cli_process.h"
#include "tests/support/adapter_writer.h"
#include "tests/support/model_writer.h"

namespace kinglet::cli_test {
namespace {

const char* const script = "The kinglet is a small bird that sings in the morning.";

Conditions withInput(const QByteArray& input) {
    Conditions conditions;
    conditions.input = input;
    return conditions;
}

}  // namespace

class SeededTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void runAnswers();
    void runReportsFigures();
    void runStopsAtText();
    void runStopsAtMaxTokens();
    void runReadsThePromptFromStandardInput();
    void sameSeedSameAnswer();
    void threadsDoNotChangeTheAnswer();
    void tooLongPromptIsRefused();
    void interruptStopsRun();
    void interruptStopsOneAnswerOfChat();
    void chatAnswersWhatIsPipedIn();
    void chatAnswersEachLine();
    void chatTakesTheNewestModel();
    void infoTellsFacts();
    void verifyAcceptsWholeModels();
    void verifyTellsOfATemplateThatFails();
    void verifyFindsDamagedWeights();
    void verifyChecksAdapters();
    void suggestionsOfTheFileHold();
    void tokenizeGivesIdsOfTheText();
    void templateRendersMessages();
    void templateErrorsAreStatusOne();
    void logitsAreWritten();
    void logitsRefuseWhatTheyCannotDo();
    void leadingZerosAreNotOctal();
    void modelsAreListed();
    void unknownInstructionSetIsRefused();

  private:
    QString write(const QString& name, const test::TestModel& model);

    QTemporaryDir folder_;
    QString scripted_;
    QString random_;
    QString endless_;
};

QString SeededTest::write(const QString& name, const test::TestModel& model) {
    const QString path = folder_.filePath(name);
    const auto status = test::write_model(path.toStdString(), model);
    if (!status) qFatal("%s", status.error().message.c_str());
    return path;
}

void SeededTest::initTestCase() {
    test::TestModel model;
    model.script = script;
    scripted_ = write("scripted.gguf", model);
    model.script.clear();
    random_ = write("random.gguf", model);
    // Never ends its turn, is wide, and has room for so many tokens that it still answers when it is stopped.
    model.script = script;
    model.endless = true;
    model.context_length = 200'000;
    model.width = 256;
    endless_ = write("endless.gguf", model);
}

void SeededTest::runAnswers() {
    const Outcome outcome = runCli({"run", scripted_, "What is a kinglet?", "--temp", "0"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(outcome.out, QByteArray(script) + "\n");
    QVERIFY2(outcome.err.isEmpty(), outcome.all());
}

void SeededTest::runReportsFigures() {
    const Outcome outcome = runCli(
        {"run", scripted_, "What is a kinglet?", "--temp", "0", "--seed", "7", "--ctx", "256", "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    const QJsonObject json = jsonOf(outcome);
    QCOMPARE(json["text"].toString(), QString(script));
    QCOMPARE(json["finish_reason"].toString(), QString("end_of_turn"));
    QCOMPARE(json["seed"].toInt(), 7);
    QCOMPARE(json["context_length"].toInt(), 256);
    QVERIFY(json["prompt_tokens"].toInt() > 5);
    QVERIFY(json["answer_tokens"].toInt() > 5);
    QVERIFY(json["first_token_ms"].toDouble() > 0);
    QVERIFY(json["generate_tokens_per_s"].toDouble() > 0);
}

void SeededTest::runStopsAtText() {
    const Outcome outcome = runCli({"run", scripted_, "Hello", "--temp", "0", "--stop", "nothing of this",
                                    "--stop", "bird that", "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(jsonOf(outcome)["text"].toString(), QString("The kinglet is a small "));
    QCOMPARE(jsonOf(outcome)["finish_reason"].toString(), QString("stop_text"));
}

void SeededTest::runStopsAtMaxTokens() {
    const Outcome outcome = runCli({"run", scripted_, "Hello", "--temp", "0", "--max-tokens", "2", "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(jsonOf(outcome)["answer_tokens"].toInt(), 2);
    QCOMPARE(jsonOf(outcome)["finish_reason"].toString(), QString("max_tokens"));
    const QString text = jsonOf(outcome)["text"].toString();
    QVERIFY2(!text.isEmpty() && QString(script).startsWith(text) && text != script, outcome.all());
}

void SeededTest::runReadsThePromptFromStandardInput() {
    const Outcome piped =
        runCli({"run", random_, "-", "--temp", "0", "--max-tokens", "9"}, withInput("Good day"));
    const Outcome given = runCli({"run", random_, "Good day", "--temp", "0", "--max-tokens", "9"});
    QVERIFY2(piped.status == 0, piped.all());
    QCOMPARE(piped.out, given.out);
}

void SeededTest::sameSeedSameAnswer() {
    const QStringList arguments = {"run", random_, "Hello", "--temp", "1.5", "--max-tokens", "40", "--seed"};
    const Outcome first = runCli(arguments + QStringList{"11"});
    QVERIFY2(first.status == 0, first.all());
    QCOMPARE(runCli(arguments + QStringList{"11"}).out, first.out);
    QVERIFY(runCli(arguments + QStringList{"12"}).out != first.out);
}

void SeededTest::threadsDoNotChangeTheAnswer() {
    const QStringList arguments = {"run", random_, "Hello", "--temp", "0", "--max-tokens", "60", "--threads"};
    const Outcome one = runCli(arguments + QStringList{"1"});
    QVERIFY2(one.status == 0, one.all());
    QCOMPARE(runCli(arguments + QStringList{"3"}).out, one.out);
}

void SeededTest::tooLongPromptIsRefused() {
    const Outcome outcome = runCli({"run", random_, QString("many words ").repeated(400), "--ctx", "64"});
    QVERIFY2(outcome.status == 1, outcome.all());
    QVERIFY2(isOneClearSentence(outcome.err) && outcome.out.isEmpty(), outcome.all());
    QVERIFY2(outcome.err.contains("64"), outcome.all());
}

void SeededTest::interruptStopsRun() {
    QProcess process;
    process.setChildProcessModifier([] { signal(SIGINT, SIG_DFL); });
    process.start(cliPath(), {"run", endless_, "Hello", "--raw", "--temp", "1", "--ctx", "200000"});
    QVERIFY(process.waitForReadyRead(test::kHungMs));
    QCOMPARE(kill(static_cast<pid_t>(process.processId()), SIGINT), 0);
    QVERIFY(process.waitForFinished(test::kHungMs));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
}

void SeededTest::interruptStopsOneAnswerOfChat() {
    QProcess process;
    process.setChildProcessModifier([] { signal(SIGINT, SIG_DFL); });
    process.start(cliPath(), {"chat", endless_, "--each-line", "--temp", "1", "--ctx", "200000"});
    process.write("Hello\n/help\n");
    process.closeWriteChannel();
    QVERIFY(process.waitForReadyRead(test::kHungMs));
    QCOMPARE(kill(static_cast<pid_t>(process.processId()), SIGINT), 0);
    QVERIFY(process.waitForFinished(test::kHungMs));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 0);
    const QByteArray err = process.readAllStandardError();
    QVERIFY2(err.indexOf("Stopped.") >= 0 && err.indexOf("/regen") > err.indexOf("Stopped."), err);
}

void SeededTest::chatAnswersWhatIsPipedIn() {
    const Outcome outcome =
        runCli({"chat", scripted_, "--temp", "0"}, withInput("One line\n\nand another\n"));
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(outcome.out, QByteArray(script) + "\n");
    const Outcome nothing = runCli({"chat", scripted_}, withInput("\n"));
    QVERIFY2(nothing.status == 0 && nothing.out.isEmpty(), nothing.all());
}

void SeededTest::chatAnswersEachLine() {
    const QByteArray answer = QByteArray(script) + "\n";
    const Outcome outcome =
        runCli({"chat", scripted_, "--temp", "0", "--each-line", "--stats"},
               withInput("Hello\nAnd \\\nnow\n/regen\n/frob\n/clear\n/regen\nHello\n/exit\nNever\n"));
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(outcome.out, answer.repeated(4));
    QVERIFY2(outcome.err.contains("There is no command /frob."), outcome.all());
    QVERIFY2(outcome.err.contains("There is no answer yet."), outcome.all());
    // The second turn holds the first one too; after /clear the same question makes a conversation as short
    // as at the beginning.
    static const QRegularExpression used(R"(, (\d+) of \d+ tokens of context used)");
    QList<int> lengths;
    auto matches = used.globalMatch(QString::fromUtf8(outcome.err));
    while (matches.hasNext()) lengths << matches.next().captured(1).toInt();
    QCOMPARE(lengths.size(), 4);
    QVERIFY2(lengths[1] > lengths[0] && lengths[2] == lengths[1] && lengths[3] == lengths[0], outcome.all());
}

void SeededTest::chatTakesTheNewestModel() {
    QTemporaryDir home;
    const QDir models(home.filePath("kinglet/models"));
    QVERIFY(models.mkpath("."));
    test::TestModel model;
    int age = 0;
    for (const char* text : {"I am the newest.", "I am older.", "I am the oldest."}) {
        const QString path = models.filePath(QString("model-%1.gguf").arg(++age));
        model.script = text;
        QVERIFY(test::write_model(path.toStdString(), model).has_value());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(
            file.setFileTime(QDateTime::currentDateTime().addDays(-age), QFileDevice::FileModificationTime));
    }
    Conditions conditions = withInput("Who are you?");
    conditions.environment.insert("XDG_DATA_HOME", home.path());
    const Outcome outcome = runCli({"chat", "--temp", "0"}, conditions);
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(outcome.out, QByteArray("I am the newest.\n"));
}

void SeededTest::infoTellsFacts() {
    const Outcome outcome = runCli({"info", random_, "--json", "--metadata", "--tensors", "--threads", "2"});
    QVERIFY2(outcome.status == 0, outcome.all());
    const QJsonObject json = jsonOf(outcome);
    QCOMPARE(json["architecture"].toString(), QString("llama"));
    QCOMPARE(json["context_length"].toInt(), 512);
    QCOMPARE(json["layers"].toInt(), 2);
    QCOMPARE(json["threads"].toInt(), 2);
    QCOMPARE(json["tensors"].toArray().size(), json["tensor_count"].toInt());
    QCOMPARE(json["metadata"].toObject()["general.architecture"].toString(), QString("llama"));
    QVERIFY(json["problem"].isNull());
    const Outcome text = runCli({"info", random_});
    QVERIFY2(text.status == 0 && text.out.contains("llama"), text.all());
}

void SeededTest::verifyAcceptsWholeModels() {
    const Outcome outcome = runCli({"verify", random_, "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    const QJsonObject json = jsonOf(outcome);
    QVERIFY(json["ok"].toBool());
    QVERIFY(json["generated_tokens"].toInt() > 0);
    QVERIFY2(json["warnings"].toArray().isEmpty(), outcome.all());
    const Outcome text = runCli({"verify", random_});
    QVERIFY2(text.status == 0 && text.out.count('\n') == 1 && text.out.contains("will work"), text.all());
}

void SeededTest::verifyTellsOfATemplateThatFails() {
    test::TestModel model;
    model.chat_template = "{{ raise_exception('only on Sundays') }}";
    const QString broken = folder_.filePath("sundays.gguf");
    QVERIFY(test::write_model(broken.toStdString(), model).has_value());
    const Outcome outcome = runCli({"verify", broken});
    QVERIFY2(outcome.status == 0, outcome.all());
    QVERIFY2(outcome.out.contains("only on Sundays"), outcome.all());
    // Answering says it too, where a template is what makes the prompt.
    const QStringList run{"run", broken, "Hello", "--max-tokens", "2"};
    const Outcome answer = runCli(run);
    QVERIFY2(answer.status == 0 && answer.err.contains("only on Sundays"), answer.all());
    QVERIFY2(!runCli(run + QStringList{"--raw"}).err.contains("Sundays"), "--raw needs no template");
    const QStringList chat{"chat", broken, "--max-tokens", "2"};
    const Outcome reply = runCli(chat, withInput("Hello"));
    QVERIFY2(reply.status == 0 && reply.err.contains("only on Sundays"), reply.all());

    model.chat_template =
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{{ m.content }}\n{% endfor %}";
    const QString strict = folder_.filePath("strict.gguf");
    QVERIFY(test::write_model(strict.toStdString(), model).has_value());
    const QJsonArray warnings = jsonOf(runCli({"verify", strict, "--json"}))["warnings"].toArray();
    QCOMPARE(warnings.size(), 1);
    QVERIFY(warnings[0].toString().contains("system prompt"));
}

void SeededTest::verifyFindsDamagedWeights() {
    const QString path = folder_.filePath("damaged.gguf");
    QVERIFY(QFile::copy(random_, path));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    // The file ends with a tensor of 32-bit floats.
    const float nan = std::numeric_limits<float>::quiet_NaN();
    QVERIFY(file.seek(file.size() - 64));
    QCOMPARE(file.write(reinterpret_cast<const char*>(&nan), sizeof nan), qint64(sizeof nan));
    file.close();
    const Outcome outcome = runCli({"verify", path});
    QVERIFY2(outcome.status == 1, outcome.all());
    QVERIFY2(isOneClearSentence(outcome.err) && outcome.err.contains("tensor"), outcome.all());
}

void SeededTest::verifyChecksAdapters() {
    const QString good = folder_.filePath("good-adapter.gguf");
    const QString bad = folder_.filePath("bad-adapter.gguf");
    test::TestAdapter adapter;
    QVERIFY(test::write_adapter(good.toStdString(), adapter).has_value());
    adapter.not_a_number = true;
    QVERIFY(test::write_adapter(bad.toStdString(), adapter).has_value());
    for (const QStringList& more : {QStringList(), QStringList("--only-lora")}) {
        const Outcome whole = runCli(QStringList{"verify", random_, "--json", "--lora", good} + more);
        QVERIFY2(whole.status == 0, whole.all());
        QCOMPARE(jsonOf(whole)["adapters"].toArray().size(), 1);
        const Outcome damaged = runCli(QStringList{"verify", random_, "--lora", bad} + more);
        QVERIFY2(damaged.status == 1 && isOneClearSentence(damaged.err), damaged.all());
        QVERIFY2(damaged.err.contains("bad-adapter.gguf"), damaged.all());
    }
    const Outcome none = runCli({"verify", random_, "--only-lora"});
    QVERIFY2(none.status == 1 && none.err.contains("--lora FILE"), none.all());
}

/// Where no option is given, a file's own general.sampling.* keys hold.
void SeededTest::suggestionsOfTheFileHold() {
    test::TestModel model;
    model.metadata = [](gguf::Writer& writer) {
        writer.add_f32("general.sampling.temp", 0);
        writer.add_f32("general.sampling.penalty_repeat", 1);
    };
    const QString suggests = write("suggests.gguf", model);
    const auto answer = [](const QString& file, const QStringList& more) {
        const Outcome outcome =
            runCli(QStringList{"run", file, "Good day", "--max-tokens", "12", "--seed", "3"} + more);
        return outcome.status == 0 ? outcome.out : "failed: " + outcome.err;
    };
    // The same weights without suggestions.
    const QByteArray greedy = answer(random_, {"--temp", "0", "--repeat-penalty", "1"});
    QVERIFY2(!greedy.startsWith("failed"), greedy);
    QVERIFY(answer(random_, {}) != greedy);
    QCOMPARE(answer(suggests, {}), greedy);
    QCOMPARE(answer(suggests, {"--temp", "0.7", "--repeat-penalty", "1.1"}), answer(random_, {}));
    const Outcome piped = runCli({"chat", suggests, "--max-tokens", "12"}, withInput("Good day"));
    QCOMPARE(piped.out, greedy);

    const QJsonObject sampling = jsonOf(runCli({"info", suggests, "--json"}))["sampling"].toObject();
    QCOMPARE(sampling, QJsonObject({{"temp", 0}, {"repeat_penalty", 1}}));
    QVERIFY(runCli({"info", suggests}).out.contains("sampling"));
    QVERIFY(!runCli({"info", random_}).out.contains("sampling"));
}

void SeededTest::tokenizeGivesIdsOfTheText() {
    const QByteArray text = "The bird \xf0\x9f\x90\xa6 sings.";
    const Outcome ids = runCli({"tokenize", random_, text});
    QVERIFY2(ids.status == 0, ids.all());
    const QJsonArray plain = QJsonDocument::fromJson(ids.out).array();
    QVERIFY(plain.size() > 5);
    const Outcome fromInput = runCli({"tokenize", random_, "--file", "-"}, withInput(text));
    QCOMPARE(fromInput.out, ids.out);
    const Outcome pieces = runCli({"tokenize", random_, "The bird sings.", "--pieces"});
    QString joined;
    for (const QJsonValue& piece : QJsonDocument::fromJson(pieces.out).array())
        joined += piece["piece"].toString();
    QCOMPARE(joined, QString("The bird sings."));
    const Outcome marked = runCli({"tokenize", random_, "<|im_end|>", "--parse-special"});
    QCOMPARE(QJsonDocument::fromJson(marked.out).array().size(), 1);
    QVERIFY(QJsonDocument::fromJson(runCli({"tokenize", random_, "<|im_end|>"}).out).array().size() > 1);
}

void SeededTest::templateRendersMessages() {
    const QByteArray messages = R"([{"role": "user", "content": "Hello \u00fc"}])";
    const Outcome outcome = runCli({"template", random_, "--messages", "-"}, withInput(messages));
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(outcome.out, QByteArray("<|im_start|>user\nHello \xc3\xbc<|im_end|>\n<|im_start|>assistant\n"));
    const Outcome bare =
        runCli({"template", random_, "--messages", "-", "--no-generation-prompt"}, withInput(messages));
    QCOMPARE(bare.out, QByteArray("<|im_start|>user\nHello \xc3\xbc<|im_end|>\n"));
}

void SeededTest::templateErrorsAreStatusOne() {
    const QString path = folder_.filePath("raises.jinja");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("so far {{ raise_exception('Roles must alternate') }}");
    file.close();
    const Outcome raised = runCli({"template", "--template", path, "--messages", "-"}, withInput("[]"));
    QVERIFY2(raised.status == 1 && raised.out.isEmpty(), raised.all());
    QVERIFY2(raised.err.contains("Roles must alternate"), raised.all());
    for (const char* messages : {"", "{}", "[1, 2", "\"text\""}) {
        const Outcome outcome = runCli({"template", random_, "--messages", "-"}, withInput(messages));
        QVERIFY2(outcome.status == 1 && isOneClearSentence(outcome.err), outcome.all());
    }
    const Outcome date =
        runCli({"template", random_, "--messages", "-", "--now", "2026-02-30"}, withInput("[]"));
    QVERIFY2(date.status == 1 && date.err.contains("2026-02-30"), date.all());
}

void SeededTest::logitsAreWritten() {
    const QString path = folder_.filePath("logits.bin");
    const Outcome outcome = runCli({"logits", random_, "--tokens", "5,6,7", "--out", path});
    QVERIFY2(outcome.status == 0, outcome.all());
    const int vocabulary = jsonOf(runCli({"info", random_, "--json"}))["vocabulary"].toInt();
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    QCOMPARE(bytes.size(), qsizetype(3 * sizeof(float)) * vocabulary);
    for (qsizetype i = 0; i < bytes.size(); i += qsizetype(sizeof(float))) {
        float value = 0;
        std::memcpy(&value, bytes.constData() + i, sizeof value);
        QVERIFY(std::isfinite(value));
    }
    const Outcome piped = runCli({"logits", random_, "--tokens", "5,6,7", "--out", "-"});
    QVERIFY(piped.out == bytes);
    const Outcome batches = runCli({"logits", random_, "--tokens", "5,6,7", "--out", "-", "--batch", "1"});
    QCOMPARE(batches.out.size(), bytes.size());
}

void SeededTest::logitsRefuseWhatTheyCannotDo() {
    const QString path = folder_.filePath("refused.bin");
    for (const QStringList& arguments :
         {QStringList{"--tokens", "5,99999999", "--out", path},
          QStringList{"--tokens", "five", "--out", path}, QStringList{"--tokens", "5,,6", "--out", path},
          QStringList{"--tokens", "-1", "--out", path},
          QStringList{"--tokens", "5", "--out", folder_.filePath("no/such/folder")}}) {
        const Outcome outcome = runCli(QStringList{"logits", random_} + arguments);
        QVERIFY2(outcome.status == 1 && isOneClearSentence(outcome.err), outcome.all());
    }
    QVERIFY(!QFile::exists(path));
}

void SeededTest::leadingZerosAreNotOctal() {
    QCOMPARE(jsonOf(runCli({"info", random_, "--json", "--threads", "010"}))["threads"].toInt(), 10);
    const QJsonObject answer =
        jsonOf(runCli({"run", random_, "Hello", "--temp", "0", "--json", "--seed", "010", "--ctx", "0100",
                       "--batch", "010", "--max-tokens", "011"}));
    QCOMPARE(answer["seed"].toInt(), 10);
    QCOMPARE(answer["context_length"].toInt(), 100);
    QCOMPARE(answer["answer_tokens"].toInt(), 11);
    const QJsonObject bench = jsonOf(runCli({"bench", random_, "--json", "--repeat", "01", "--threads", "01",
                                             "--prompt-tokens", "010", "--generate-tokens", "09"}));
    QCOMPARE(bench["prompt_tokens"].toInt(), 10);
}

void SeededTest::modelsAreListed() {
    QFile notAModel(folder_.filePath("notes.txt"));
    QVERIFY(notAModel.open(QIODevice::WriteOnly));
    QFile broken(folder_.filePath("broken.GGUF"));
    QVERIFY(broken.open(QIODevice::WriteOnly) && broken.write("no model") > 0);
    broken.close();
    const Outcome outcome = runCli({"models", "list", "--models-dir", folder_.path(), "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QHash<QString, QJsonObject> rows;
    for (const QJsonValue& row : jsonOf(outcome)["models"].toArray()) {
        rows.insert(QFileInfo(row["path"].toString()).fileName(), row.toObject());
    }
    QVERIFY(rows.contains("random.gguf") && rows.contains("broken.GGUF") && !rows.contains("notes.txt"));
    QCOMPARE(rows["random.gguf"]["architecture"].toString(), QString("llama"));
    QVERIFY(rows["broken.GGUF"]["problem"].toString().contains("broken.GGUF"));
    QVERIFY(broken.remove());
}

void SeededTest::unknownInstructionSetIsRefused() {
    const Outcome outcome = runCli({"run", random_, "Hello", "--isa", "frobnicate"});
    QVERIFY2(outcome.status == 1 && isOneClearSentence(outcome.err), outcome.all());
    QVERIFY2(outcome.err.contains("frobnicate") && outcome.err.contains("scalar"), outcome.all());
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::SeededTest)
#include "seeded_test.moc"
