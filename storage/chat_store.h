#pragma once

#include <QDateTime>
#include <QFuture>
#include <QString>

#include "storage/result.h"
#include "storage/types.h"

namespace kinglet::storage {

class Database;

/// Chats and their trees of messages. Thread-safe, never blocks; work runs in the order it was asked for.
/// What a future reports as done is on the disk and survives a crash and a power loss.
class ChatStore {
  public:
    explicit ChatStore(Database& database) : m_database(database) {}

    // Chats
    QFuture<Result<Chat>> create(const NewChat& chat);
    /// Newest first, deleted ones left out. `search`: every word of it occurs in the title, whatever the
    /// case. `limit` 0: all.
    QFuture<Result<QList<ChatSummary>>> list(const QString& search = {}, int limit = 0, int offset = 0);
    QFuture<Result<Chat>> chat(qint64 chatId);
    QFuture<Result<void>> rename(qint64 chatId, const QString& title);
    QFuture<Result<void>> setModel(qint64 chatId, const QString& model);
    QFuture<Result<void>> setSettings(qint64 chatId, const QJsonObject& settings);
    QFuture<Result<void>> saveDraft(qint64 chatId, const QString& draft);
    /// Hides the chat from list(); restore() brings it back until purgeDeleted() has taken it.
    QFuture<Result<void>> remove(qint64 chatId);
    QFuture<Result<void>> restore(qint64 chatId);
    /// Hides every chat, all or none; answers with the ids that it hid.
    QFuture<Result<QList<qint64>>> removeAll();
    /// Brings back those of `chatIds` that are still there, all or none.
    QFuture<Result<void>> restoreAll(const QList<qint64>& chatIds);
    /// Erases for good what was deleted before `before` (secure_delete overwrites it). Answers how many
    /// chats.
    QFuture<Result<int>> purgeDeleted(const QDateTime& before);

    // Messages
    /// The selected branch of a chat with its messages, root first.
    QFuture<Result<ChatPath>> path(qint64 chatId);
    /// The whole tree of a chat in order of id, for export and for tests.
    QFuture<Result<QList<Message>>> messages(qint64 chatId);
    /// Appends a message (a user's message, a notice). To edit one, append with `parentId` = the edited one's
    /// parent.
    QFuture<Result<Message>> append(const NewMessage& message);
    /// Adds an empty answer with status Streaming under `parentId` (the user's message, or in a text the
    /// message that it goes on from) and selects it. Calling it again for the same parent regenerates: the
    /// answers are siblings.
    QFuture<Result<Message>> startAnswer(qint64 chatId, qint64 parentId, const QString& model,
                                         const QJsonObject& settings = {});
    /// Keeps the answer's text so far; call it about once a second. Refused (Invalid) once the answer is
    /// finished.
    QFuture<Result<void>> checkpointAnswer(qint64 messageId, const QString& content,
                                           const QString& thinking = {});
    /// Ends an answer. Refused (Invalid) for one that is not Streaming.
    QFuture<Result<Message>> finishAnswer(qint64 messageId, const AnswerEnd& end);
    /// Selects the sibling `delta` places away (clamped to the ends) and answers with the new path, which
    /// goes on below it as it was when last selected.
    QFuture<Result<ChatPath>> selectBranch(qint64 messageId, int delta);
    /// Ends the selected branch with this message (0: before the first), whatever comes below it, until a
    /// message is added or a branch selected.
    QFuture<Result<void>> showUpTo(qint64 chatId, qint64 messageId);
    /// Selects the branch through this message.
    QFuture<Result<ChatPath>> selectMessage(qint64 messageId);

  private:
    Database& m_database;
};

}  // namespace kinglet::storage
