// How far the downloads are, on the program's button in the desktop's taskbar or dock.
#pragma once

#include <QString>

namespace kinglet::gui {

/// Speaks Unity's launcher protocol, which the docks and taskbars of GNOME (with Dash to Dock), KDE, Unity,
/// Cinnamon and others read; where there is no D-Bus nothing happens. May wait for the bus: not for the
/// window's thread.
class TaskbarProgress {
  public:
    /// `address` of the bus; empty: that of the session.
    explicit TaskbarProgress(QString address = {});
    ~TaskbarProgress();
    TaskbarProgress(const TaskbarProgress&) = delete;
    TaskbarProgress& operator=(const TaskbarProgress&) = delete;

    /// `progress` from 0 to 1 of `count` downloads; a count of 0 takes it away.
    void show(double progress, int count);

  private:
    QString address_;
    int percent_ = -1;
    int count_ = 0;
    bool connected_ = false;
};

}  // namespace kinglet::gui
