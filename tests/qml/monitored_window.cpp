#include "tests/qml/monitored_window.h"

#include <QCoreApplication>
#include <QUrl>
#include <QVariant>
#include <algorithm>
#include <utility>

#include "tests/app/blocking_monitor.h"

namespace kinglet::test {

bool writeOldChat(storage::ChatStore& store, const QString& title, int turns) {
    storage::NewChat wanted;
    wanted.title = title;
    auto created = store.create(wanted);
    created.waitForFinished();
    if (!created.result()) return false;
    const qint64 id = created.result()->id;
    for (int turn = 0; turn < turns; ++turn) {
        storage::NewMessage message;
        message.chatId = id;
        message.content = QStringLiteral("Question %1 of a chat that was long ago.").arg(turn);
        auto added = store.append(message);
        added.waitForFinished();
        if (!added.result()) return false;
        auto answer = store.startAnswer(id, added.result()->id, QStringLiteral("Old model"));
        answer.waitForFinished();
        if (!answer.result()) return false;
        storage::AnswerEnd end;
        end.content =
            QStringLiteral("Some **words** and a list:\n\n- one\n- two\n\n```cpp\nint i = 0;\n```\n");
        store.finishAnswer(answer.result()->id, end).waitForFinished();
    }
    return true;
}

MonitoredWindow::MonitoredWindow(gui::AppOptions options) {
    options.dataFolder = data.path();
    options.modelsFolder = data.filePath(QStringLiteral("models"));
    app = std::make_unique<gui::AppContext>(std::move(options));
    engine.addImportPath(QStringLiteral("qrc:/qt/qml"));
    engine.setInitialProperties({{QStringLiteral("app"), QVariant::fromValue(app.get())},
                                 {QStringLiteral("restoreGeometry"), false}});
    engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Kinglet/Ui/Main.qml")));
    if (!engine.rootObjects().isEmpty()) window = qobject_cast<QQuickWindow*>(engine.rootObjects().first());
    if (!window) qFatal("the window could not be built");
    QObject::connect(
        window, &QQuickWindow::beforeSynchronizing, window,
        [this] { drawingBegan_ = gui::MonitoredApplication::threadCpuMs(); }, Qt::DirectConnection);
    QObject::connect(
        window, &QQuickWindow::frameSwapped, window,
        [this] {
            const double took = gui::MonitoredApplication::threadCpuMs() - drawingBegan_;
            longestDrawMs = std::max(longestDrawMs, took);
            static_cast<gui::MonitoredApplication*>(qApp)->discount(took);
        },
        Qt::DirectConnection);
}

}  // namespace kinglet::test
