// Answers that --json-schema and --grammar keep in shape, of a model with random weights that knows no shape
// by itself.
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/cli/cli_process.h"
#include "tests/support/json_validator.h"
#include "tests/support/model_writer.h"

namespace kinglet::cli_test {
namespace {

const char* const bird_schema = R"({
  "type": "object",
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 12},
    "grams": {"type": "integer", "minimum": 4, "maximum": 8},
    "sings": {"type": "boolean"},
    "colours": {"type": "array", "items": {"enum": ["green", "gold", "white"]}, "minItems": 1, "maxItems": 3}
  },
  "required": ["name", "grams", "sings", "colours"]
})";

const char* const date_grammar =
    "# a day, and perhaps an hour\n"
    "root ::= day (\" at \" hour)?\n"
    "day ::= [12] [0-9]{3} \"-\" (\"0\" [1-9] | \"1\" [0-2]) \"-\" [0-2] [0-9]\n"
    "hour ::= [01] [0-9] \":\" [0-5] [0-9]\n";

Conditions withInput(const QByteArray& input) {
    Conditions conditions;
    conditions.input = input;
    return conditions;
}

}  // namespace

class GrammarTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void schemaKeepsAnswersInShape();
    void grammarKeepsAnswersInShape();
    void chatKeepsEveryAnswerInShape();
    void anAnswerThatIsCutOffIsTold();
    void badFilesAreToldInOneSentence_data();
    void badFilesAreToldInOneSentence();

  private:
    QString write(const QString& name, const QByteArray& text);
    /// `run` of the model with random weights.
    Outcome run(const QStringList& arguments, const Conditions& conditions = {});

    QTemporaryDir folder_;
    QString model_;
};

QString GrammarTest::write(const QString& name, const QByteArray& text) {
    QFile file(folder_.filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("cannot write a file");
    return file.fileName();
}

Outcome GrammarTest::run(const QStringList& arguments, const Conditions& conditions) {
    const QStringList warm = {"run",     model_, "A bird", "--temp", "1",         "--top-k", "0",
                              "--top-p", "1",    "--ctx",  "512",    "--threads", "1"};
    return runCli(warm + arguments, conditions);
}

void GrammarTest::initTestCase() {
    model_ = folder_.filePath("random.gguf");
    const auto status = test::write_model(model_.toStdString(), {.seed = 8});
    QVERIFY2(status.has_value(), status ? "" : status.error().message.c_str());
}

void GrammarTest::schemaKeepsAnswersInShape() {
    const QString path = write("bird.json", bird_schema);
    const auto schema = nlohmann::json::parse(bird_schema);
    std::set<std::string> different;
    for (int seed = 0; seed < 8; ++seed) {
        const Outcome outcome = run({"--json-schema", path, "--seed", QString::number(seed)});
        QVERIFY2(outcome.status == 0 && outcome.err.isEmpty(), outcome.all());
        const auto answer = nlohmann::json::parse(outcome.out.toStdString(), nullptr, false);
        QVERIFY2(!answer.is_discarded(), outcome.all());
        const std::string why = test::why_invalid(answer, schema, schema);
        QVERIFY2(why.empty(), qPrintable(QString::fromStdString(why) + " in " + outcome.out));
        different.insert(answer.dump());
    }
    QVERIFY2(different.size() > 1, "random answers differ");

    const Outcome json = run({"--json-schema", "-", "--seed", "1", "--json"}, withInput(bird_schema));
    QVERIFY2(json.status == 0, json.all());
    const QJsonObject figures = QJsonDocument::fromJson(json.out).object();
    QVERIFY(figures["grammar_complete"].toBool());
    QVERIFY(!QJsonDocument::fromJson(figures["text"].toString().toUtf8()).object().isEmpty());
}

void GrammarTest::grammarKeepsAnswersInShape() {
    const QString path = write("date.gbnf", date_grammar);
    static const QRegularExpression date(R"(\A[12]\d{3}-(0[1-9]|1[0-2])-[0-2]\d( at [01]\d:[0-5]\d)?\n\z)");
    std::set<QByteArray> different;
    for (int seed = 0; seed < 8; ++seed) {
        const Outcome outcome = run({"--grammar", path, "--seed", QString::number(seed)});
        QVERIFY2(outcome.status == 0 && outcome.err.isEmpty(), outcome.all());
        QVERIFY2(date.match(outcome.out).hasMatch(), outcome.all());
        different.insert(outcome.out);
    }
    QVERIFY2(different.size() > 1, "random answers differ");
}

void GrammarTest::chatKeepsEveryAnswerInShape() {
    const QString path = write("colour.gbnf", "root ::= \"green\" | \"gold\" | \"white\"");
    const Outcome outcome = runCli({"chat", model_, "--each-line", "--temp", "1", "--grammar", path},
                                   withInput("What colour?\nAnd then?\nAnd now?\n"));
    QVERIFY2(outcome.status == 0, outcome.all());
    static const QRegularExpression three(R"(\A((green|gold|white)\n){3}\z)");
    QVERIFY2(three.match(outcome.out).hasMatch(), outcome.all());
}

void GrammarTest::anAnswerThatIsCutOffIsTold() {
    const QString path = write("long.gbnf", "root ::= [a-z]{400}");
    const Outcome outcome = run({"--grammar", path, "--max-tokens", "3", "--json"});
    QVERIFY2(outcome.status == 1 && outcome.err.contains("--max-tokens"), outcome.all());
    const QJsonObject figures = QJsonDocument::fromJson(outcome.out).object();
    QVERIFY2(figures.contains("grammar_complete") && !figures["grammar_complete"].toBool(), outcome.all());
}

void GrammarTest::badFilesAreToldInOneSentence_data() {
    QTest::addColumn<QString>("option");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("named");  // what the sentence must say, beside the file's name
    const auto row = [](const char* name, const char* option, const char* text, const char* named) {
        QTest::newRow(name) << QString(option) << QByteArray(text) << QByteArray(named);
    };
    row("no JSON", "--json-schema", "{\"type\": ", "");
    row("empty schema file", "--json-schema", "", "");
    row("a list", "--json-schema", "[]", "");
    row("unknown type", "--json-schema", R"({"type": "bird"})", "bird");
    row("unknown keyword", "--json-schema", R"({"type": "array", "contains": {}})", "contains");
    row("nothing fits", "--json-schema", R"({"type": "integer", "minimum": 2, "maximum": 1})", "");
    row("reference to nowhere", "--json-schema", R"({"$ref": "#/$defs/bird"})", "bird");
    row("no rule", "--grammar", "", "root");
    row("no root", "--grammar", "tree ::= \"a\"", "root");
    row("unknown rule", "--grammar", "root ::= bird", "bird");
    row("open string", "--grammar", "root ::= \"a", "");
    row("never ends", "--grammar", "root ::= \"a\" root", "root");
    row("goes left for ever", "--grammar", "root ::= root \"a\" | \"b\"", "root");
}

void GrammarTest::badFilesAreToldInOneSentence() {
    QFETCH(QString, option);
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, named);
    const Outcome outcome = run({option, write("bad.txt", text)});
    QVERIFY2(outcome.status == 1 && outcome.out.isEmpty(), outcome.all());
    QVERIFY2(isOneClearSentence(outcome.err), outcome.all());
    QVERIFY2(outcome.err.contains("bad.txt") && outcome.err.contains(named), outcome.all());

    const Outcome missing = run({option, folder_.filePath("nowhere.txt")});
    QVERIFY2(missing.status == 1 && isOneClearSentence(missing.err), missing.all());
    QVERIFY2(missing.err.contains("nowhere.txt"), missing.all());
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::GrammarTest)
#include "grammar_test.moc"
