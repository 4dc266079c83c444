// The drawn window in a program that is a MonitoredApplication, on chats that were written before.
#pragma once

#include <QQmlApplicationEngine>
#include <QQuickWindow>
#include <QString>
#include <QTemporaryDir>
#include <memory>

#include "app/gui/app_context.h"
#include "storage/chat_store.h"

namespace kinglet::test {

/// Writes a chat of so many questions, each with an answer. False once the database is closed.
bool writeOldChat(storage::ChatStore& store, const QString& title, int turns);

/// The window as main.cpp builds it, on data of its own. What drawing takes is taken off what the application
/// measures: a graphics card does it on other machines.
class MonitoredWindow {
  public:
    /// The folders of `options` are chosen here. Call app->start() to begin.
    explicit MonitoredWindow(gui::AppOptions options);

    QTemporaryDir data;
    std::unique_ptr<gui::AppContext> app;
    QQmlApplicationEngine engine;
    QQuickWindow* window = nullptr;  ///< the engine's
    double longestDrawMs = 0;        ///< of this thread's own time

  private:
    double drawingBegan_ = 0;
};

}  // namespace kinglet::test
