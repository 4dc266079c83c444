// What tests of the view models share: a context on a scripted engine and a real database in a temporary
// folder.
#pragma once

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <memory>

#include "app/gui/app_context.h"
#include "app/gui/fake_engine.h"

namespace kinglet::gui {

/// One run of the program. Build another on the same folder for a restart.
class AppRun {
  public:
    /// `model` is loaded at the start; empty: none, as in a first run.
    explicit AppRun(const QString& dataFolder, const QString& model = QStringLiteral("/models/fake.gguf"),
                    const std::function<void(FakeEngine&)>& script = {});
    ~AppRun();

    AppContext& app() { return *app_; }
    FakeEngine& engine() { return *engine_; }
    Conversation& chat() { return *app_->conversation(); }
    MessageListModel& messages() { return *app_->conversation()->messages(); }
    ChatListModel& chats() { return *app_->chats(); }

    bool waitReady();
    bool waitIdle();
    /// Sends and waits for the end of the answer.
    bool ask(const QString& text);
    /// Invalid where there is no such row (yet).
    QVariant at(int row, int role) {
        return row < messages().count() ? messages().data(messages().index(row), role) : QVariant();
    }
    QString text(int row) { return at(row, MessageListModel::TextRole).toString(); }
    QString id(int row) { return at(row, MessageListModel::MessageIdRole).toString(); }
    QStringList texts();
    QString lastNotice() const { return notices_.isEmpty() ? QString() : notices_.last().at(0).toString(); }
    int lastNoticeId() const { return notices_.isEmpty() ? 0 : notices_.last().at(2).toInt(); }

  private:
    FakeEngine* engine_ = nullptr;
    std::unique_ptr<AppContext> app_;
    QSignalSpy notices_;
};

}  // namespace kinglet::gui
