#include "app/gui/system_appearance.h"

#include <QGuiApplication>
#include <QStyleHints>
#include <QThread>

#ifdef KINGLET_HAVE_DBUS
#include "app/gui/appearance_portal.h"
#endif

namespace kinglet::gui {

SystemAppearance::SystemAppearance(QObject* parent) : QObject(parent) {
    const QString platform = QGuiApplication::platformName();
    if (platform == QLatin1String("offscreen") || platform == QLatin1String("minimal")) return;
    followQt();
    followPortal({});
}

SystemAppearance::SystemAppearance(const QString& busAddress, QObject* parent) : QObject(parent) {
    followPortal(busAddress);
}

SystemAppearance::~SystemAppearance() {
    if (!thread_) return;
    thread_->quit();
    // A bus that hangs while it is connected to is left to itself: the window closes all the same.
    constexpr unsigned long patienceMs = 1000;
    if (thread_->wait(patienceMs)) delete thread_;
}

SystemAppearance::Scheme SystemAppearance::scheme() const {
    return fromQt_ != Unknown ? fromQt_ : fromPortal_;
}

void SystemAppearance::setSchemes(Scheme fromQt, Scheme fromPortal) {
    const Scheme before = scheme();
    fromQt_ = fromQt;
    fromPortal_ = fromPortal;
    if (scheme() != before) emit schemeChanged();
}

void SystemAppearance::followQt() {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const auto take = [this](Qt::ColorScheme scheme) {
        setSchemes(scheme == Qt::ColorScheme::Dark    ? Dark
                   : scheme == Qt::ColorScheme::Light ? Light
                                                      : Unknown,
                   fromPortal_);
    };
    connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, take);
    take(QGuiApplication::styleHints()->colorScheme());
#endif
}

void SystemAppearance::followPortal(const QString& busAddress) {
#ifdef KINGLET_HAVE_DBUS
    thread_ = new QThread;
    thread_->setObjectName(QStringLiteral("appearance"));
    auto* portal = new AppearancePortal(busAddress);
    portal->moveToThread(thread_);
    connect(thread_, &QThread::started, portal, &AppearancePortal::start);
    connect(thread_, &QThread::finished, portal, &QObject::deleteLater);
    connect(portal, &AppearancePortal::told, this, [this](uint value) {
        setSchemes(fromQt_, value == 1 ? Dark : value == 2 ? Light : Unknown);
    });
    thread_->start(QThread::LowPriority);
#else
    Q_UNUSED(busAddress)
#endif
}

}  // namespace kinglet::gui
