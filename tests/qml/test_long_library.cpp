// The Library with five thousand rows in both of its lists: how long the window's thread is held by
// scrolling, by typing a search and by a download's news, on that thread's own clock.
#include <QQuickItem>
#include <QQuickStyle>
#include <QtTest>

#include "app/gui/app_context.h"
#include "app/gui/fake_engine.h"
#include "app/gui/library_worker.h"
#include "app/gui/model_library.h"
#include "tests/app/blocking_monitor.h"
#include "tests/qml/monitored_window.h"

namespace kinglet::test {

using gui::MonitoredApplication;

namespace {

constexpr int kRows = 5000;
constexpr int kPatience = 60'000;

QList<gui::ModelEntry> entries() {
    QList<gui::ModelEntry> all;
    for (int i = 0; i < kRows; ++i) {
        gui::ModelEntry entry;
        entry.path = QStringLiteral("/models/bird-%1.gguf").arg(i);
        entry.name = QStringLiteral("Bird %1").arg(i);
        entry.quantization = QStringLiteral("Q4_K_M");
        entry.architecture = QStringLiteral("llama");
        entry.sizeBytes = 1'000'000'000 + i;
        entry.modifiedMs = 1;
        entry.chats = true;
        all << entry;
    }
    return all;
}

QList<library::CatalogueModel> offers() {
    QList<library::CatalogueModel> all;
    const QList<library::CatalogueModel>& real = library::builtInCatalogue().models;
    for (int i = 0; i < kRows; ++i) {
        library::CatalogueModel model = real.at(i % real.size());
        model.id = QStringLiteral("model-%1").arg(i);
        model.name += QStringLiteral(" %1").arg(i);
        all << model;
    }
    return all;
}

gui::LibrarySnapshot news(qint64 received) {
    gui::LibrarySnapshot snapshot;
    library::DownloadInfo info;
    info.id = 1;
    info.name = QStringLiteral("Model 3");
    info.details = {{QStringLiteral("catalogue"), QStringLiteral("model-3")}};
    info.status = library::DownloadStatus::Running;
    info.received = received;
    info.total = 1'000'000'000;
    snapshot.downloads << info;
    snapshot.freeDisk = 41'000'000'000;
    snapshot.availableMemory = 5'300'000'000;
    return snapshot;
}

library::Machine machine() {
    library::Machine machine;
    machine.memoryBytesPerSecond = 24e9;
    machine.availableMemory = 5'300'000'000;
    machine.freeDisk = 41'000'000'000;
    return machine;
}

gui::AppOptions optionsOfRun() {
    gui::AppOptions options;
    options.engine = std::make_unique<gui::FakeEngine>();
    options.preloadModel = false;
    options.fixedModels = entries();
    options.demoLibrary = [](gui::ModelLibrary& library) { library.setDemo(offers(), news(0), machine()); };
    return options;
}

MonitoredApplication& application() {
    return *static_cast<MonitoredApplication*>(qApp);
}

/// The window with its Library open.
class Run : public MonitoredWindow {
  public:
    Run() : MonitoredWindow(optionsOfRun()) { app->start(); }
    bool waitReady() {
        if (!QTest::qWaitForWindowActive(window, kPatience)) return false;
        window->setProperty("page", QStringLiteral("library"));
        return QTest::qWaitFor([this] { return app->models()->count() == kRows; }, kPatience);
    }
    QQuickItem* find(const char* name) const {
        return window->findChild<QQuickItem*>(QString::fromLatin1(name));
    }
    /// Moves a list by about its 200 first rows, two or three new ones each time, as a scroll bar that is
    /// dragged does.
    static void scroll(QQuickItem* list) {
        constexpr double step = 160;
        for (int turn = 0; turn < 120; ++turn) {
            list->setProperty("contentY", list->property("contentY").toReal() + step);
            QTest::qWait(2);
        }
        QTest::qWait(100);
    }
};

void tell(const char* what) {
    const gui::BlockingReport& report = application().report();
    qInfo("%s: longest handler %.1f ms of processor time (%s), %d events", what, report.longestCpuMs,
          qPrintable(report.worst), report.events);
}

}  // namespace

class LongLibraryTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { QQuickStyle::setStyle(QStringLiteral("Basic")); }
    void scrolling_data();
    void scrolling();
    void typingASearch();
    void newsOfADownload();
};

void LongLibraryTest::scrolling_data() {
    QTest::addColumn<QString>("tab");
    QTest::addColumn<QString>("list");
    QTest::newRow("installed") << "tabHere"
                               << "installedList";
    QTest::newRow("offered") << "tabGet"
                             << "offerList";
}

void LongLibraryTest::scrolling() {
    QFETCH(QString, tab);
    QFETCH(QString, list);
    Run run;
    QVERIFY(run.waitReady());
    QVERIFY(QMetaObject::invokeMethod(run.find(qPrintable(tab)), "clicked"));
    QTRY_VERIFY_WITH_TIMEOUT(run.find(qPrintable(list)), kPatience);
    QQuickItem* rows = run.find(qPrintable(list));
    QTRY_VERIFY_WITH_TIMEOUT(rows->property("count").toInt() > kRows * 9 / 10, kPatience);
    QTest::qWait(300);
    application().reset();
    run.scroll(rows);
    QVERIFY2(rows->property("contentY").toReal() > 100 * 50, "The list has moved over many rows");
    tell(qPrintable(tab));
    QVERIFY2(application().report().longestCpuMs < gui::handlerLimitMs(4), "Scrolling takes frames");
}

void LongLibraryTest::typingASearch() {
    Run run;
    QVERIFY(run.waitReady());
    QVERIFY(QMetaObject::invokeMethod(run.find("tabGet"), "clicked"));
    QTRY_VERIFY_WITH_TIMEOUT(run.find("offerList"), kPatience);
    run.find("librarySearch")->forceActiveFocus();
    QTest::qWait(300);
    application().reset();
    for (const char letter : {'q', 'w', 'e', 'n', ' ', '1', '2'}) {
        QTest::keyClick(run.window, letter);
        QTest::qWait(50);
    }
    tell("typing");
    QVERIFY(run.find("offerList")->property("count").toInt() < kRows / 10);
    QVERIFY2(application().report().longestCpuMs < gui::handlerLimitMs(4), "A search takes frames");
}

void LongLibraryTest::newsOfADownload() {
    Run run;
    QVERIFY(run.waitReady());
    QVERIFY(QMetaObject::invokeMethod(run.find("tabGet"), "clicked"));
    QTRY_VERIFY_WITH_TIMEOUT(run.find("offerList"), kPatience);
    QTest::qWait(300);
    application().reset();
    for (qint64 step = 1; step <= 20; ++step) {
        run.app->library()->offers()->setDownloads(news(step * 10'000'000).downloads);
        QTest::qWait(20);
    }
    tell("news");
    QVERIFY2(application().report().longestCpuMs < gui::handlerLimitMs(2), "News of a download take frames");
}

}  // namespace kinglet::test

int main(int argc, char** argv) {
    kinglet::gui::MonitoredApplication application(argc, argv);
    kinglet::test::LongLibraryTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_long_library.moc"
