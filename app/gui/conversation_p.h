// The inside of Conversation.
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QTimer>

#include "app/gui/answers.h"
#include "app/gui/conversation.h"
#include "app/gui/conversation_services.h"
#include "app/gui/message_rows.h"
#include "app/gui/text_page.h"
#include "storage/types.h"

namespace kinglet::gui {

/// State and steps of Conversation; a QObject, so that what comes later finds it gone when it is gone.
class ConversationPrivate : public QObject {
    Q_OBJECT
  public:
    /// Cards that are no messages are shown under this id.
    static constexpr qint64 cardId = -2;

    ConversationPrivate(Conversation& conversation, const ConversationServices& services);

    // conversation_p.cpp: showing
    void open(qint64 chatId);
    void show(const storage::ChatPath& path);
    void rebuildRows();
    void updateStreamingRow();
    CardContext cardContext() const;
    const storage::Message* lastOf(storage::Role role) const;
    void saveDraft();
    void noteChatInList();
    bool isText() const { return chat.kind == storage::ChatKind::Text; }
    void followModel();

    // conversation_actions.cpp: doing
    bool send(const QString& text);
    void goOn(const QString& rest, qint64 parentId, const QJsonObject& settings);
    void createChat(const QString& text, const QJsonObject& settings = {});
    void appendMessage(const QString& text, std::optional<qint64> parentId, const QJsonObject& settings = {});
    void answer(qint64 parentId);
    void regenerate(qint64 messageId);
    void edit(qint64 messageId, const QString& newText);
    void selectBranch(qint64 messageId, int delta);
    void retry();
    void errorAction(qint64 messageId, const QString& action);
    void changeContext(int tokens);
    void onJobStarted(AnswerJob* job);
    void onJobEnded(AnswerJob* job);
    void onModelSettled();
    void takeFinished(const AnswerJob& job);
    void failedToSave(const storage::Error& error, const QString& text);

    // conversation_settings.cpp: this chat's settings and its context
    QJsonValue setting(const char* key) const;
    /// What is no different from what holds without it is not kept.
    void setSetting(const char* key, const QJsonValue& value);
    void saveSettings();
    void measureSoon();
    void measure();
    void onMeasured(const Outcome& outcome);
    int effectiveContextLength() const;
    QString sendBlockedReason() const;

    Conversation& q;
    ConversationServices s;
    MessageListModel messages;
    TextPage page{*this};  ///< what is shown in place of messages where the chat is a text

    storage::Chat chat;                                   ///< id 0: not saved yet
    QList<storage::Message> path;                         ///< of the branch that is shown
    QString draft;                                        ///< of a text: all of it, saved or not
    storage::ChatKind newKind = storage::ChatKind::Chat;  ///< what a new chat is, by the model
    bool loading = false;
    bool sending = false;         ///< a message is on its way to the database
    bool stopWanted = false;      ///< stop() came before the answer had begun
    quint64 serial = 0;           ///< counts the chats opened: what was asked for an earlier one is dropped
    std::optional<Failure> card;  ///< shown after the last message
    QHash<qint64, Failure> failures;  ///< of the last answer of a chat that left nothing to keep
    AnswerJob* job = nullptr;         ///< of this chat

    QTimer draftTimer;
    QTimer settingsTimer;
    QTimer measureTimer;
    RequestId measureRequest = 0;
    int contextUsed = 0;
    int contextLimit = 0;
    qint64 contextBytes = 0;
    double tokensPerSecond = 0;
    int firstTokenMs = 0;
};

}  // namespace kinglet::gui
