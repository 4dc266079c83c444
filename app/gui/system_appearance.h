// Whether the desktop asks for light or dark.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QString>

class QThread;

namespace kinglet::gui {

/// Follows the desktop's preference: what Qt knows of it (6.5 and newer), else on Linux the settings portal
/// (org.freedesktop.portal.Settings, "color-scheme" of org.freedesktop.appearance). The bus is spoken to on
/// a thread of its own, so one that does not answer holds up nothing.
class SystemAppearance : public QObject {
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(Scheme scheme READ scheme NOTIFY schemeChanged)
  public:
    /// The portal's numbers.
    enum Scheme { Unknown = 0, Dark = 1, Light = 2 };
    Q_ENUM(Scheme)

    /// Asks the session bus, but not where there is no desktop (platform "offscreen" or "minimal").
    explicit SystemAppearance(QObject* parent = nullptr);
    /// For tests: asks the bus at this address.
    explicit SystemAppearance(const QString& busAddress, QObject* parent = nullptr);
    ~SystemAppearance() override;

    /// Unknown until the desktop has answered, and where it has no preference.
    Scheme scheme() const;

  signals:
    void schemeChanged();

  private:
    void followQt();
    void followPortal(const QString& busAddress);
    void setSchemes(Scheme fromQt, Scheme fromPortal);

    Scheme fromQt_ = Unknown;
    Scheme fromPortal_ = Unknown;
    QThread* thread_ = nullptr;
};

}  // namespace kinglet::gui
