// What opening a chat costs the window's thread: how long its longest handler runs, on that thread's own
// clock, and how many objects a message is made of, which is the same on every machine.
#include <QHash>
#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QSet>
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <vector>

#include "app/gui/app_context.h"
#include "app/gui/fake_engine.h"
#include "storage/chat_store.h"
#include "storage/database.h"
#include "tests/app/blocking_monitor.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KINGLET_SANITIZED 1
#else
#define KINGLET_SANITIZED 0
#endif

namespace kinglet::test {

using gui::AppContext;
using gui::MonitoredApplication;

namespace {

constexpr double kFrameMs = 1000.0 / 60.0;
constexpr int kTurns = 6;
constexpr int kChats = 12;

void writeChats(storage::Database& database) {
    storage::ChatStore store(database);
    for (int i = 0; i < kChats; ++i) {
        storage::NewChat wanted;
        wanted.title = QStringLiteral("Chat %1").arg(i);
        auto created = store.create(wanted);
        created.waitForFinished();
        if (!created.result()) return;  // the test ended meanwhile
        const qint64 id = created.result()->id;
        for (int turn = 0; turn < kTurns; ++turn) {
            storage::NewMessage message;
            message.chatId = id;
            message.content = QStringLiteral("Question %1 of a chat that was long ago.").arg(turn);
            auto added = store.append(message);
            added.waitForFinished();
            if (!added.result()) return;
            auto answer = store.startAnswer(id, added.result()->id, QStringLiteral("Old model"));
            answer.waitForFinished();
            if (!answer.result()) return;
            storage::AnswerEnd end;
            end.content =
                QStringLiteral("Some **words** and a list:\n\n- one\n- two\n\n```cpp\nint i = 0;\n```\n");
            store.finishAnswer(answer.result()->id, end).waitForFinished();
        }
    }
}

/// Counts what an object is made of, QML's helpers and Qt Quick items, by kind and each once.
void count(QObject* object, QHash<QString, int>& kinds, QSet<QObject*>& seen) {
    if (!object || seen.contains(object)) return;
    seen.insert(object);
    const QString kind = QString::fromLatin1(object->metaObject()->className());
    ++kinds[kind.section(QLatin1String("_QML"), 0, 0)];
    for (QObject* child : object->children()) count(child, kinds, seen);
    if (auto* item = qobject_cast<QQuickItem*>(object)) {
        const QList<QQuickItem*> items = item->childItems();
        for (QQuickItem* child : items) count(child, kinds, seen);
    }
}

MonitoredApplication& application() {
    return *static_cast<MonitoredApplication*>(qApp);
}

/// The window as main.cpp builds it, on chats that were written before.
class Run {
  public:
    Run() {
        gui::AppOptions options;
        options.dataFolder = data_.path();
        options.modelsFolder = data_.filePath(QStringLiteral("models"));
        options.engine = std::make_unique<gui::FakeEngine>();
        options.seed = writeChats;
        app = std::make_unique<AppContext>(std::move(options));
        engine_.addImportPath(QStringLiteral("qrc:/qt/qml"));
        engine_.setInitialProperties({{QStringLiteral("app"), QVariant::fromValue(app.get())},
                                      {QStringLiteral("restoreGeometry"), false}});
        engine_.load(QUrl(QStringLiteral("qrc:/qt/qml/Kinglet/Ui/Main.qml")));
        if (!engine_.rootObjects().isEmpty())
            window = qobject_cast<QQuickWindow*>(engine_.rootObjects().first());
        if (!window) qFatal("the window could not be built");
        // What a graphics card draws on other machines is not what holds this thread.
        QObject::connect(
            window, &QQuickWindow::beforeSynchronizing, window,
            [this] { drawn_ = MonitoredApplication::threadCpuMs(); }, Qt::DirectConnection);
        QObject::connect(
            window, &QQuickWindow::frameSwapped, window,
            [this] { application().discount(MonitoredApplication::threadCpuMs() - drawn_); },
            Qt::DirectConnection);
        app->start();
    }
    bool waitReady() {
        return QTest::qWaitForWindowActive(window, 20000) &&
               QTest::qWaitFor([this] { return app->chats()->count() == kChats; }, 60000);
    }
    QQuickItem* list() const { return window->findChild<QQuickItem*>(QStringLiteral("transcript")); }
    /// Opens a chat of the list and waits until it stands.
    bool open(int row) {
        const QString id = app->chats()->index(row).data(gui::ChatListModel::ChatIdRole).toString();
        app->chats()->openChat(id);
        const bool opened = QTest::qWaitFor(
            [&] {
                return app->conversation()->chatId() == id && !app->conversation()->loading() &&
                       !list()->property("building").toBool();
            },
            20000);
        QTest::qWait(300);  // what comes after the words
        return opened;
    }

    std::unique_ptr<AppContext> app;
    QQuickWindow* window = nullptr;

  private:
    QTemporaryDir data_;
    QQmlApplicationEngine engine_;
    double drawn_ = 0;
};

}  // namespace

class OpeningTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { QQuickStyle::setStyle(QStringLiteral("Basic")); }
    void aChatOfTwelveMessages();
};

void OpeningTest::aChatOfTwelveMessages() {
    Run run;
    QVERIFY(run.waitReady());
    QTest::qWait(500);  // a person takes longer to choose one
    std::vector<double> longest;
    std::vector<double> whole;
    for (int row = 0; row < kChats; ++row) {
        application().reset();
        const double before = MonitoredApplication::threadCpuMs();
        QVERIFY(run.open(row));
        longest.push_back(application().report().longestCpuMs);
        whole.push_back(MonitoredApplication::threadCpuMs() - before);
        if (row == 0)
            qInfo("first: longest handler %.1f ms (%s)", longest[0],
                  qPrintable(application().report().worst));
    }
    // It shows the end of the chat, in a list of its whole height.
    QCOMPARE(run.list()->property("count").toInt(), 2 * kTurns);
    QCOMPARE(run.list()->height(), run.list()->property("room").toReal());
    QVERIFY(run.list()->property("atEnd").toBool());
    QHash<QString, int> kinds;
    QSet<QObject*> seen;
    count(run.list(), kinds, seen);
    const int rows = kinds.value(QStringLiteral("MessageDelegate"));
    std::sort(longest.begin(), longest.end());
    std::sort(whole.begin(), whole.end());
    qInfo(
        "longest handler: least %.1f, median %.1f, most %.1f ms; a chat: median %.1f ms; %d rows of %d "
        "objects each",
        longest.front(), longest[kChats / 2], longest.back(), whole[kChats / 2], rows,
        rows > 0 ? static_cast<int>(seen.size()) / rows : 0);
    QVERIFY(rows >= 3);
    QVERIFY2(longest.front() < kFrameMs * (KINGLET_SANITIZED ? 20 : 1), "Opening a chat takes a frame");
}

}  // namespace kinglet::test

int main(int argc, char** argv) {
    kinglet::gui::MonitoredApplication application(argc, argv);
    kinglet::test::OpeningTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_opening.moc"
