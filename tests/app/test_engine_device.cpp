// Where models are computed, as the window tells it: with a real engine on whatever graphics device there is,
// with none, with one that fails, and with a driver that ended the program.
#include <QDir>
#include <QFile>

#include "app/gui/engine_device.h"
#include "app/gui/engine_service.h"
#include "app/gui/graphics_cards.h"
#include "app/gui/graphics_trial.h"
#include "tests/app/engine_run.h"

namespace kinglet::gui {

class EngineDeviceTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void init() { QFile::remove(mark_); }
    void cleanup() { qunsetenv("KINGLET_VULKAN_FAIL_AFTER"); }
    void cardsOfOneNameAreToldApart();
    void cardsAreListedOnAWorker();
    void aTrialIsRememberedUntilItEnds();
    void theCardThatIsAskedForIsUsed();
    void aLostCardIsTold();
    void aDriverThatEndedTheProgramIsNotTriedAgain();
    void theProcessorAlone();

  private:
    LoadRequest on(const char* device) const {
        LoadRequest request;
        request.path = model_;
        request.threads = 1;
        request.device = QLatin1String(device);
        return request;
    }
    bool makeMark() const { return QFile(mark_).open(QIODevice::WriteOnly); }

    QTemporaryDir folder_;
    QString model_;
    QString mark_;
    bool hasCard_ = false;
};

void EngineDeviceTest::initTestCase() {
    qputenv("XDG_CACHE_HOME", folder_.path().toUtf8());
    const QString cache = folder_.filePath(QStringLiteral("kinglet"));
    QVERIFY(QDir().mkpath(cache));
    mark_ = cache + QStringLiteral("/graphics-trial");
    model_ = writeEndless(folder_);
    hasCard_ = !engine::graphics_devices().devices.empty();
}

void EngineDeviceTest::cardsOfOneNameAreToldApart() {
    engine::GraphicsDevices list;
    for (const char* name : {"One", "Two ", "One"}) list.devices.emplace_back().name = name;
    QCOMPARE(cardKeys(list), (QStringList{"One", "Two", "One #2"}));
}

void EngineDeviceTest::cardsAreListedOnAWorker() {
    QThread* lister = nullptr;
    GraphicsCards cards([&lister] {
        lister = QThread::currentThread();
        engine::GraphicsDevices list;
        list.devices.emplace_back().name = "A card";
        return list;
    });
    cards.look();
    QVERIFY(cards.looking());
    cards.look();  // asked twice, looked once
    QTRY_COMPARE(cards.cards().size(), 1);
    QVERIFY(!cards.looking());
    QVERIFY(lister != nullptr && lister != QThread::currentThread());
    QCOMPARE(cards.cards().first().toMap().value("key").toString(), QStringLiteral("A card"));
}

void EngineDeviceTest::aTrialIsRememberedUntilItEnds() {
    const std::filesystem::path folder = folder_.filePath("trial").toStdString();
    {
        GraphicsTrial trial(folder);
        QVERIFY(!trial.failedLastTime());
        trial.begin();
        QVERIFY(std::filesystem::exists(folder / "graphics-trial"));
        QVERIFY(!trial.failedLastTime());  // its own is no former one
        trial.end();
        QVERIFY(!std::filesystem::exists(folder / "graphics-trial"));
        trial.begin();
    }
    QVERIFY(!GraphicsTrial(folder).failedLastTime());  // gone in good order
    QVERIFY(QFile(folder_.filePath("trial/graphics-trial")).open(QIODevice::WriteOnly));
    GraphicsTrial next(folder);
    QVERIFY(next.failedLastTime());
    QVERIFY(!next.failedLastTime());
    QVERIFY(!GraphicsTrial({}).failedLastTime());
}

void EngineDeviceTest::theCardThatIsAskedForIsUsed() {
    EngineService engine;
    Recorder seen(engine);
    engine.load(on("cpu"));
    const RequestId here = engine.generate(question("x", 8));
    QVERIFY(seen.waitFor(here));
    const RequestId load = engine.load(on("vulkan"));
    const RequestId there = engine.generate(question("x", 8));
    QVERIFY(seen.waitFor(there));
    const DeviceFacts device = seen.outcomes[load].model.device;
    QVERIFY(!seen.texts[here].isEmpty());
    QCOMPARE(seen.texts[there], seen.texts[here]);
    QVERIFY(!QFile::exists(mark_));
    QCOMPARE(device.fellBack, !hasCard_);
    if (!hasCard_) {
        QVERIFY2(device.remark.contains("no graphics device"), qPrintable(device.remark));
        QSKIP("no graphics device");
    }
    QVERIFY2(!device.text.startsWith("Processor") && device.remark.isEmpty(), qPrintable(device.text));

    LoadRequest named = on("vulkan");
    named.card = cardKeys(engine::graphics_devices()).first();
    const RequestId again = engine.load(named);
    QVERIFY(seen.waitFor(again));
    QCOMPARE(seen.outcomes[again].model.device.text, device.text);
}

void EngineDeviceTest::aLostCardIsTold() {
    if (!hasCard_) QSKIP("no graphics device");
    EngineService engine;
    Recorder seen(engine);
    engine.load(on("cpu"));
    const RequestId here = engine.generate(question("x", 12));
    QVERIFY(seen.waitFor(here));
    const RequestId load = engine.load(on("vulkan"));
    QVERIFY(seen.waitFor(load));
    qputenv("KINGLET_VULKAN_FAIL_AFTER", "3");
    const RequestId there = engine.generate(question("x", 12));
    QVERIFY(seen.waitFor(there));
    QCOMPARE(seen.outcomes[there].kind, Outcome::Answered);
    QCOMPARE(seen.texts[there], seen.texts[here]);
    QVERIFY(seen.outcomes[there].device.has_value());
    const DeviceFacts device = *seen.outcomes[there].device;
    QVERIFY(device.fellBack && device.text.startsWith("Processor"));
    QVERIFY2(device.remark.contains("the processor goes on"), qPrintable(device.remark));
}

void EngineDeviceTest::aDriverThatEndedTheProgramIsNotTriedAgain() {
    QVERIFY(makeMark());
    EngineService engine;
    Recorder seen(engine);
    const RequestId load = engine.load(on("vulkan"));
    const RequestId answer = engine.generate(question("x", 4));
    QVERIFY(seen.waitFor(answer));
    const DeviceFacts first = seen.outcomes[load].model.device;
    QVERIFY(first.fellBack && first.text.startsWith("Processor"));
    QVERIFY2(first.remark.contains("ended without warning"), qPrintable(first.remark));
    QCOMPARE(*seen.outcomes[answer].device, first);
    const RequestId again = engine.load(on("vulkan"));
    QVERIFY(seen.waitFor(again));
    QCOMPARE(seen.outcomes[again].model.device.fellBack, !hasCard_);
    // Until the driver has given an answer it is not trusted.
    QCOMPARE(QFile::exists(mark_), hasCard_);
}

void EngineDeviceTest::theProcessorAlone() {
    QVERIFY(makeMark());
    EngineService engine;
    Recorder seen(engine);
    const RequestId load = engine.load(on("cpu"));
    const RequestId answer = engine.generate(question("x", 4));
    QVERIFY(seen.waitFor(answer));
    const DeviceFacts device = seen.outcomes[load].model.device;
    QVERIFY(device.text.startsWith("Processor") && device.remark.isEmpty() && !device.fellBack);
    QCOMPARE(*seen.outcomes[answer].device, device);
}

}  // namespace kinglet::gui

QTEST_GUILESS_MAIN(kinglet::gui::EngineDeviceTest)
#include "test_engine_device.moc"
