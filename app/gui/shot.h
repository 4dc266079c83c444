// Saves a picture of the window.
#pragma once

#include <QObject>
#include <QPointer>
#include <QQuickWindow>
#include <QString>

namespace kinglet::gui {

/// Waits until the window is quiet, saves what it shows, and ends the program: with 0, or 1 where it could
/// not.
class Photographer : public QObject {
    Q_OBJECT
  public:
    Photographer(QQuickWindow* window, const QString& file, QObject* parent = nullptr);
    /// Call when the scene stands. Animations get time to end.
    void shoot();

  private:
    void shootWhenQuiet();

    QPointer<QQuickWindow> window_;
    QString file_;
    int frames_ = 0;
    bool settled_ = false;
    bool done_ = false;
};

}  // namespace kinglet::gui
