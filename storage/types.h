#pragma once

#include <QDateTime>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <optional>

namespace kinglet::storage {

/// Who wrote a message. A Notice is Kinglet's own line in a conversation (an error before an answer began,
/// say) and is never part of a prompt.
enum class Role { System, User, Assistant, Notice };

/// How far a message has come. Streaming exists only while an answer is being written; opening the database
/// turns what was left in Streaming into Interrupted.
enum class MessageStatus { Complete, Streaming, Stopped, Error, Interrupted };

/// What a chat is for good: turns of two sides, or one text that a person and a model write. The text is the
/// messages of the branch that is shown, one after the other with nothing between; what the model wrote are
/// its Assistant messages.
enum class ChatKind { Chat, Text };

/// One message of a chat's tree. Ids stay the same for the life of the database; uuids stay the same across
/// export and import.
struct Message {
    qint64 id = 0;
    QString uuid;
    qint64 chatId = 0;
    qint64 parentId = 0;  ///< 0: a root of the tree
    Role role = Role::User;
    MessageStatus status = MessageStatus::Complete;
    QString content;
    QDateTime created;  ///< UTC
    QString model;      ///< name of the model that answered
    QJsonObject settings;
    QString thinking;  ///< a reasoning model's thoughts, apart from the answer
    double thinkingSeconds = 0;
    int promptTokens = 0;
    int answerTokens = 0;
    double tokensPerSecond = 0;
    double firstTokenMs = 0;
    QJsonObject error;    ///< what went wrong, in the caller's own terms; empty if nothing did
    int branchIndex = 1;  ///< place among its siblings, from 1
    int branchCount = 1;  ///< how many siblings there are, itself included
};

/// A chat without its messages.
struct Chat {
    qint64 id = 0;
    QString uuid;
    ChatKind kind = ChatKind::Chat;
    QString title;
    QString preview;    ///< one line of the newest message
    QDateTime created;  ///< UTC
    QDateTime updated;  ///< UTC, of the newest message
    QString model;      ///< path of the model last used in it
    QJsonObject settings;
    QString draft;
    QDateTime deleted;  ///< invalid: not deleted
};

/// What the list of chats shows: everything but settings and draft, so that thousands load quickly.
struct ChatSummary {
    qint64 id = 0;
    QString title;
    QString preview;
    QDateTime created;
    QDateTime updated;
    QString model;
    bool hasDraft = false;
};

/// A chat with the messages of its selected branch, root first, up to where ChatStore::showUpTo ended it.
struct ChatPath {
    Chat chat;
    QList<Message> messages;
    qint64 leafId() const { return messages.isEmpty() ? 0 : messages.last().id; }
};

/// What a new chat starts with. Everything may be left empty.
struct NewChat {
    QString title;
    QString model;
    QJsonObject settings;
    QString draft;
    ChatKind kind = ChatKind::Chat;
};

/// A message to append. `parentId` says where: no value means after the selected branch's last message, 0
/// means a new root, an id means a new child of that message (a sibling of the children it has). The new
/// message becomes the selected one.
struct NewMessage {
    qint64 chatId = 0;
    std::optional<qint64> parentId;
    Role role = Role::User;
    QString content;
    QString model;
    QJsonObject settings;
    QJsonObject error;        ///< for a Notice
    bool clearDraft = false;  ///< empties the chat's draft in the same transaction
};

/// How an answer ended. `content` is the whole answer, not what was added since the last checkpoint.
struct AnswerEnd {
    MessageStatus status = MessageStatus::Complete;  ///< anything but Streaming
    QString content;
    QString thinking;
    double thinkingSeconds = 0;
    int promptTokens = 0;
    int answerTokens = 0;
    double tokensPerSecond = 0;
    double firstTokenMs = 0;
    QJsonObject error;
};

/// A model file that Kinglet has seen. `path` identifies it; size and modification time tell whether the
/// cached metadata still describes the file.
struct ModelRecord {
    qint64 id = 0;
    QString path;
    qint64 size = 0;
    QDateTime modified;  ///< UTC
    QJsonObject metadata;
    QString problem;           ///< one sentence, empty if it loads
    QDateTime lastUsed;        ///< UTC, invalid if never
    double measuredSpeed = 0;  ///< tokens a second, 0 if never measured
    bool hidden = false;       ///< removed from the library by the user; the file is still there
    QJsonObject settings;      ///< what the person set for this model
};

}  // namespace kinglet::storage
