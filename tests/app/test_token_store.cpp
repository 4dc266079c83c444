// The desktop's secret store, a real one on a private bus: gnome-keyring, whose keys are thrown away with the
// test.
#include <signal.h>
#include <sys/prctl.h>

#include <QDirIterator>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include "app/gui/token_store.h"

namespace kinglet::gui {

namespace {

constexpr int kPatience = 60'000;
/// A bus that starts no services by itself, so that there is a secret store only when the test starts one.
const char* const kBus =
    "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context=\"default\">"
    "<allow send_destination=\"*\" eavesdrop=\"true\"/><allow receive_sender=\"*\"/><allow "
    "own=\"*\"/></policy></busconfig>";
const QUrl kHub{QStringLiteral("https://hub.example")};

/// Ends with this process and not before it: GLib ends a program whose bus goes away.
QProcess& companion(const QString& program, const QStringList& arguments) {
    static QList<QProcess*> all;
    auto* process = new QProcess;
    all << process;
    process->setChildProcessModifier([] { prctl(PR_SET_PDEATHSIG, SIGKILL); });
    process->start(program, arguments);
    return *process;
}

}  // namespace

class TokenStoreTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void withoutAStoreNothingIsWritten();
    void aTokenComesBackAndGoes();

  private:
    std::optional<QByteArray> read(const QUrl& hub);
    std::optional<bool> write(const QUrl& hub, const QByteArray& token);
    bool anyFileHolds(const QByteArray& text) const;

    QTemporaryDir home_;
    std::unique_ptr<TokenStore> store_ = desktopTokenStore();
};

void TokenStoreTest::initTestCase() {
    const QString bus = QStandardPaths::findExecutable(QStringLiteral("dbus-daemon"));
    if (bus.isEmpty()) QSKIP("There is no dbus-daemon here to make a private bus with.");
    for (const char* name : {"HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
        qputenv(name, home_.path().toUtf8());
    qunsetenv("XDG_CURRENT_DESKTOP");
    qunsetenv("KDE_FULL_SESSION");
    QFile config(home_.filePath(QStringLiteral("bus.conf")));
    QVERIFY(config.open(QIODevice::WriteOnly));
    config.write(kBus);
    config.close();
    QProcess& daemon = companion(bus, {QStringLiteral("--config-file=") + config.fileName(),
                                       QStringLiteral("--nofork"), QStringLiteral("--print-address")});
    QVERIFY(daemon.waitForReadyRead(kPatience));
    qputenv("DBUS_SESSION_BUS_ADDRESS", daemon.readLine().trimmed());
}

std::optional<QByteArray> TokenStoreTest::read(const QUrl& hub) {
    std::optional<std::optional<QByteArray>> answer;
    store_->read(hub, [&](std::optional<QByteArray> token) { answer = std::move(token); });
    return QTest::qWaitFor([&] { return answer.has_value(); }, kPatience) ? *answer : QByteArray("no answer");
}

std::optional<bool> TokenStoreTest::write(const QUrl& hub, const QByteArray& token) {
    std::optional<bool> answer;
    store_->write(hub, token, [&](bool kept) { answer = kept; });
    return QTest::qWaitFor([&] { return answer.has_value(); }, kPatience) ? answer : std::nullopt;
}

bool TokenStoreTest::anyFileHolds(const QByteArray& text) const {
    QDirIterator files(home_.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        QFile file(files.next());
        if (file.open(QIODevice::ReadOnly) && file.readAll().contains(text)) return true;
    }
    return false;
}

void TokenStoreTest::withoutAStoreNothingIsWritten() {
    QCOMPARE(write(kHub, "hf_secret"), std::optional(false));
    QCOMPARE(read(kHub), std::optional<QByteArray>());
    QVERIFY(!anyFileHolds("hf_secret"));
}

void TokenStoreTest::aTokenComesBackAndGoes() {
    const QString keyring = QStandardPaths::findExecutable(QStringLiteral("gnome-keyring-daemon"));
    if (keyring.isEmpty()) QSKIP("There is no gnome-keyring here to keep a secret with.");
    QProcess& daemon = companion(keyring, {QStringLiteral("--foreground"), QStringLiteral("--unlock"),
                                           QStringLiteral("--components=secrets")});
    daemon.write("a password\n");
    daemon.closeWriteChannel();
    QTRY_COMPARE_WITH_TIMEOUT(write(kHub, "hf_secret"), std::optional(true), kPatience);
    QCOMPARE(read(kHub), std::optional<QByteArray>("hf_secret"));
    QCOMPARE(read(QUrl(QStringLiteral("https://other.example"))), std::optional<QByteArray>());
    QVERIFY(!anyFileHolds("hf_secret"));
    store_->remove(kHub);
    QTRY_COMPARE_WITH_TIMEOUT(read(kHub), std::optional<QByteArray>(), kPatience);
}

}  // namespace kinglet::gui

QTEST_GUILESS_MAIN(kinglet::gui::TokenStoreTest)
#include "test_token_store.moc"
