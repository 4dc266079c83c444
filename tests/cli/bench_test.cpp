// kinglet-cli bench on a small model written from a seed, and where --weights puts what it computes with.
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/cli/cli_process.h"
#include "tests/support/model_writer.h"

namespace kinglet::cli_test {

class BenchTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void benchMeasures();
    void weightsLieWhereTheyAreWanted();

  private:
    QTemporaryDir folder_;
    QString random_;
};

void BenchTest::initTestCase() {
    random_ = folder_.filePath("random.gguf");
    QVERIFY(test::write_model(std::filesystem::path(random_.toStdString()), test::TestModel{}));
}

void BenchTest::benchMeasures() {
    const Outcome outcome = runCli({"bench", random_, "--prompt-tokens", "64", "--generate-tokens", "8",
                                    "--repeat", "1", "--threads", "1", "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    const QJsonObject json = jsonOf(outcome);
    for (const char* key :
         {"prompt_tokens_per_s", "generate_tokens_per_s", "load_ms", "first_token_ms", "peak_memory_mb",
          "threads", "read_bandwidth_gb_s", "bandwidth_used", "int8_gops", "compute_used"}) {
        QVERIFY2(json[QLatin1String(key)].toDouble() > 0, key);
    }
    QVERIFY(!json["isa"].toString().isEmpty());
    QCOMPARE(json["prompt_tokens"].toInt(), 64);
    QCOMPARE(json["threads"].toInt(), 1);
    const Outcome table = runCli({"bench", random_, "--prompt-tokens", "16", "--generate-tokens", "8",
                                  "--repeat", "1", "--threads", "1"});
    QVERIFY2(table.status == 0, table.all());
    for (const char* part :
         {"with 1 thread,", "Prompt (16 tokens)", "Answer (8 tokens)", " % of ", "Loading"})
        QVERIFY2(table.out.contains(part), part);
}

void BenchTest::weightsLieWhereTheyAreWanted() {
    const auto measured = [this](const char* where) {
        return runCli({"bench", random_, "--json", "--repeat", "1", "--threads", "1", "--prompt-tokens", "8",
                       "--generate-tokens", "4", "--weights", where});
    };
    for (const char* where : {"resident", "mapped"})
        QCOMPARE(jsonOf(measured(where))["weights"].toString(), QLatin1String(where));
    QCOMPARE(measured("elsewhere").status, 2);
    // Both give the same answer.
    const auto answer = [this](const char* where) {
        return runCli({"run", random_, "Hello", "--temp", "0", "--max-tokens", "12", "--weights", where}).out;
    };
    QVERIFY(!answer("mapped").isEmpty());
    QCOMPARE(answer("resident"), answer("mapped"));
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::BenchTest)
#include "bench_test.moc"
