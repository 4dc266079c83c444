// How many instructions a token costs on a tiny model, counted by valgrind, whatever else the machine does: a
// kernel that became slower by a twentieth fails here, and no clock is read.
//
// A count is the difference of two runs that differ in the number of tokens only, so that starting and
// opening the file do not count. What is expected lies in baseline.json, by compiler, since compilers differ
// by more than a twentieth; write it anew with KINGLET_WRITE_BASELINE=FILE after a change that is meant.
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include "inference/kernels/select.h"
#include "inference/quantize/quantize.h"
#include "tests/support/model_writer.h"

namespace kinglet::test {

namespace {

constexpr double kTolerance = 0.05;
constexpr int kHungMs = 280'000;
const QString kCompiler = QStringLiteral(KINGLET_COMPILER);

}  // namespace

class InstructionsTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void aTokenCostsWhatItDid_data();
    void aTokenCostsWhatItDid();
    void cleanupTestCase();

  private:
    /// Instructions of a whole run; 0 where valgrind failed.
    double count(const QString& model, int prompt, int answer);
    QString modelIn(const QString& scheme);

    QTemporaryDir folder_;
    QJsonObject baseline_;
    QJsonObject measured_;
};

void InstructionsTest::initTestCase() {
    if (QStandardPaths::findExecutable(QStringLiteral("valgrind")).isEmpty())
        QSKIP("There is no valgrind here to count instructions with.");
    if (!kernels::select_table("avx2", detect_cpu_features()))
        QSKIP("This processor has no AVX2, whose kernels are what is counted.");
    QFile file(QStringLiteral(KINGLET_BASELINE));
    QVERIFY(file.open(QIODevice::ReadOnly));
    baseline_ = QJsonDocument::fromJson(file.readAll()).object().value(kCompiler).toObject();
    TestModel model;
    model.seed = 11;
    model.weights = DType::f16;
    model.width = 256;
    model.layers = 2;
    model.heads = 4;
    model.kv_heads = 2;
    model.ff = 512;
    QVERIFY(write_model(folder_.filePath(QStringLiteral("f16.gguf")).toStdString(), model).has_value());
}

QString InstructionsTest::modelIn(const QString& scheme) {
    const QString made = folder_.filePath(scheme + QStringLiteral(".gguf"));
    if (QFile::exists(made)) return made;
    const auto source = gguf::ModelFile::open(folder_.filePath(QStringLiteral("f16.gguf")).toStdString());
    if (!source) return {};
    const auto written =
        quantize::quantize(*source, made.toStdString(), *quantize::find_scheme(scheme.toStdString()), {});
    return written ? made : QString();
}

double InstructionsTest::count(const QString& model, int prompt, int answer) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("KINGLET_ISA"), QStringLiteral("avx2"));
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral("valgrind"),
                  {QStringLiteral("--tool=callgrind"), QStringLiteral("--callgrind-out-file=/dev/null"),
                   QStringLiteral(KINGLET_PROBE), model, QString::number(prompt), QString::number(answer)});
    if (!process.waitForFinished(kHungMs) || process.exitCode() != 0) return 0;
    const QByteArray counted = QByteArray::number(prompt) + ' ' + QByteArray::number(answer);
    if (process.readAllStandardOutput().trimmed() != counted) return 0;
    static const QRegularExpression collected(QStringLiteral("Collected : (\\d+)"));
    return collected.match(QString::fromLatin1(process.readAllStandardError())).captured(1).toDouble();
}

void InstructionsTest::aTokenCostsWhatItDid_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"Q4_0", "Q8_0", "Q4_K_M", "F16"}) QTest::newRow(scheme) << scheme;
}

void InstructionsTest::aTokenCostsWhatItDid() {
    QFETCH(QString, scheme);
    const QString model = modelIn(scheme);
    QVERIFY(!model.isEmpty());
    const double start = count(model, 32, 2);
    const double longer = count(model, 32, 18);
    const double prompted = count(model, 96, 2);
    QVERIFY2(start > 0 && longer > start && prompted > start, "valgrind counted every run");
    const QHash<QString, double> now = {{QStringLiteral("generate"), (longer - start) / 16},
                                        {QStringLiteral("prompt"), (prompted - start) / 64}};
    QJsonObject row;
    QStringList dearer;
    const QJsonObject before = baseline_.value(scheme).toObject();
    for (auto part = now.begin(); part != now.end(); ++part) {
        const double expected = before.value(part.key()).toDouble();
        row.insert(part.key(), qRound64(part.value()));
        qInfo("%s %s: %.0f instructions a token, expected %.0f", qPrintable(scheme), qPrintable(part.key()),
              part.value(), expected);
        if (expected > 0 && part.value() > expected * (1 + kTolerance))
            dearer << QStringLiteral("%1 %2 %")
                          .arg(part.key())
                          .arg(100 * (part.value() / expected - 1), 0, 'f', 1);
    }
    measured_.insert(scheme, row);
    if (before.isEmpty()) QSKIP("There is no figure for this compiler to compare with.");
    QVERIFY2(dearer.isEmpty(),
             qPrintable(QStringLiteral("A token costs more: ") + dearer.join(QStringLiteral(", "))));
}

void InstructionsTest::cleanupTestCase() {
    const QString target = qEnvironmentVariable("KINGLET_WRITE_BASELINE");
    if (target.isEmpty() || measured_.isEmpty()) return;
    QFile file(target);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QJsonObject all = QJsonDocument::fromJson(file.readAll()).object();
    all.insert(kCompiler, measured_);
    QVERIFY(file.resize(0) && file.seek(0) && file.write(QJsonDocument(all).toJson()) > 0);
}

}  // namespace kinglet::test

QTEST_GUILESS_MAIN(kinglet::test::InstructionsTest)
#include "instructions_test.moc"
