// Chats, models and a scripted engine to show the window with: --demo, --shot, and tests of the window.
#pragma once

#include <QObject>
#include <QSize>
#include <QString>
#include <QStringList>

#include "app/gui/app_context.h"

namespace kinglet::gui {

class FakeEngine;

/// Options for a context on demo data: nothing touches the disk.
AppOptions demoOptions();

/// The scenes that Director knows.
QStringList sceneNames();
/// The size that a scene is meant for.
QSize sceneSize(const QString& scene);
/// Options for one scene: demoOptions(), changed where the scene needs it.
AppOptions sceneOptions(const QString& scene);

/// Brings a context made of sceneOptions() into the state of a scene, step by step as its signals come.
class Director : public QObject {
    Q_OBJECT
  public:
    Director(AppContext& app, const QString& scene, QObject* parent = nullptr);
    /// Call once the window stands; finished() follows when the scene does.
    void play();

  signals:
    void finished();

  private:
    void openChat(const QString& title);
    void check();
    void dress();
    bool modelStands() const;
    bool answerIsUnderWay() const;

    AppContext& app_;
    QString scene_;
    QString chat_;
    QString page_;
    bool asks_ = false;
    bool opened_ = false;
    bool asked_ = false;
    bool done_ = false;
};

}  // namespace kinglet::gui
