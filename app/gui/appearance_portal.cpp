#include "app/gui/appearance_portal.h"

#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>

namespace kinglet::gui {

namespace {

const QString kPath = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kInterface = QStringLiteral("org.freedesktop.portal.Settings");
const QString kGroup = QStringLiteral("org.freedesktop.appearance");
const QString kKey = QStringLiteral("color-scheme");

/// Read() wraps its answer in one variant more than SettingChanged does.
uint unwrapped(QVariant value) {
    while (value.canConvert<QDBusVariant>()) value = value.value<QDBusVariant>().variant();
    return value.toUInt();
}

}  // namespace

AppearancePortal::AppearancePortal(const QString& address)
    : address_(address), name_(QStringLiteral("kinglet-appearance")) {}

AppearancePortal::~AppearancePortal() {
    QDBusConnection::disconnectFromBus(name_);
}

void AppearancePortal::start() {
    // The slot's types are looked up by name when the bus is connected to it.
    qRegisterMetaType<QDBusVariant>("QDBusVariant");
    QDBusConnection bus = address_.isEmpty()
                              ? QDBusConnection::connectToBus(QDBusConnection::SessionBus, name_)
                              : QDBusConnection::connectToBus(address_, name_);
    if (!bus.isConnected()) return;
    // Whoever sends it: naming the sender would cost a question to the bus, and nothing hangs on the answer.
    const bool follows = bus.connect(QString(), kPath, kInterface, QStringLiteral("SettingChanged"), this,
                                     SLOT(onSettingChanged(QString, QString, QDBusVariant)));
    if (!follows) qWarning("kinglet: the desktop's appearance is not followed");
    ask(bus);
}

void AppearancePortal::ask(QDBusConnection& bus) {
    QDBusMessage question = QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.portal.Desktop"),
                                                           kPath, kInterface, QStringLiteral("Read"));
    question << kGroup << kKey;
    auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(question), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this](QDBusPendingCallWatcher* done) {
        const QDBusPendingReply<QDBusVariant> reply = *done;
        if (reply.isValid()) emit told(unwrapped(QVariant::fromValue(reply.value())));
        done->deleteLater();
    });
}

void AppearancePortal::onSettingChanged(const QString& group, const QString& key, const QDBusVariant& value) {
    if (group == kGroup && key == kKey) emit told(unwrapped(value.variant()));
}

}  // namespace kinglet::gui
