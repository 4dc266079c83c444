// What kinglet-cli says of graphics devices: the list, and where a model was computed and why.
#include <QJsonArray>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/cli/cli_process.h"

namespace kinglet::cli_test {
namespace {

const QString starter = QStringLiteral(KINGLET_SOURCE_FOLDER "/resources/starter/kinglet-starter-q8_0.gguf");

const QString question = "<|im_start|>user\nhow do i delete a chat<|im_end|>\n<|im_start|>assistant\n";

/// The starter model's beginning of an answer.
Outcome answer(const QTemporaryDir& home, const QStringList& options) {
    Conditions conditions;
    conditions.environment.insert("XDG_CACHE_HOME", home.path());
    return runCli(QStringList{"run", starter, question, "--temp", "0", "--max-tokens", "20"} + options,
                  conditions);
}

}  // namespace

class DevicesTest : public QObject {
    Q_OBJECT

    QTemporaryDir home_;
    bool has_device_ = false;

  private slots:
    void initTestCase() {
        const Outcome outcome = runCli({"devices", "--json"});
        QVERIFY2(outcome.status == 0, outcome.all());
        const QJsonObject json = jsonOf(outcome);
        const QJsonArray devices = json["devices"].toArray();
        has_device_ = !devices.isEmpty();
        QVERIFY2(has_device_ != json["why_none"].toString().endsWith('.'), outcome.all());
        for (qsizetype i = 0; i < devices.size(); ++i) {
            QCOMPARE(devices[i].toObject()["number"].toInt(), static_cast<int>(i));
            QVERIFY(!devices[i].toObject()["name"].toString().isEmpty());
            QVERIFY(devices[i].toObject()["memory_bytes"].toDouble() > 0);
        }
    }

    void forPeople() {
        const Outcome outcome = runCli({"devices"});
        QCOMPARE(outcome.status, 0);
        QCOMPARE(outcome.out.contains("No graphics device"), !has_device_);
    }

    void theAnswerIsTheSameEverywhere() {
        const Outcome here = answer(home_, {"--device", "cpu"});
        QVERIFY2(here.status == 0 && here.err.isEmpty(), here.all());
        for (const QStringList& options : {QStringList{"--device", "auto"}, QStringList{"--device", "vulkan"},
                                           QStringList{"--device", "vulkan", "--gpu-layers", "1"},
                                           QStringList{"--device", "vulkan", "--gpu", "63"}}) {
            const Outcome outcome = answer(home_, options);
            QVERIFY2(outcome.status == 0, outcome.all());
            QCOMPARE(outcome.out, here.out);
            const bool told = options.contains("vulkan") && (!has_device_ || options.contains("63"));
            QVERIFY2(outcome.err.contains("no graphics device") == told, outcome.all());
        }
    }

    void withoutADriver() {
        Conditions conditions;
        conditions.environment.insert("XDG_CACHE_HOME", home_.path());
        for (const char* name : {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"})
            conditions.environment.insert(name, home_.filePath("nothing.json"));
        const Outcome listed = runCli({"devices"}, conditions);
        QVERIFY2(listed.status == 0 && listed.out.contains("No graphics device"), listed.all());
        const Outcome outcome =
            runCli({"run", starter, question, "--temp", "0", "--max-tokens", "20", "--device", "vulkan"},
                   conditions);
        QVERIFY2(outcome.status == 0 && outcome.err.contains("no graphics device"), outcome.all());
        QCOMPARE(outcome.out, answer(home_, {"--device", "cpu"}).out);
    }

    void aLostDeviceIsTold() {
        if (!has_device_) QSKIP("no graphics device");
        Conditions conditions;
        conditions.environment.insert("XDG_CACHE_HOME", home_.path());
        conditions.environment.insert("KINGLET_VULKAN_FAIL_AFTER", "9");
        const QStringList options{"run",          starter, question,   "--temp", "0",
                                  "--max-tokens", "20",    "--device", "vulkan"};
        const Outcome outcome = runCli(options, conditions);
        QVERIFY2(outcome.status == 0, outcome.all());
        QCOMPARE(outcome.out, answer(home_, {"--device", "cpu"}).out);
        QVERIFY2(outcome.err.contains("the processor goes on"), outcome.all());
    }

    void layersAreANumber() {
        const Outcome outcome = answer(home_, {"--gpu-layers", "some"});
        QCOMPARE(outcome.status, 2);
        QVERIFY2(isOneClearSentence(outcome.err), outcome.all());
    }
};

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::DevicesTest)

#include "devices_test.moc"
