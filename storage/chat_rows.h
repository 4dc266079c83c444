#pragma once

#include <QList>
#include <QString>
#include <optional>

#include "storage/connection.h"
#include "storage/types.h"

namespace kinglet::storage {

// Chats and messages as rows. Everything here runs on the database thread, inside whatever transaction the
// caller has open.

QString roleName(Role role);
std::optional<Role> roleFromName(const QString& name);
QString statusName(MessageStatus status);
std::optional<MessageStatus> statusFromName(const QString& name);

QString kindName(ChatKind kind);
std::optional<ChatKind> kindFromName(const QString& name);

QString newUuid();
/// The form in which titles are compared: compatibility-composed and case-folded.
QString folded(const QString& text);
/// One line of at most 120 characters.
QString previewOf(const QString& content);

/// Where a tree branches, without the texts.
struct TreeNode {
    qint64 id = 0;
    qint64 parentId = 0;
    qint64 selectedChildId = 0;
};

/// A chat's tree and the branch that is selected in it.
struct Tree {
    QList<TreeNode> nodes;  ///< in order of id, so that parents precede children
    qint64 selectedRootId = 0;
    std::optional<qint64> shownEndId;  ///< the selected branch goes no further than this; 0: has no message

    const TreeNode* find(qint64 id) const;
    /// The children of a node (0: the roots), oldest first.
    QList<qint64> childrenOf(qint64 id) const;
    /// Ids from the root to the leaf of the selected branch.
    QList<qint64> selectedPath() const;
};

Result<Chat> readChat(Connection& connection, qint64 chatId);
Result<Tree> readTree(Connection& connection, qint64 chatId);
Result<ChatPath> readPath(Connection& connection, qint64 chatId);
/// Branch numbers filled in by counting siblings.
Result<Message> readMessage(Connection& connection, qint64 messageId);
/// The whole tree, in order of id; branch numbers filled in.
Result<QList<Message>> readMessages(Connection& connection, qint64 chatId);

/// Answers with the new id. The uuid must be set.
Result<qint64> insertChat(Connection& connection, const Chat& chat);
Result<qint64> insertMessage(Connection& connection, const Message& message);
/// Makes the message the one that its parent (or the chat) goes on with.
Result<void> select(Connection& connection, const Message& message);
/// Makes every message from the root down to this one the selected one of its siblings, and lets the branch
/// go on below it as far as it goes.
Result<void> selectUpwards(Connection& connection, const Message& message);
/// Ends the selected branch with a message (0: before the first); none: nowhere.
Result<void> setShownEnd(Connection& connection, qint64 chatId, std::optional<qint64> messageId);
/// Sets the chat's preview and time of change.
Result<void> noteNews(Connection& connection, qint64 chatId, const QString& content, const QDateTime& when);

}  // namespace kinglet::storage
