// What opening a chat costs the window's thread: how long its longest handler runs, on that thread's own
// clock, and how many objects a message is made of, which is the same on every machine.
#include <QHash>
#include <QQuickItem>
#include <QQuickStyle>
#include <QSet>
#include <QtTest>
#include <algorithm>
#include <vector>

#include "app/gui/app_context.h"
#include "app/gui/fake_engine.h"
#include "storage/chat_store.h"
#include "storage/database.h"
#include "tests/app/blocking_monitor.h"
#include "tests/qml/monitored_window.h"

namespace kinglet::test {

using gui::MonitoredApplication;

namespace {

constexpr int kTurns = 6;
constexpr int kChats = 12;

void writeChats(storage::Database& database) {
    storage::ChatStore store(database);
    for (int i = 0; i < kChats; ++i)
        if (!writeOldChat(store, QStringLiteral("Chat %1").arg(i), kTurns))
            return;  // the test ended meanwhile
}

gui::AppOptions optionsOfRun() {
    gui::AppOptions options;
    options.engine = std::make_unique<gui::FakeEngine>();
    options.seed = writeChats;
    return options;
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

/// The window, and a person who opens chats.
class Run : public MonitoredWindow {
  public:
    Run() : MonitoredWindow(optionsOfRun()) { app->start(); }
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
    QVERIFY2(longest.front() < gui::handlerLimitMs(2), "Opening a chat takes frames");
}

}  // namespace kinglet::test

int main(int argc, char** argv) {
    kinglet::gui::MonitoredApplication application(argc, argv);
    kinglet::test::OpeningTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_opening.moc"
