#include "storage/chat_rows.h"

#include <QHash>
#include <QUuid>
#include <algorithm>

namespace kinglet::storage {

namespace {

QString messageColumns() {
    return QStringLiteral(
        "id, uuid, chat_id, parent_id, role, status, content, created_at, model, settings, thinking, "
        "thinking_seconds, "
        "prompt_tokens, answer_tokens, tokens_per_second, first_token_ms, error");
}

Message messageOf(const Query& row) {
    Message message;
    message.id = row.integer(0);
    message.uuid = row.text(1);
    message.chatId = row.integer(2);
    message.parentId = row.integer(3);
    message.role = roleFromName(row.text(4)).value_or(Role::Notice);
    message.status = statusFromName(row.text(5)).value_or(MessageStatus::Complete);
    message.content = row.text(6);
    message.created = row.time(7);
    message.model = row.text(8);
    message.settings = row.json(9);
    message.thinking = row.text(10);
    message.thinkingSeconds = row.real(11);
    message.promptTokens = static_cast<int>(row.integer(12));
    message.answerTokens = static_cast<int>(row.integer(13));
    message.tokensPerSecond = row.real(14);
    message.firstTokenMs = row.real(15);
    message.error = row.json(16);
    return message;
}

Error noSuch(const QString& what) {
    return {ErrorCode::NotFound, QStringLiteral("This %1 is no longer there.").arg(what), {}, {}};
}

}  // namespace

QString roleName(Role role) {
    switch (role) {
        case Role::System:
            return QStringLiteral("system");
        case Role::User:
            return QStringLiteral("user");
        case Role::Assistant:
            return QStringLiteral("assistant");
        case Role::Notice:
            break;
    }
    return QStringLiteral("notice");
}

std::optional<Role> roleFromName(const QString& name) {
    for (const Role role : {Role::System, Role::User, Role::Assistant, Role::Notice}) {
        if (roleName(role) == name) return role;
    }
    return std::nullopt;
}

QString statusName(MessageStatus status) {
    switch (status) {
        case MessageStatus::Complete:
            return QStringLiteral("complete");
        case MessageStatus::Streaming:
            return QStringLiteral("streaming");
        case MessageStatus::Stopped:
            return QStringLiteral("stopped");
        case MessageStatus::Error:
            return QStringLiteral("error");
        case MessageStatus::Interrupted:
            break;
    }
    return QStringLiteral("interrupted");
}

std::optional<MessageStatus> statusFromName(const QString& name) {
    for (const MessageStatus status :
         {MessageStatus::Complete, MessageStatus::Streaming, MessageStatus::Stopped, MessageStatus::Error,
          MessageStatus::Interrupted}) {
        if (statusName(status) == name) return status;
    }
    return std::nullopt;
}

QString kindName(ChatKind kind) {
    return kind == ChatKind::Text ? QStringLiteral("text") : QStringLiteral("chat");
}

std::optional<ChatKind> kindFromName(const QString& name) {
    for (const ChatKind kind : {ChatKind::Chat, ChatKind::Text}) {
        if (kindName(kind) == name) return kind;
    }
    return std::nullopt;
}

QString newUuid() {
    return QUuid::createUuid().toString(QUuid::WithoutBraces);
}

QString folded(const QString& text) {
    // Through upper case first, since Qt folds one character to one only: "ß" meets "SS" there. What that
    // leaves apart is composed again.
    return text.normalized(QString::NormalizationForm_KC)
        .toUpper()
        .toCaseFolded()
        .normalized(QString::NormalizationForm_KC);
}

QString previewOf(const QString& content) {
    QString line = content.left(600).simplified().left(120);
    if (!line.isEmpty() && line.back().isHighSurrogate()) line.chop(1);
    return line;
}

const TreeNode* Tree::find(qint64 id) const {
    const auto found = std::lower_bound(nodes.begin(), nodes.end(), id,
                                        [](const TreeNode& node, qint64 wanted) { return node.id < wanted; });
    return found != nodes.end() && found->id == id ? &*found : nullptr;
}

QList<qint64> Tree::childrenOf(qint64 id) const {
    QList<qint64> children;
    for (const TreeNode& node : nodes) {
        if (node.parentId == id) children << node.id;
    }
    return children;
}

QList<qint64> Tree::selectedPath() const {
    QHash<qint64, qint64> newestChild;
    for (const TreeNode& node : nodes) newestChild.insert(node.parentId, node.id);
    QList<qint64> path;
    qint64 at = 0;
    qint64 wanted = selectedRootId;
    while (newestChild.contains(at) && shownEndId != at) {
        const TreeNode* next = find(wanted);
        if (!next || next->parentId != at) next = find(newestChild.value(at));
        path << next->id;
        at = next->id;
        wanted = next->selectedChildId;
    }
    return path;
}

Result<Chat> readChat(Connection& connection, qint64 chatId) {
    Query query(connection,
                QStringLiteral("SELECT id, uuid, title, preview, created_at, updated_at, model, settings, "
                               "draft, deleted_at, kind FROM chats WHERE id = ?"));
    query.bind(chatId);
    if (!query.next()) return query.ok() ? noSuch(QStringLiteral("chat")) : query.error();
    Chat chat;
    chat.id = query.integer(0);
    chat.uuid = query.text(1);
    chat.title = query.text(2);
    chat.preview = query.text(3);
    chat.created = query.time(4);
    chat.updated = query.time(5);
    chat.model = query.text(6);
    chat.settings = query.json(7);
    chat.draft = query.text(8);
    chat.deleted = query.time(9);
    chat.kind = kindFromName(query.text(10)).value_or(ChatKind::Chat);
    return chat;
}

Result<Tree> readTree(Connection& connection, qint64 chatId) {
    Tree tree;
    Query root(connection, QStringLiteral("SELECT selected_root_id, shown_end_id FROM chats WHERE id = ?"));
    root.bind(chatId);
    if (!root.next()) return root.ok() ? noSuch(QStringLiteral("chat")) : root.error();
    tree.selectedRootId = root.integer(0);
    if (!root.isNull(1)) tree.shownEndId = root.integer(1);
    Query query(connection,
                QStringLiteral("SELECT id, parent_id, selected_child_id FROM messages WHERE chat_id = ? "
                               "ORDER BY id"));
    query.bind(chatId);
    while (query.next()) tree.nodes << TreeNode{query.integer(0), query.integer(1), query.integer(2)};
    if (!query.ok()) return query.error();
    return tree;
}

Result<ChatPath> readPath(Connection& connection, qint64 chatId) {
    ChatPath path;
    auto chat = readChat(connection, chatId);
    if (!chat) return chat.error();
    path.chat = *chat;
    const auto tree = readTree(connection, chatId);
    if (!tree) return tree.error();
    // Counted once for the whole tree: asking childrenOf() for every message would be quadratic.
    QHash<qint64, int> siblings;
    QHash<qint64, int> place;
    for (const TreeNode& node : tree->nodes) place.insert(node.id, ++siblings[node.parentId]);
    Query query(connection, QStringLiteral("SELECT %1 FROM messages WHERE id = ?").arg(messageColumns()));
    for (const qint64 id : tree->selectedPath()) {
        query.bind(id);
        if (!query.next()) return query.ok() ? noSuch(QStringLiteral("message")) : query.error();
        Message message = messageOf(query);
        message.branchIndex = place.value(id);
        message.branchCount = siblings.value(message.parentId);
        path.messages << message;
        query.next();  // reaches the end, so that the statement can be run again
    }
    return path;
}

Result<Message> readMessage(Connection& connection, qint64 messageId) {
    Query query(connection, QStringLiteral("SELECT %1 FROM messages WHERE id = ?").arg(messageColumns()));
    query.bind(messageId);
    if (!query.next()) return query.ok() ? noSuch(QStringLiteral("message")) : query.error();
    Message message = messageOf(query);
    Query count(connection, QStringLiteral("SELECT count(*), count(*) FILTER (WHERE id <= ?) FROM messages "
                                           "WHERE chat_id = ? AND parent_id IS ?"));
    count.bind(messageId).bind(message.chatId).bindIdOrNull(message.parentId);
    if (!count.next()) return count.error();
    message.branchCount = static_cast<int>(count.integer(0));
    message.branchIndex = static_cast<int>(count.integer(1));
    return message;
}

Result<QList<Message>> readMessages(Connection& connection, qint64 chatId) {
    QList<Message> messages;
    QHash<qint64, int> siblings;
    Query query(
        connection,
        QStringLiteral("SELECT %1 FROM messages WHERE chat_id = ? ORDER BY id").arg(messageColumns()));
    query.bind(chatId);
    while (query.next()) {
        messages << messageOf(query);
        messages.last().branchIndex = ++siblings[messages.last().parentId];
    }
    if (!query.ok()) return query.error();
    for (Message& message : messages) message.branchCount = siblings.value(message.parentId);
    return messages;
}

Result<qint64> insertChat(Connection& connection, const Chat& chat) {
    Query query(
        connection,
        QStringLiteral("INSERT INTO chats (uuid, title, title_folded, preview, created_at, updated_at, "
                       "model, settings, draft, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    query.bind(chat.uuid).bind(chat.title).bind(folded(chat.title)).bind(chat.preview).bind(chat.created);
    query.bind(chat.updated).bind(chat.model).bind(chat.settings).bind(chat.draft);
    query.bind(kindName(chat.kind));
    if (const auto done = query.run(); !done) return done.error();
    return connection.lastInsertId();
}

Result<qint64> insertMessage(Connection& connection, const Message& message) {
    Query query(
        connection,
        QStringLiteral(
            "INSERT INTO messages (uuid, chat_id, parent_id, role, status, content, created_at, model, "
            "settings, thinking, thinking_seconds, prompt_tokens, answer_tokens, tokens_per_second, "
            "first_token_ms, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    query.bind(message.uuid).bind(message.chatId).bindIdOrNull(message.parentId).bind(roleName(message.role));
    query.bind(statusName(message.status)).bind(message.content).bind(message.created).bind(message.model);
    query.bind(message.settings)
        .bind(message.thinking)
        .bind(message.thinkingSeconds)
        .bind(message.promptTokens);
    query.bind(message.answerTokens)
        .bind(message.tokensPerSecond)
        .bind(message.firstTokenMs)
        .bind(message.error);
    if (const auto done = query.run(); !done) return done.error();
    return connection.lastInsertId();
}

Result<void> select(Connection& connection, const Message& message) {
    const bool root = message.parentId == 0;
    Query query(connection, root ? QStringLiteral("UPDATE chats SET selected_root_id = ? WHERE id = ?")
                                 : QStringLiteral("UPDATE messages SET selected_child_id = ? WHERE id = ?"));
    return query.bind(message.id).bind(root ? message.chatId : message.parentId).run();
}

Result<void> selectUpwards(Connection& connection, const Message& message) {
    const auto tree = readTree(connection, message.chatId);
    if (!tree) return tree.error();
    Message step = message;
    while (true) {
        const TreeNode* parent = tree->find(step.parentId);
        // Mostly selected already: only what differs is written, or a long chat would be rewritten at every
        // message.
        const qint64 selected = parent ? parent->selectedChildId : tree->selectedRootId;
        if (selected != step.id) {
            if (auto done = select(connection, step); !done) return done;
        }
        if (!parent) break;
        step.id = parent->id;
        step.parentId = parent->parentId;
    }
    return tree->shownEndId ? setShownEnd(connection, message.chatId, std::nullopt) : Result<void>();
}

Result<void> setShownEnd(Connection& connection, qint64 chatId, std::optional<qint64> messageId) {
    Query query(connection, messageId ? QStringLiteral("UPDATE chats SET shown_end_id = ? WHERE id = ?")
                                      : QStringLiteral("UPDATE chats SET shown_end_id = NULL WHERE id = ?"));
    if (messageId) query.bind(*messageId);
    return query.bind(chatId).run();
}

Result<void> noteNews(Connection& connection, qint64 chatId, const QString& content, const QDateTime& when) {
    // Never backwards, so that a clock that was set back does not bury the chat in the list.
    Query query(connection,
                QStringLiteral("UPDATE chats SET preview = ?, updated_at = max(updated_at, ?) WHERE id = ?"));
    return query.bind(previewOf(content)).bind(when).bind(chatId).run();
}

}  // namespace kinglet::storage
