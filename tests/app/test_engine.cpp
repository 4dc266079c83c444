// The engine's thread with a real engine and a small model: ids, cancelling, exactly one end a request, and
// that the window's thread is never held.
#include <QDir>
#include <QFile>
#include <QHash>

#include "app/gui/engine_service.h"
#include "inference/gguf/writer.h"
#include "tests/app/app_fixture.h"
#include "tests/app/blocking_monitor.h"
#include "tests/app/engine_run.h"
#include "tests/app/thread_watch.h"
#include "tests/support/adapter_writer.h"
#include "tests/support/model_writer.h"

namespace kinglet::gui {

namespace {

/// Tells the watch which handler runs.
class WatchedApplication : public MonitoredApplication {
  public:
    using MonitoredApplication::MonitoredApplication;

  protected:
    void handlerBegins() override { test::handlerBegins(); }
    void handlerEnds() override { test::handlerEnds(); }
};

QByteArray listed(const std::vector<std::string>& lines) {
    QByteArray text;
    for (const std::string& line : lines) text += QByteArray::fromStdString(line) + '\n';
    return text;
}

}  // namespace

class EngineTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void loadsAndAnswers();
    void sameSeedSameAnswer();
    void cancelTakesEffect();
    void cancelBeforeItBegins();
    void newLoadEndsWhatRuns();
    void brokenFiles();
    void withoutAModel();
    void measures();
    void kvTypesAndAdaptersReachTheSession();
    void aBadAdapterIsNamed_data();
    void aBadAdapterIsNamed();
    void suggestionsOfTheFileAreTold();
    void goesAwayWhileBusy();
    void theWindowIsNeverHeld();

  private:
    QTemporaryDir folder_;
    QString scripted_;
    QString endless_;
    QString wordy_;
};

void EngineTest::initTestCase() {
    scripted_ = writeScripted(folder_);
    endless_ = writeEndless(folder_);
    wordy_ = writeWordy(folder_);
}

void EngineTest::loadsAndAnswers() {
    EngineService engine;
    Recorder seen(engine);
    const RequestId load = engine.load({scripted_, 2});
    const RequestId answer = engine.generate(question("hello", 0));
    QVERIFY(seen.waitFor(answer));
    QCOMPARE(seen.outcomes[load].kind, Outcome::Loaded);
    QCOMPARE(seen.outcomes[load].model.path, scripted_);
    QCOMPARE(seen.outcomes[load].model.architecture, QStringLiteral("llama"));
    QVERIFY(seen.outcomes[load].model.device.text.startsWith(QStringLiteral("Processor")));
    QVERIFY(seen.progress > 0);
    QCOMPARE(seen.outcomes[answer].kind, Outcome::Answered);
    QCOMPARE(seen.texts[answer],
             QString::fromUtf8("The kinglet is a very small bird. It sings **all day** — Größe 5 cm."));
    QCOMPARE(seen.outcomes[answer].stats.finishReason, QStringLiteral("end"));
    QVERIFY(seen.outcomes[answer].stats.answerTokens > 0);
    QVERIFY(seen.outcomes[answer].stats.promptTokens > 0);
    QCOMPARE(seen.ends[load], 1);
    QCOMPARE(seen.ends[answer], 1);
    QCOMPARE(seen.late, 0);
}

void EngineTest::sameSeedSameAnswer() {
    EngineService engine;
    Recorder seen(engine);
    engine.load({endless_, 2});
    GenerateRequest request = question("x", 12);
    request.sampling.temperature = 1;
    request.sampling.seed = 5;
    const RequestId first = engine.generate(request);
    const RequestId second = engine.generate(request);
    QVERIFY(seen.waitFor(second));
    QCOMPARE(seen.texts[first], seen.texts[second]);
    QCOMPARE(seen.outcomes[first].stats.finishReason, QStringLiteral("max_tokens"));
    QVERIFY(seen.outcomes[second].stats.reusedTokens > 0);
}

void EngineTest::cancelTakesEffect() {
    EngineService engine;
    Recorder seen(engine);
    engine.load({endless_, 2});
    const RequestId answer = engine.generate(question("x", 3000));
    QVERIFY(QTest::qWaitFor([&] { return !seen.texts[answer].isEmpty(); }, 60000));
    engine.cancel(answer);
    QVERIFY(seen.waitFor(answer));
    QCOMPARE(seen.outcomes[answer].kind, Outcome::Cancelled);
    QVERIFY(seen.outcomes[answer].stats.answerTokens > 0);
    QVERIFY(seen.outcomes[answer].stats.answerTokens < 3000);
    engine.cancel(answer);  // too late: nothing happens
    engine.cancel(9999);
    QTest::qWait(20);
    QCOMPARE(seen.ends[answer], 1);
    QCOMPARE(seen.late, 0);
}

void EngineTest::cancelBeforeItBegins() {
    EngineService engine;
    Recorder seen(engine);
    engine.load({endless_, 2});
    const RequestId running = engine.generate(question("x", 200));
    const RequestId waiting = engine.generate(question("y", 200));
    engine.cancel(waiting);
    engine.cancel(running);
    QVERIFY(seen.waitFor(waiting));
    QCOMPARE(seen.outcomes[waiting].kind, Outcome::Cancelled);
    QVERIFY(seen.texts[waiting].isEmpty());
    QCOMPARE(seen.ends[running], 1);
}

void EngineTest::newLoadEndsWhatRuns() {
    EngineService engine;
    Recorder seen(engine);
    engine.load({endless_, 2});
    const RequestId answer = engine.generate(question("x", 3000));
    QVERIFY(QTest::qWaitFor([&] { return !seen.texts[answer].isEmpty(); }, 60000));
    const RequestId first = engine.load({endless_, 2});
    const RequestId second = engine.load({scripted_, 2});
    QVERIFY(seen.waitFor(second));
    QCOMPARE(seen.outcomes[answer].kind, Outcome::Cancelled);
    QCOMPARE(seen.outcomes[first].kind, Outcome::Cancelled);
    QCOMPARE(seen.outcomes[second].kind, Outcome::Loaded);
    QCOMPARE(seen.outcomes[second].model.path, scripted_);
    for (const int count : std::as_const(seen.ends)) QCOMPARE(count, 1);
}

void EngineTest::brokenFiles() {
    QFile whole(scripted_);
    QVERIFY(whole.open(QIODevice::ReadOnly));
    const QByteArray bytes = whole.readAll();
    const auto put = [&](const char* name, const QByteArray& content) {
        QFile file(folder_.filePath(QLatin1String(name)));
        if (file.open(QIODevice::WriteOnly)) file.write(content);
        return file.fileName();
    };
    EngineService engine;
    Recorder seen(engine);
    const QStringList files = {put("short.gguf", bytes.left(bytes.size() / 2)), put("zero.gguf", {}),
                               put("magic.gguf", "XXXX" + bytes.mid(4)), folder_.path(),
                               folder_.filePath(QStringLiteral("nothing.gguf"))};
    for (const QString& file : files) {
        const RequestId id = engine.load({file, 1});
        QVERIFY(seen.waitFor(id));
        QCOMPARE(seen.outcomes[id].kind, Outcome::Failed);
        QCOMPARE(seen.outcomes[id].failure.kind, FailureKind::ModelFile);
        QVERIFY2(seen.outcomes[id].failure.message.contains(QFileInfo(file).fileName()),
                 qPrintable(seen.outcomes[id].failure.message));
    }
}

void EngineTest::withoutAModel() {
    EngineService engine;
    Recorder seen(engine);
    const RequestId answer = engine.generate(question("x"));
    const RequestId measured = engine.measure({});
    QVERIFY(seen.waitFor(measured));
    const RequestId unloaded = engine.unload();
    QVERIFY(seen.waitFor(unloaded));
    QCOMPARE(seen.outcomes[answer].failure.kind, FailureKind::NoModel);
    QCOMPARE(seen.outcomes[measured].failure.kind, FailureKind::NoModel);
    QCOMPARE(seen.outcomes[unloaded].kind, Outcome::Unloaded);
}

void EngineTest::measures() {
    EngineService engine;
    Recorder seen(engine);
    engine.load({scripted_, 2});
    MeasureRequest request;
    request.turns = question("hello").turns;
    request.contextLength = 256;
    const RequestId measured = engine.measure(request);
    const RequestId answer = engine.generate(question("hello"));
    QVERIFY(seen.waitFor(answer));
    QCOMPARE(seen.outcomes[measured].kind, Outcome::Measured);
    QCOMPARE(seen.outcomes[measured].tokens, seen.outcomes[answer].stats.promptTokens);
    QCOMPARE(seen.outcomes[measured].contextLength, 256);
    QVERIFY(seen.outcomes[measured].contextBytes > 0);
    QVERIFY(seen.outcomes[measured].residentBytes >= 0);
}

void EngineTest::kvTypesAndAdaptersReachTheSession() {
    EngineService engine;
    Recorder seen(engine);
    test::TestAdapter made;
    made.width = 128;
    const QString adapter = folder_.filePath(QStringLiteral("adapter.gguf"));
    QVERIFY(test::write_adapter(adapter.toStdString(), made).has_value());
    const auto bytesAndAnswer = [&](const LoadRequest& request) {
        engine.load(request);
        MeasureRequest context;
        context.contextLength = 1024;
        const RequestId measured = engine.measure(context);
        const RequestId answer = engine.generate(question("Which bird?", 12));
        if (!seen.waitFor(answer)) qWarning("no answer");
        return std::pair(seen.outcomes[measured].contextBytes, seen.texts[answer]);
    };
    LoadRequest request{endless_, 1};
    const auto plain = bytesAndAnswer(request);
    QVERIFY(!plain.second.isEmpty());
    request.kvType = QStringLiteral("q8_0");
    const auto smaller = bytesAndAnswer(request);
    QCOMPARE(smaller.first * 32, plain.first * 17);  // 8 bits and the scale of each 32
    request.kvType = QStringLiteral("q4_0");
    QCOMPARE(bytesAndAnswer(request).first * 32, plain.first * 9);
    request = {endless_, 1};
    request.adapters = {{adapter, 2}};
    const auto adapted = bytesAndAnswer(request);
    QVERIFY2(adapted.second != plain.second, qPrintable(adapted.second));
    QCOMPARE(adapted.first, plain.first);
    request.adapters = {{adapter, 0}};
    QCOMPARE(bytesAndAnswer(request).second, plain.second);
    request.adapters.clear();
    QCOMPARE(bytesAndAnswer(request).second, plain.second);  // the model itself is as it was
}

void EngineTest::aBadAdapterIsNamed_data() {
    QTest::addColumn<QString>("kind");
    for (const char* kind : {"missing", "broken", "architecture", "size", "tensor"})
        QTest::newRow(kind) << kind;
}

void EngineTest::aBadAdapterIsNamed() {
    QFETCH(QString, kind);
    const QString path = folder_.filePath(kind + QStringLiteral("-adapter.gguf"));
    test::TestAdapter made;
    made.width = kind == QLatin1String("size") ? 32 : 128;
    if (kind == QLatin1String("architecture")) made.architecture = "phi2";
    if (kind == QLatin1String("tensor")) made.tensor = "blk.99.attn_output.weight";
    if (kind == QLatin1String("broken")) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("GGUF and then nonsense") > 0);
    } else if (kind != QLatin1String("missing")) {
        QVERIFY(test::write_adapter(path.toStdString(), made).has_value());
    }
    EngineService engine;
    Recorder seen(engine);
    LoadRequest request{endless_, 1};
    request.adapters = {{path, 1}};
    const RequestId refused = engine.load(request);
    QVERIFY(seen.waitFor(refused));
    QCOMPARE(seen.outcomes[refused].kind, Outcome::Failed);
    const Failure& failure = seen.outcomes[refused].failure;
    QCOMPARE(failure.kind, FailureKind::Adapter);
    QCOMPARE(failure.path, path);
    QVERIFY2(failure.message.contains(QFileInfo(path).fileName()), qPrintable(failure.message));
    QVERIFY2(!failure.message.contains(folder_.path()), qPrintable(failure.message));
    request.adapters.clear();
    const RequestId loaded = engine.load(request);
    QVERIFY(seen.waitFor(loaded));
    QCOMPARE(seen.outcomes[loaded].kind, Outcome::Loaded);
}

void EngineTest::suggestionsOfTheFileAreTold() {
    test::TestModel model;
    model.metadata = [](gguf::Writer& writer) {
        writer.add_f32("general.sampling.temp", 0.6F);
        writer.add_i32("general.sampling.top_k", 20);
    };
    const QString path = writeModel(folder_, "suggests.gguf", model);
    EngineService engine;
    Recorder seen(engine);
    const RequestId load = engine.load({path, 1});
    QVERIFY(seen.waitFor(load));
    // Not 0.6000000238, which a float is.
    QCOMPARE(seen.outcomes[load].model.sampling, QJsonObject({{"temperature", 0.6}, {"top_k", 20}}));
}

void EngineTest::goesAwayWhileBusy() {
    for (int round = 0; round < 5; ++round) {
        EngineService engine;
        engine.load({endless_, 2});
        engine.generate(question("x", 3000));
        engine.generate(question("y", 3000));
        QTest::qWait(round * 7);
    }
}

/// The whole way with the real engine and the real database: no handler takes long on this thread's own
/// clock, and none calls upon the disk, sleeps, or takes a lock that others hold while they work. Neither
/// depends on how busy the machine is.
void EngineTest::theWindowIsNeverHeld() {
    auto* monitored = static_cast<MonitoredApplication*>(qApp);
    BlockingReport best;
    best.longestCpuMs = 1e9;
    // Collecting garbage can make one run look bad, not three.
    for (int attempt = 0; attempt < 3; ++attempt) {
        QTemporaryDir data;
        AppOptions options;
        options.dataFolder = data.path();
        options.modelsFolder = folder_.path();
        options.preloadModel = false;
        test::beginWatch(data.path().toStdString());
        AppContext app(std::move(options));
        app.settings()->setThreads(1);
        app.settings()->setDefaultMaxTokens(300);
        monitored->reset();
        // Through the event loop, so that these, too, are measured.
        QTimer::singleShot(0, &app, [&app] { app.start(); });
        QTRY_VERIFY_WITH_TIMEOUT(app.ready() && !app.chats()->loading(), 30000);
        QTimer::singleShot(0, &app, [&app, this] { app.models()->load(wordy_); });
        QTRY_COMPARE_WITH_TIMEOUT(app.model()->state(), ModelStatus::Ready, 30000);
        app.conversation()->setMaxTokens(300);
        bool sent = false;
        QTimer::singleShot(0, &app,
                           [&] { sent = app.conversation()->send(QStringLiteral("Tell me everything.")); });
        QTRY_VERIFY(sent);
        QTRY_VERIFY_WITH_TIMEOUT(!app.conversation()->generating(), 120000);
        QCOMPARE(app.conversation()->messages()->count(), 2);
        QVERIFY(app.conversation()->messages()->rows()[1].answerTokens > 100);
        test::endWatch();
        const BlockingReport report = monitored->report();
        const test::WatchReport seen = test::watchReport();
        QVERIFY(report.events > 50);
        QVERIFY2(seen.files.empty(), listed(seen.files).constData());
        QVERIFY2(seen.waits.empty(), listed(seen.waits).constData());
        QCOMPARE(seen.sharedLocks, 0);
        // Not engineLocks: on a fast machine this small model computes too briefly under any lock to be
        // counted. window_held demands them, with a larger one.
        if (test::watchAvailable()) QVERIFY(seen.locks > 0 && seen.filesElsewhere > 0);
        if (report.longestCpuMs < best.longestCpuMs) best = report;
        if (best.longestCpuMs < handlerLimitMs(1)) break;
    }
    qInfo("longest of %d events: %.2f ms of processor time (%s)", best.events, best.longestCpuMs,
          qPrintable(best.worst));
    QVERIFY2(best.longestCpuMs < handlerLimitMs(1), qPrintable(best.worst));
}

}  // namespace kinglet::gui

int main(int argc, char** argv) {
    kinglet::gui::WatchedApplication application(argc, argv);
    kinglet::gui::EngineTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_engine.moc"
