// The settings portal of a Linux desktop, asked on a thread that may wait for it.
#pragma once

#include <QDBusConnection>
#include <QDBusVariant>
#include <QObject>
#include <QString>

namespace kinglet::gui {

/// Tells the portal's "color-scheme" once it is known and whenever it changes. Lives on a thread of its own:
/// connecting to a bus waits for it.
class AppearancePortal : public QObject {
    Q_OBJECT
  public:
    /// `address` empty: the session's bus.
    explicit AppearancePortal(const QString& address);
    ~AppearancePortal() override;

    void start();

  signals:
    /// 0 no preference, 1 dark, 2 light; newer portals may add others.
    void told(uint scheme);

  private slots:
    void onSettingChanged(const QString& group, const QString& key, const QDBusVariant& value);

  private:
    void ask(QDBusConnection& bus);

    QString address_;
    QString name_;
};

}  // namespace kinglet::gui
