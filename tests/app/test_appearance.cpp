// The desktop's dark preference: a made-up settings portal on a private bus.
#include <QGuiApplication>
#include <QProcess>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QtTest>

#include "app/gui/system_appearance.h"
#include "app/gui/taskbar_progress.h"

#ifdef KINGLET_HAVE_DBUS
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusVariant>
#endif

namespace kinglet::gui {

#ifdef KINGLET_HAVE_DBUS
/// Answers as xdg-desktop-portal does.
class Portal : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")
  public:
    uint scheme = 0;
    int asked = 0;
  public slots:
    QDBusVariant Read(const QString& group, const QString& key) {
        ++asked;
        if (group != QLatin1String("org.freedesktop.appearance") || key != QLatin1String("color-scheme"))
            return QDBusVariant(QString());
        return QDBusVariant(QVariant::fromValue(QDBusVariant(scheme)));
    }
};
#endif

/// What a taskbar hears.
class Dock : public QObject {
    Q_OBJECT
  public:
    QString program;
    QList<QVariantMap> told;
  public slots:
    void update(const QString& uri, const QVariantMap& properties) {
        program = uri;
        told << properties;
    }
};

class AppearanceTest : public QObject {
    Q_OBJECT
  private slots:
    void followsThePortal();
    void aBusThatIsNotThere();
    void theTaskbarIsTold();
};

void AppearanceTest::followsThePortal() {
#ifdef KINGLET_HAVE_DBUS
    const QString program = QStandardPaths::findExecutable(QStringLiteral("dbus-daemon"));
    if (program.isEmpty()) QSKIP("There is no dbus-daemon here to make a private bus with.");
    QProcess daemon;
    daemon.start(program, {QStringLiteral("--session"), QStringLiteral("--nofork"),
                           QStringLiteral("--print-address")});
    QVERIFY(daemon.waitForStarted());
    QVERIFY(daemon.waitForReadyRead());
    const QString address = QString::fromUtf8(daemon.readLine()).trimmed();
    {
        QDBusConnection bus = QDBusConnection::connectToBus(address, QStringLiteral("test-portal"));
        QVERIFY(bus.isConnected());
        Portal portal;
        portal.scheme = 1;
        const QString path = QStringLiteral("/org/freedesktop/portal/desktop");
        QVERIFY(bus.registerObject(path, &portal,
                                   QDBusConnection::ExportAllSlots | QDBusConnection::ExportAllSignals));
        QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.portal.Desktop")));

        // A picture or a test has no desktop to follow: the platform is "offscreen" here.
        QCOMPARE(QGuiApplication::platformName(), QStringLiteral("offscreen"));
        qputenv("DBUS_SESSION_BUS_ADDRESS", address.toUtf8());
        SystemAppearance quiet;
        QTest::qWait(100);
        QCOMPARE(portal.asked, 0);

        SystemAppearance appearance(address);
        QCOMPARE(appearance.scheme(), SystemAppearance::Unknown);  // asking has not waited
        QSignalSpy changes(&appearance, &SystemAppearance::schemeChanged);
        QTRY_COMPARE(appearance.scheme(), SystemAppearance::Dark);
        QCOMPARE(portal.asked, 1);
        const auto tell = [&](const QString& key, uint value) {
            QDBusMessage news = QDBusMessage::createSignal(
                path, QStringLiteral("org.freedesktop.portal.Settings"), QStringLiteral("SettingChanged"));
            news << QStringLiteral("org.freedesktop.appearance") << key
                 << QVariant::fromValue(QDBusVariant(value));
            QVERIFY(bus.send(news));
        };
        tell(QStringLiteral("accent-color"), 2);
        tell(QStringLiteral("color-scheme"), 2);
        QTRY_COMPARE(appearance.scheme(), SystemAppearance::Light);
        QCOMPARE(changes.count(), 2);
        tell(QStringLiteral("color-scheme"), 0);
        QTRY_COMPARE(appearance.scheme(), SystemAppearance::Unknown);
    }
    QDBusConnection::disconnectFromBus(QStringLiteral("test-portal"));
    daemon.terminate();
    QVERIFY(daemon.waitForFinished());
#else
    QSKIP("This build has no D-Bus.");
#endif
}

void AppearanceTest::aBusThatIsNotThere() {
    SystemAppearance appearance(QStringLiteral("unix:path=/nonexistent/bus"));
    QSignalSpy changes(&appearance, &SystemAppearance::schemeChanged);
    QTest::qWait(100);
    QCOMPARE(appearance.scheme(), SystemAppearance::Unknown);
    QCOMPARE(changes.count(), 0);
}

void AppearanceTest::theTaskbarIsTold() {
#ifdef KINGLET_HAVE_DBUS
    const QString program = QStandardPaths::findExecutable(QStringLiteral("dbus-daemon"));
    if (program.isEmpty()) QSKIP("There is no dbus-daemon here to make a private bus with.");
    QProcess daemon;
    daemon.start(program, {QStringLiteral("--session"), QStringLiteral("--nofork"),
                           QStringLiteral("--print-address")});
    QVERIFY(daemon.waitForStarted());
    QVERIFY(daemon.waitForReadyRead());
    const QString address = QString::fromUtf8(daemon.readLine()).trimmed();
    {
        QDBusConnection bus = QDBusConnection::connectToBus(address, QStringLiteral("test-taskbar"));
        QVERIFY(bus.isConnected());
        Dock dock;
        QVERIFY(bus.connect(QString(), QString(), QStringLiteral("com.canonical.Unity.LauncherEntry"),
                            QStringLiteral("Update"), &dock, SLOT(update(QString, QVariantMap))));
        {
            TaskbarProgress progress(address);
            progress.show(0.42, 2);
            QTRY_COMPARE(dock.told.size(), 1);
            QCOMPARE(dock.program, QStringLiteral("application://kinglet.desktop"));
            QCOMPARE(dock.told.last().value(QStringLiteral("progress")).toDouble(), 0.42);
            QVERIFY(dock.told.last().value(QStringLiteral("progress-visible")).toBool());
            progress.show(0.421, 2);  // is no news
            progress.show(0.5, 2);
            QTRY_COMPARE(dock.told.size(), 2);
        }
        QTRY_COMPARE(dock.told.size(), 3);  // and it goes with the program
        QVERIFY(!dock.told.last().value(QStringLiteral("progress-visible")).toBool());
    }
    QDBusConnection::disconnectFromBus(QStringLiteral("test-taskbar"));
    daemon.terminate();
    QVERIFY(daemon.waitForFinished());
#else
    QSKIP("This build has no D-Bus.");
#endif
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::AppearanceTest)

#include "test_appearance.moc"
