// A second start finds the first by its data folder, hands its files over and is told so.
#include <QLocalServer>
#include <QLocalSocket>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtConcurrent>
#include <QtTest>

#include "app/gui/single_instance.h"

namespace kinglet::gui {

class SingleInstanceTest : public QObject {
    Q_OBJECT
  private slots:
    void nobodyIsThere();
    void filesAreHandedOver();
    void otherDataFoldersAreOthers();
    void aSocketLeftBehindIsReplaced();
    void nonsenseIsNotTaken();

  private:
    /// As another process would, so that this thread can answer.
    static bool handOver(const QString& folder, const QStringList& files) {
        QFuture<bool> done =
            QtConcurrent::run([=] { return SingleInstance(folder).handOver(files, "token"); });
        while (!done.isFinished()) QTest::qWait(5);
        return done.result();
    }
    static QString socketOf(const QString& folder);

    QTemporaryDir folder_;
};

/// The name under which a listening instance is reached.
QString SingleInstanceTest::socketOf(const QString& folder) {
    const QDir runtime(QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation));
    const QStringList before = runtime.entryList(QDir::System);
    SingleInstance instance(folder);
    if (!instance.listen()) return {};
    for (const QString& name : runtime.entryList(QDir::System)) {
        if (!before.contains(name)) return runtime.filePath(name);
    }
    return {};
}

void SingleInstanceTest::nobodyIsThere() {
    QVERIFY(!handOver(folder_.filePath("a"), {"/x.gguf"}));
}

void SingleInstanceTest::filesAreHandedOver() {
    SingleInstance first(folder_.filePath("a"));
    QVERIFY(first.listen());
    QSignalSpy started(&first, &SingleInstance::startedAgain);
    const QStringList files = {"/models/a b.gguf", QString::fromUtf8("/modèles/ü\n.gguf")};
    QVERIFY(handOver(folder_.filePath("a/../a"), files));
    QVERIFY(handOver(folder_.filePath("a"), {}));
    QCOMPARE(started.count(), 2);
    QCOMPARE(started[0][0].toStringList(), files);
    QCOMPARE(started[0][1].toByteArray(), QByteArray("token"));
    QCOMPARE(started[1][0].toStringList(), QStringList());
    SingleInstance second(folder_.filePath("a"));
    QVERIFY(!second.listen());
}

void SingleInstanceTest::otherDataFoldersAreOthers() {
    SingleInstance first(folder_.filePath("a"));
    QVERIFY(first.listen());
    QVERIFY(!handOver(folder_.filePath("b"), {}));
}

void SingleInstanceTest::aSocketLeftBehindIsReplaced() {
#ifdef Q_OS_WIN
    QSKIP("Windows takes a pipe away with the process that made it");
#endif
    const QString socket = socketOf(folder_.filePath("killed"));
    QVERIFY(!socket.isEmpty());
    // What a killed program leaves: the socket's file, and nobody behind it.
    QVERIFY(QFile(folder_.filePath("plain")).open(QIODevice::WriteOnly));
    QVERIFY(QFile::copy(folder_.filePath("plain"), socket));
    SingleInstance next(folder_.filePath("killed"));
    QVERIFY(!handOver(folder_.filePath("killed"), {}));
    QVERIFY(next.listen());
    QVERIFY(handOver(folder_.filePath("killed"), {}));
}

void SingleInstanceTest::nonsenseIsNotTaken() {
#ifdef Q_OS_WIN
    QSKIP("the name of the pipe is not known to this test");
#endif
    const QString socket = socketOf(folder_.filePath("a"));
    SingleInstance first(folder_.filePath("a"));
    QVERIFY(first.listen());
    QSignalSpy started(&first, &SingleInstance::startedAgain);
    for (const QByteArray& words : {QByteArray("hello\n"), QByteArray("[1]\n"), QByteArray(2 << 20, 'x')}) {
        QLocalSocket client;
        client.connectToServer(socket);
        QVERIFY(client.waitForConnected(3000));
        client.write(words);
        QTRY_COMPARE(client.state(), QLocalSocket::UnconnectedState);
        QVERIFY(client.readAll().isEmpty());
    }
    QCOMPARE(started.count(), 0);
    // A path that is not absolute would be looked up in another folder than it was meant in.
    QVERIFY(handOver(folder_.filePath("a"), {"relative.gguf"}));
    QCOMPARE(started[0][0].toStringList(), QStringList());
}

}  // namespace kinglet::gui

QTEST_GUILESS_MAIN(kinglet::gui::SingleInstanceTest)
#include "test_single_instance.moc"
