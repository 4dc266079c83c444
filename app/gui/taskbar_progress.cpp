#include "app/gui/taskbar_progress.h"

#include <cmath>

#ifdef KINGLET_HAVE_DBUS
#include <QDBusConnection>
#include <QDBusMessage>
#include <QVariantMap>
#endif

namespace kinglet::gui {

#ifdef KINGLET_HAVE_DBUS

namespace {
const QString kConnection = QStringLiteral("kinglet-taskbar");
}

TaskbarProgress::TaskbarProgress(QString address) : address_(std::move(address)) {}

TaskbarProgress::~TaskbarProgress() {
    if (!connected_) return;
    show(0, 0);
    QDBusConnection::disconnectFromBus(kConnection);
}

void TaskbarProgress::show(double progress, int count) {
    const int percent = static_cast<int>(std::lround(progress * 100));
    if (count == count_ && (count == 0 || percent == percent_)) return;
    count_ = count;
    percent_ = percent;
    if (!connected_) {
        const QDBusConnection bus =
            address_.isEmpty() ? QDBusConnection::connectToBus(QDBusConnection::SessionBus, kConnection)
                               : QDBusConnection::connectToBus(address_, kConnection);
        connected_ = true;
        if (!bus.isConnected()) return;
    }
    QDBusMessage update = QDBusMessage::createSignal(QStringLiteral("/org/kinglet/Downloads"),
                                                     QStringLiteral("com.canonical.Unity.LauncherEntry"),
                                                     QStringLiteral("Update"));
    update << QStringLiteral("application://kinglet.desktop")
           << QVariantMap{{QStringLiteral("progress"), progress},
                          {QStringLiteral("progress-visible"), count > 0},
                          {QStringLiteral("count"), qint64(count)},
                          {QStringLiteral("count-visible"), count > 1}};
    QDBusConnection(kConnection).send(update);
}

#else

TaskbarProgress::TaskbarProgress(QString address) : address_(std::move(address)) {}
TaskbarProgress::~TaskbarProgress() = default;
void TaskbarProgress::show(double, int) {}

#endif

}  // namespace kinglet::gui
