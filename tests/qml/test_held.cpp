// The drawn window on the real engine, a real database and a real disk: while an answer is written and chats
// are saved, searched and switched, the window's thread is never held by any of them. Time on the processor
// is that thread's own, and files, waits and locks are counted, so that a busy machine changes little.
#include <QElapsedTimer>
#include <QQuickItem>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QSemaphore>
#include <QSignalSpy>
#include <QtConcurrent>
#include <QtTest>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/gui/app_context.h"
#include "storage/chat_store.h"
#include "storage/database.h"
#include "tests/app/blocking_monitor.h"
#include "tests/app/thread_watch.h"
#include "tests/qml/monitored_window.h"
#include "tests/support/model_writer.h"

namespace kinglet::test {

using gui::AppContext;
using gui::ChatListModel;
using gui::Conversation;
using gui::MessageListModel;
using gui::ModelStatus;

namespace {

const double kLimitMs = gui::handlerLimitMs(4);
constexpr int kChats = 40;

class WatchedApplication : public gui::MonitoredApplication {
  public:
    using MonitoredApplication::MonitoredApplication;

  protected:
    void handlerBegins() override { test::handlerBegins(); }
    void handlerEnds() override { test::handlerEnds(); }
};

WatchedApplication& application() {
    return *static_cast<WatchedApplication*>(qApp);
}

/// Lets go of what hangs when a test takes too long, so that it fails instead of hanging too.
class Rescue {
  public:
    Rescue() : thread_([this] { watch(); }) {}
    ~Rescue() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }
    bool needed() const { return needed_; }

  private:
    void watch() {
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, std::chrono::seconds(60), [this] { return over_; })) return;
        needed_ = true;
        hangDisk(false);
        hangEngine(false);
    }
    std::mutex mutex_;
    std::condition_variable wake_;
    bool over_ = false;
    std::atomic<bool> needed_{false};
    std::thread thread_;
};

/// Old chats, so that there is something to search and to switch to.
void writeChats(storage::Database& database) {
    storage::ChatStore store(database);
    for (int i = 0; i < kChats; ++i) {
        const QString title = QStringLiteral("Chat %1 about %2").arg(i).arg(i % 2 == 0 ? "birds" : "boats");
        if (!writeOldChat(store, title, i < kChats - 3 ? 1 : 6)) return;  // the test ended meanwhile
    }
}

gui::AppOptions optionsFor(const QString& model) {
    gui::AppOptions options;
    options.modelFile = model;
    options.seed = writeChats;
    return options;
}

/// The window, and a person's hands.
class Run : public MonitoredWindow {
  public:
    explicit Run(const QString& model) : MonitoredWindow(optionsFor(model)) {}
    ~Run() { endWatch(); }

    bool begin() {
        beginWatch(data.path().toStdString());
        // Through the event loop, so that it counts.
        QTimer::singleShot(0, app.get(), [this] { app->start(); });
        return QTest::qWaitForWindowActive(window, 20000) &&
               QTest::qWaitFor(
                   [this] {
                       return app->ready() && !app->chats()->loading() &&
                              app->model()->state() == ModelStatus::Ready;
                   },
                   120000);
    }
    QQuickItem* find(const char* name) const { return window->findChild<QQuickItem*>(QLatin1String(name)); }
    void type(const QString& words) {
        for (const QChar c : words) QTest::keyClick(window, c.toLatin1());
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
        QTest::keyClick(window, key, modifiers);
    }
    bool click(QQuickItem* item) {
        if (!item) return false;
        const QPointF at = item->mapToScene(QPointF(item->width() / 2, item->height() / 2));
        QTest::mouseClick(window, Qt::LeftButton, Qt::NoModifier, at.toPoint());
        return true;
    }
    QQuickItem* row(int index) const {
        QQuickItem* item = nullptr;
        QMetaObject::invokeMethod(find("chatList"), "itemAtIndex", Q_RETURN_ARG(QQuickItem*, item),
                                  Q_ARG(int, index));
        return item;
    }
    /// Clicks a row of the list once it is drawn where it will be clicked.
    bool open(int index) {
        if (!QTest::qWaitFor([&] { return row(index) != nullptr; }, 20000)) return false;
        QSignalSpy frames(window, &QQuickWindow::frameSwapped);
        window->update();
        return frames.wait(20000) && click(row(index));
    }
    Conversation& chat() const { return *app->conversation(); }
    QString lastText() const {
        const MessageListModel& messages = *chat().messages();
        return messages.index(messages.count() - 1).data(MessageListModel::TextRole).toString();
    }
    bool idle() const {
        return QTest::qWaitFor([this] { return !chat().generating() && !chat().loading(); }, 60000);
    }
    /// Writes a message and waits for the first words of the answer.
    bool ask(const QString& words) {
        press(Qt::Key_N, Qt::ControlModifier);
        if (!QTest::qWaitFor([this] { return chat().isEmpty() && chat().canSend(); }, 20000)) return false;
        type(words);
        press(Qt::Key_Return);
        return QTest::qWaitFor(
            [this] { return chat().phase() == Conversation::Writing && !lastText().isEmpty(); }, 60000);
    }
};

QByteArray listed(const std::vector<std::string>& lines) {
    QByteArray text;
    for (const std::string& line : lines) text += QByteArray::fromStdString(line) + '\n';
    return text;
}

}  // namespace

class HeldTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void init();
    void theWatchSees_data();
    void theWatchSees();
    void duringAnAnswer();
    void aDiskThatHangs();
    void anEngineThatHangs();

  private:
    void workDuringAnAnswer(Run& run);
    QTemporaryDir folder_;
    QString model_;
};

void HeldTest::initTestCase() {
    QQuickStyle::setStyle(QStringLiteral("Basic"));
    TestModel model;
    for (int i = 0; i < 200; ++i) model.script += "word" + std::to_string(i) + (i % 25 == 24 ? ".\n\n" : " ");
    model.endless = true;
    model.context_length = 4096;
    model.width = 128;
    model.ff = 384;
    model.layers = 4;
    model_ = folder_.filePath(QStringLiteral("wordy.gguf"));
    const Status written = write_model(std::filesystem::path(model_.toStdString()), model);
    QVERIFY2(written, written ? "" : written.error().message.c_str());
}

void HeldTest::init() {
    application().reset();
}

void HeldTest::theWatchSees_data() {
    QTest::addColumn<QString>("stall");
    for (const char* stall : {"work", "file", "future", "semaphore", "sleep", "lock"})
        QTest::newRow(stall) << QString::fromLatin1(stall);
}

/// Every kind of stall, planted: a measure that could not fail would say nothing.
void HeldTest::theWatchSees() {
    QFETCH(QString, stall);
    if (!watchAvailable() && stall != QLatin1String("work"))
        QSKIP("Calls of the C library cannot be watched in this build.");
    QTemporaryDir data;
    std::mutex mutex;
    beginWatch(data.path().toStdString());
    QThread* engine = QThread::create([&] {
        for (int i = 0; i < 60; ++i) {
            const std::lock_guard lock(mutex);
            const double until = gui::MonitoredApplication::threadCpuMs() + 0.2;
            while (gui::MonitoredApplication::threadCpuMs() < until) continue;
        }
    });
    engine->setObjectName(QStringLiteral("engine"));
    engine->start();
    bool done = false;
    QTimer::singleShot(0, qApp, [&] {
        if (stall == QLatin1String("work")) {
            const double until = gui::MonitoredApplication::threadCpuMs() + 2 * kLimitMs;
            while (gui::MonitoredApplication::threadCpuMs() < until) continue;
        } else if (stall == QLatin1String("file")) {
            QFile file(data.filePath(QStringLiteral("a")));
            if (file.open(QIODevice::WriteOnly)) file.write("x");
        } else if (stall == QLatin1String("future")) {
            QtConcurrent::run([] { QThread::msleep(20); }).waitForFinished();
        } else if (stall == QLatin1String("semaphore")) {
            QSemaphore semaphore;
            QThreadPool::globalInstance()->start([&] {
                QThread::msleep(20);
                semaphore.release();
            });
            semaphore.acquire();
        } else if (stall == QLatin1String("sleep")) {
            QThread::msleep(1);
        } else {
            const std::lock_guard lock(mutex);
        }
        done = true;
    });
    QTRY_VERIFY(done);
    engine->wait();
    delete engine;
    endWatch();
    const WatchReport seen = watchReport();
    QCOMPARE(application().report().longestCpuMs > kLimitMs, stall == QLatin1String("work"));
    QCOMPARE(!seen.files.empty(), stall == QLatin1String("file"));
    QCOMPARE(!seen.waits.empty(), stall == QLatin1String("future") || stall == QLatin1String("semaphore") ||
                                      stall == QLatin1String("sleep"));
    QCOMPARE(seen.sharedLocks > 0, stall == QLatin1String("lock"));
}

/// What a person does while an answer is written: each step as keys and clicks on the drawn window.
void HeldTest::workDuringAnAnswer(Run& run) {
    QVERIFY(run.ask(QStringLiteral("tell me everything")));
    const QString answering = run.chat().chatId();
    ChatListModel& chats = *run.app->chats();
    QCOMPARE(chats.count(), kChats + 1);
    // Search, letter by letter.
    run.press(Qt::Key_K, Qt::ControlModifier);
    run.type(QStringLiteral("boats"));
    QTRY_COMPARE(chats.count(), kChats / 2);
    run.press(Qt::Key_Escape);
    QTRY_COMPARE(chats.count(), kChats + 1);
    // Switch: others, whose messages come from the database, and back.
    for (int index = 1; index < 6; ++index) {
        QVERIFY(run.open(index));
        QTRY_VERIFY(!run.chat().loading() && !run.chat().isEmpty() && run.chat().chatId() != answering);
    }
    // A draft in another chat is saved while it is typed.
    run.type(QStringLiteral("not yet"));
    for (int back = 0; back < 8 && run.chat().chatId() != answering; ++back) {
        run.press(Qt::Key_Up, Qt::ControlModifier);
        QTRY_VERIFY(!run.chat().loading());
    }
    QCOMPARE(run.chat().chatId(), answering);
    // Everything at once into a file, and a chat deleted and taken back.
    run.app->exportAllChats(QUrl::fromLocalFile(run.data.filePath(QStringLiteral("all.zip"))));
    QSignalSpy notices(run.app.get(), &AppContext::notice);
    run.press(Qt::Key_Comma, Qt::ControlModifier);
    QTest::qWait(50);
    run.press(Qt::Key_L, Qt::ControlModifier);
    QTest::qWait(50);
    run.press(Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!notices.isEmpty(), 60000);
    QVERIFY(QFileInfo::exists(run.data.filePath(QStringLiteral("all.zip"))));
    if (!run.chat().generating()) {
        run.press(Qt::Key_R, Qt::ControlModifier);
        QTRY_VERIFY(run.chat().phase() == Conversation::Writing);
    }
    const qsizetype before = run.lastText().size();
    QTRY_VERIFY_WITH_TIMEOUT(run.lastText().size() > before + 400 || !run.chat().generating(), 60000);
    run.chat().stop();
    QVERIFY(run.idle());
    QVERIFY(run.lastText().size() > 400);
}

void HeldTest::duringAnAnswer() {
    Run run(model_);
    QVERIFY(run.begin());
    workDuringAnAnswer(run);
    if (QTest::currentTestFailed()) return;
    endWatch();
    const gui::BlockingReport report = application().report();
    const WatchReport seen = watchReport();
    // What our own objects do with what comes from the engine, the database and the disk. Building a page
    // that was asked for, and laying out a frame, is work of the window's own.
    double longestMs = 0;
    for (auto at = report.longest.cbegin(); at != report.longest.cend(); ++at) {
        if (at.key().startsWith(QLatin1String("kinglet::"))) longestMs = std::max(longestMs, at.value());
        if (at.value() > 1) qInfo("  %.2f ms: %s", at.value(), qPrintable(at.key()));
    }
    qInfo(
        "longest event of ours: %.2f ms of processor time, of all: %.2f ms (%s), %d events; longest drawing "
        "%.2f ms",
        longestMs, report.longestCpuMs, qPrintable(report.worst), report.events, run.longestDrawMs);
    QVERIFY(report.events > 500);
    QVERIFY2(longestMs > 0 && longestMs < kLimitMs, qPrintable(report.worst));
    if (!watchAvailable()) return;
    qInfo(
        "%zu calls on files, %zu waits, %d shared of %d locks in handlers; %d locks of the engine's, %d "
        "calls on "
        "files by other threads",
        seen.files.size(), seen.waits.size(), seen.sharedLocks, seen.locks, seen.engineLocks,
        seen.filesElsewhere);
    QVERIFY(seen.filesElsewhere > 100 && seen.engineLocks > 0 && seen.locks > 0);
    QVERIFY2(seen.files.empty(), listed(seen.files).constData());
    QVERIFY2(seen.waits.empty(), listed(seen.waits).constData());
    QCOMPARE(seen.sharedLocks, 0);
}

/// The database's thread stands still in the middle of writing: the answer goes on, the window answers, and
/// all of it is saved once the disk comes back.
void HeldTest::aDiskThatHangs() {
    if (!watchAvailable()) QSKIP("Calls of the C library cannot be watched in this build.");
    Run run(model_);
    QVERIFY(run.begin());
    Rescue rescue;
    QVERIFY(run.ask(QStringLiteral("tell me")));
    hangDisk(true);
    QTRY_VERIFY_WITH_TIMEOUT(diskHangs(), 20000);
    const qsizetype before = run.lastText().size();
    QTRY_VERIFY_WITH_TIMEOUT(run.lastText().size() > before + 200, 30000);
    run.press(Qt::Key_K, Qt::ControlModifier);
    run.type(QStringLiteral("birds"));
    QTRY_COMPARE(run.app->chats()->count(), kChats / 2);
    run.press(Qt::Key_Escape);
    QVERIFY(run.open(4));  // its messages cannot come now
    QTRY_VERIFY(run.chat().loading());
    run.press(Qt::Key_Comma, Qt::ControlModifier);
    QTRY_COMPARE(run.window->property("page").toString(), QStringLiteral("settings"));
    QVERIFY(diskHangs());
    QVERIFY(!rescue.needed());
    hangDisk(false);
    QTRY_VERIFY(!run.chat().loading());
    QVERIFY(!run.chat().isEmpty());
}

/// The engine stands still holding its own lock: chats open, the search finds, and Stop is taken.
void HeldTest::anEngineThatHangs() {
    if (!watchAvailable()) QSKIP("Calls of the C library cannot be watched in this build.");
    Run run(model_);
    QVERIFY(run.begin());
    Rescue rescue;
    QVERIFY(run.ask(QStringLiteral("tell me")));
    const QString answering = run.chat().chatId();
    hangEngine(true);
    QTRY_VERIFY_WITH_TIMEOUT(engineHangs(), 20000);
    run.press(Qt::Key_K, Qt::ControlModifier);
    run.type(QStringLiteral("birds"));
    QTRY_COMPARE(run.app->chats()->count(), kChats / 2);
    run.press(Qt::Key_Escape);
    QVERIFY(run.open(3));
    QTRY_VERIFY(!run.chat().loading() && !run.chat().isEmpty() && run.chat().chatId() != answering);
    run.app->chats()->openChat(answering);
    QTRY_VERIFY(!run.chat().loading() && run.chat().chatId() == answering);
    run.press(Qt::Key_Escape);
    run.chat().stop();
    QVERIFY(engineHangs());
    QVERIFY(!rescue.needed());
    hangEngine(false);
    QVERIFY(run.idle());
}

}  // namespace kinglet::test

int main(int argc, char** argv) {
    kinglet::test::WatchedApplication application(argc, argv);
    kinglet::test::HeldTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_held.moc"
