// kinglet-cli against the results of independent implementations, where the folder that holds them is there.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <vector>

#include "tests/cli/cli_process.h"

namespace kinglet::cli_test {
namespace {

QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::vector<float> floatsOf(const QByteArray& bytes) {
    std::vector<float> values(static_cast<std::size_t>(bytes.size()) / sizeof(float));
    std::memcpy(values.data(), bytes.constData(), values.size() * sizeof(float));
    return values;
}

/// Normalised mean square error: the error's energy over the reference's.
double nmse(const std::vector<float>& values, const std::vector<float>& reference) {
    double error = 0, energy = 0;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double difference = static_cast<double>(values[i]) - reference[i];
        error += difference * difference;
        energy += static_cast<double>(reference[i]) * reference[i];
    }
    return error / energy;
}

/// Formats of models/quant that the engine computes with; the other files there are those of later formats.
const QStringList& formats() {
    static const QStringList list = {"f16", "bf16", "q8_0", "q4_0", "q4_k_m", "q6_k"};
    return list;
}

}  // namespace

class GoldenTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void logits_data();
    void logits();
    void tokenize_data();
    void tokenize();
    void templates_data();
    void templates();
    void greedyText_data();
    void greedyText();

  private:
    void addIsaRows(const QString& model, double limit);

    QString shared_;
    QTemporaryDir folder_;
};

void GoldenTest::initTestCase() {
    shared_ = sharedFolder();
    if (shared_.isEmpty()) QSKIP("the folder of golden results is not here (KINGLET_SHARED)");
}

void GoldenTest::addIsaRows(const QString& model, double limit) {
    for (const char* isa : {"scalar", "avx2", "avxvnni", "avx512", "avx512vnni"}) {
        QTest::addRow("%s %s", qPrintable(model.section('/', -1)), isa) << model << QString(isa) << limit;
    }
}

void GoldenTest::logits_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("isa");
    QTest::addColumn<double>("limit");
    for (const char* name : {"llama-gqa", "llama-linear", "llama-mha", "llama-yarn", "stories260K"}) {
        addIsaRows(name, 1e-6);
    }
    for (const QString& format : formats()) addIsaRows("quant/llama-gqa-" + format, 1e-3);
}

void GoldenTest::logits() {
    QFETCH(QString, model);
    QFETCH(QString, isa);
    QFETCH(double, limit);
    const QString file = shared_ + "/models/" + model + ".gguf";
    const QJsonObject golden = QJsonDocument::fromJson(contentOf(shared_ + "/golden/tokens.json")).object();
    QStringList tokens;
    for (const QJsonValue& token : golden["tokens"].toArray()) tokens << QString::number(token.toInt());
    const QString out = folder_.filePath("logits.bin");
    QFile::remove(out);
    const Outcome outcome =
        runCli({"logits", file, "--tokens", tokens.join(','), "--out", out, "--isa", isa});
    if (outcome.status == 1 && isa != "scalar" && outcome.err.contains(isa.toUtf8())) {
        QSKIP(outcome.err.trimmed().constData());
    }
    QVERIFY2(outcome.status == 0, outcome.all());
    const auto reference = floatsOf(contentOf(shared_ + "/golden/logits/" + model.section('/', -1) + ".bin"));
    const auto values = floatsOf(contentOf(out));
    QVERIFY(!reference.empty());
    QCOMPARE(values.size(), reference.size());
    const double error = nmse(values, reference);
    QVERIFY2(error <= limit, qPrintable(QString("NMSE is %1").arg(error)));
}

void GoldenTest::tokenize_data() {
    QTest::addColumn<QString>("vocabulary");
    for (const char* name : {"llama-spm", "gpt-2"})
        QTest::newRow(name) << QString("ggml-vocab-%1.gguf").arg(name);
}

void GoldenTest::tokenize() {
    QFETCH(QString, vocabulary);
    const QString base = shared_ + "/golden/tokenizers/" + vocabulary;
    QString all = QString::fromUtf8(contentOf(base + ".inp"));
    const QString divider = "\n__ggml_vocab_test__\n";
    const QStringList texts = all.split(divider);
    const QStringList expected = QString::fromUtf8(contentOf(base + ".out")).split('\n');
    QVERIFY(texts.size() > 20);
    QVERIFY(expected.size() >= texts.size());
    for (qsizetype i = 0; i < texts.size(); ++i) {
        const QString path = folder_.filePath("text.txt");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(texts[i].toUtf8());
        file.close();
        const Outcome outcome = runCli({"tokenize", base, "--file", path});
        QVERIFY2(outcome.status == 0, outcome.all());
        QByteArray wanted = "[" + expected[i].simplified().toUtf8().replace(' ', ',') + "]\n";
        QVERIFY2(outcome.out == wanted, texts[i].toUtf8() + "\n" + outcome.all() + "\nwanted: " + wanted);
    }
}

void GoldenTest::templates_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"chatml", "zephyr-tinyllama", "llama-2-chat", "mistral-7b-v0.1"}) {
        QTest::newRow(name) << QString(name);
    }
}

void GoldenTest::templates() {
    QFETCH(QString, name);
    const QString base = shared_ + "/golden/templates/" + name;
    const QJsonObject golden = QJsonDocument::fromJson(contentOf(base + ".json")).object();
    const QJsonArray cases = golden["cases"].toArray();
    QVERIFY(!cases.isEmpty());
    for (const QJsonValue& value : cases) {
        const QJsonObject one = value.toObject();
        const QString messages = folder_.filePath("messages.json");
        QFile file(messages);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QJsonDocument(one["messages"].toArray()).toJson());
        file.close();
        QStringList arguments = {"template",
                                 "--template",
                                 base + ".jinja",
                                 "--messages",
                                 messages,
                                 "--bos",
                                 one["bos_token"].toString(),
                                 "--eos",
                                 one["eos_token"].toString(),
                                 "--now",
                                 golden["now"].toString()};
        if (one.contains("tools") && one["tools"].isArray()) {
            const QString tools = folder_.filePath("tools.json");
            QFile toolsFile(tools);
            QVERIFY(toolsFile.open(QIODevice::WriteOnly));
            toolsFile.write(QJsonDocument(one["tools"].toArray()).toJson());
            arguments << "--tools" << tools;
        }
        if (!one["add_generation_prompt"].toBool(true)) arguments << "--no-generation-prompt";
        const Outcome outcome = runCli(arguments);
        if (one["expect"].isString()) {
            QVERIFY2(outcome.status == 0, outcome.all());
            QCOMPARE(QString::fromUtf8(outcome.out), one["expect"].toString());
        } else {
            QVERIFY2(outcome.status == 1 && outcome.out.isEmpty() && !outcome.err.isEmpty(), outcome.all());
        }
    }
}

void GoldenTest::greedyText_data() {
    QTest::addColumn<QString>("isa");
    for (const char* isa : {"scalar", "avx2", "avxvnni", "avx512", "avx512vnni"})
        QTest::newRow(isa) << QString(isa);
}

void GoldenTest::greedyText() {
    QFETCH(QString, isa);
    const QJsonObject golden =
        QJsonDocument::fromJson(contentOf(shared_ + "/golden/stories260K.json")).object();
    const Outcome outcome = runCli({"run", shared_ + "/" + golden["model"].toString(),
                                    golden["prompt"].toString(), "--raw", "--temp", "0", "--repeat-penalty",
                                    "1", "--max-tokens", "100", "--kv", "f32", "--json", "--isa", isa});
    if (outcome.status == 1 && isa != "scalar" && outcome.err.contains(isa.toUtf8())) {
        QSKIP(outcome.err.trimmed().constData());
    }
    QVERIFY2(outcome.status == 0, outcome.all());
    const QString text = QJsonDocument::fromJson(outcome.out).object()["text"].toString();
    QVERIFY(golden["text"].toString().size() > 100);
    QCOMPARE(text.left(golden["text"].toString().size()), golden["text"].toString());
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::GoldenTest)
#include "golden_test.moc"
