#include "storage/chat_store.h"

#include <QDateTime>
#include <algorithm>

#include "storage/chat_rows.h"
#include "storage/connection.h"
#include "storage/database.h"

namespace kinglet::storage {

namespace {

/// `update` changes exactly the one row of a chat.
Result<void> changeOne(Query& update) {
    if (auto done = update.run(); !done) return done;
    if (update.rowsAffected() == 1) return {};
    return Error{ErrorCode::NotFound, QStringLiteral("This chat is no longer there."), {}, {}};
}

Error invalid(const QString& message) {
    return {ErrorCode::Invalid, message, {}, {}};
}

/// Where a new message goes: checked, because the tree must stay a tree.
Result<qint64> placeFor(Connection& connection, qint64 chatId, std::optional<qint64> wanted) {
    if (!wanted) {
        const auto tree = readTree(connection, chatId);
        if (!tree) return tree.error();
        const QList<qint64> path = tree->selectedPath();
        return path.isEmpty() ? qint64(0) : path.last();
    }
    if (*wanted == 0) return qint64(0);
    const auto parent = readMessage(connection, *wanted);
    if (!parent) return parent.error();
    if (parent->chatId != chatId)
        return invalid(QStringLiteral("A message cannot answer one of another chat."));
    return *wanted;
}

/// Inserts, selects and dates a new message, all in one transaction.
Result<Message> appendMessage(Connection& connection, Message message, std::optional<qint64> parent,
                              bool clearDraft) {
    Transaction transaction(connection);
    if (!transaction.begun()) return transaction.begun().error();
    if (const auto chat = readChat(connection, message.chatId); !chat) return chat.error();
    const auto place = placeFor(connection, message.chatId, parent);
    if (!place) return place.error();
    message.parentId = *place;
    message.uuid = newUuid();
    message.created = QDateTime::currentDateTimeUtc();
    const auto id = insertMessage(connection, message);
    if (!id) return id.error();
    message.id = *id;
    if (const auto done = selectUpwards(connection, message); !done) return done.error();
    // An answer that has only begun has no line to show; the question stays until it is finished.
    if (message.status != MessageStatus::Streaming) {
        if (const auto done = noteNews(connection, message.chatId, message.content, message.created); !done) {
            return done.error();
        }
    }
    if (clearDraft) {
        Query draft(connection, QStringLiteral("UPDATE chats SET draft = '' WHERE id = ?"));
        if (const auto done = draft.bind(message.chatId).run(); !done) return done.error();
    }
    auto stored = readMessage(connection, *id);
    if (const auto done = transaction.commit(); !done) return done.error();
    return stored;
}

Result<void> requireStreaming(Connection& connection, qint64 messageId) {
    const auto message = readMessage(connection, messageId);
    if (!message) return message.error();
    if (message->status == MessageStatus::Streaming) return {};
    return invalid(QStringLiteral("This answer is already finished."));
}

Result<Message> finish(Connection& connection, qint64 messageId, const AnswerEnd& end) {
    if (end.status == MessageStatus::Streaming)
        return invalid(QStringLiteral("An answer cannot end as unfinished."));
    Transaction transaction(connection);
    if (!transaction.begun()) return transaction.begun().error();
    if (const auto streaming = requireStreaming(connection, messageId); !streaming) return streaming.error();
    Query update(
        connection,
        QStringLiteral(
            "UPDATE messages SET status = ?, content = ?, thinking = ?, thinking_seconds = ?, "
            "prompt_tokens = ?, answer_tokens = ?, tokens_per_second = ?, first_token_ms = ?, error = ? "
            "WHERE id = ?"));
    update.bind(statusName(end.status)).bind(end.content).bind(end.thinking).bind(end.thinkingSeconds);
    update.bind(end.promptTokens).bind(end.answerTokens).bind(end.tokensPerSecond).bind(end.firstTokenMs);
    update.bind(end.error).bind(messageId);
    if (const auto done = update.run(); !done) return done.error();
    const auto message = readMessage(connection, messageId);
    if (!message) return message;
    if (!end.content.trimmed().isEmpty()) {
        const auto now = QDateTime::currentDateTimeUtc();
        if (const auto done = noteNews(connection, message->chatId, end.content, now); !done)
            return done.error();
    }
    if (const auto done = transaction.commit(); !done) return done.error();
    return message;
}

Result<ChatPath> selectAndRead(Connection& connection, const Message& message) {
    Transaction transaction(connection);
    if (!transaction.begun()) return transaction.begun().error();
    if (const auto done = selectUpwards(connection, message); !done) return done.error();
    auto path = readPath(connection, message.chatId);
    if (const auto done = transaction.commit(); !done) return done.error();
    return path;
}

Result<QList<ChatSummary>> listChats(Connection& connection, const QString& search, int limit, int offset) {
    // instr() on the folded title rather than LIKE: no wildcards to escape, and case folding beyond ASCII.
    const QStringList words = folded(search).split(u' ', Qt::SkipEmptyParts);
    QString sql = QStringLiteral(
        "SELECT id, title, preview, created_at, updated_at, model, draft != '' FROM chats "
        "WHERE deleted_at IS NULL");
    for (int i = 0; i < words.size(); ++i) sql += QStringLiteral(" AND instr(title_folded, ?) > 0");
    sql += QStringLiteral(" ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?");
    Query query(connection, sql);
    for (const QString& word : words) query.bind(word);
    query.bind(limit > 0 ? limit : -1).bind(std::max(0, offset));
    QList<ChatSummary> chats;
    while (query.next()) {
        ChatSummary chat;
        chat.id = query.integer(0);
        chat.title = query.text(1);
        chat.preview = query.text(2);
        chat.created = query.time(3);
        chat.updated = query.time(4);
        chat.model = query.text(5);
        chat.hasDraft = query.integer(6) != 0;
        chats << chat;
    }
    if (!query.ok()) return query.error();
    return chats;
}

Result<int> purge(Connection& connection, const QDateTime& before) {
    Query erase(connection, QStringLiteral("DELETE FROM chats WHERE deleted_at < ?"));
    if (const auto done = erase.bind(before).run(); !done) return done.error();
    const int erased = erase.rowsAffected();
    // secure_delete zeroes the pages in the log first; emptying the log is what takes the old text off the
    // disk. It is no failure of the deletion if that has to wait.
    if (erased > 0) static_cast<void>(connection.exec(QStringLiteral("PRAGMA wal_checkpoint(TRUNCATE)")));
    return erased;
}

}  // namespace

QFuture<Result<Chat>> ChatStore::create(const NewChat& chat) {
    return m_database.run([chat](Connection& connection) -> Result<Chat> {
        Chat row;
        row.uuid = newUuid();
        row.title = chat.title;
        row.created = QDateTime::currentDateTimeUtc();
        row.updated = row.created;
        row.model = chat.model;
        row.settings = chat.settings;
        row.draft = chat.draft;
        row.kind = chat.kind;
        const auto id = insertChat(connection, row);
        if (!id) return id.error();
        return readChat(connection, *id);
    });
}

QFuture<Result<QList<ChatSummary>>> ChatStore::list(const QString& search, int limit, int offset) {
    return m_database.run(
        [=](Connection& connection) { return listChats(connection, search, limit, offset); });
}

QFuture<Result<Chat>> ChatStore::chat(qint64 chatId) {
    return m_database.run([chatId](Connection& connection) { return readChat(connection, chatId); });
}

QFuture<Result<void>> ChatStore::rename(qint64 chatId, const QString& title) {
    return m_database.run([chatId, title](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE chats SET title = ?, title_folded = ? WHERE id = ?"));
        return changeOne(query.bind(title).bind(folded(title)).bind(chatId));
    });
}

QFuture<Result<void>> ChatStore::setModel(qint64 chatId, const QString& model) {
    return m_database.run([chatId, model](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE chats SET model = ? WHERE id = ?"));
        return changeOne(query.bind(model).bind(chatId));
    });
}

QFuture<Result<void>> ChatStore::setSettings(qint64 chatId, const QJsonObject& settings) {
    return m_database.run([chatId, settings](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE chats SET settings = ? WHERE id = ?"));
        return changeOne(query.bind(settings).bind(chatId));
    });
}

QFuture<Result<void>> ChatStore::saveDraft(qint64 chatId, const QString& draft) {
    return m_database.run([chatId, draft](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE chats SET draft = ? WHERE id = ?"));
        return changeOne(query.bind(draft).bind(chatId));
    });
}

QFuture<Result<void>> ChatStore::remove(qint64 chatId) {
    return m_database.run([chatId](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE chats SET deleted_at = ? WHERE id = ?"));
        return changeOne(query.bind(QDateTime::currentDateTimeUtc()).bind(chatId));
    });
}

QFuture<Result<void>> ChatStore::restore(qint64 chatId) {
    return m_database.run([chatId](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE chats SET deleted_at = NULL WHERE id = ?"));
        return changeOne(query.bind(chatId));
    });
}

QFuture<Result<QList<qint64>>> ChatStore::removeAll() {
    return m_database.run([](Connection& connection) -> Result<QList<qint64>> {
        Transaction transaction(connection);
        if (!transaction.begun()) return transaction.begun().error();
        QList<qint64> ids;
        Query shown(connection, QStringLiteral("SELECT id FROM chats WHERE deleted_at IS NULL"));
        while (shown.next()) ids.append(shown.integer(0));
        if (!shown.ok()) return shown.error();
        Query hide(connection, QStringLiteral("UPDATE chats SET deleted_at = ? WHERE deleted_at IS NULL"));
        if (const auto done = hide.bind(QDateTime::currentDateTimeUtc()).run(); !done) return done.error();
        if (const auto done = transaction.commit(); !done) return done.error();
        return ids;
    });
}

QFuture<Result<void>> ChatStore::restoreAll(const QList<qint64>& chatIds) {
    return m_database.run([chatIds](Connection& connection) -> Result<void> {
        Transaction transaction(connection);
        if (!transaction.begun()) return transaction.begun();
        Query show(connection, QStringLiteral("UPDATE chats SET deleted_at = NULL WHERE id = ?"));
        for (const qint64 id : chatIds) {
            if (const auto done = show.bind(id).run(); !done) return done;
        }
        return transaction.commit();
    });
}

QFuture<Result<int>> ChatStore::purgeDeleted(const QDateTime& before) {
    return m_database.run([before](Connection& connection) { return purge(connection, before); });
}

QFuture<Result<ChatPath>> ChatStore::path(qint64 chatId) {
    return m_database.run([chatId](Connection& connection) { return readPath(connection, chatId); });
}

QFuture<Result<QList<Message>>> ChatStore::messages(qint64 chatId) {
    return m_database.run([chatId](Connection& connection) { return readMessages(connection, chatId); });
}

QFuture<Result<Message>> ChatStore::append(const NewMessage& message) {
    return m_database.run([message](Connection& connection) {
        Message row;
        row.chatId = message.chatId;
        row.role = message.role;
        row.content = message.content;
        row.model = message.model;
        row.settings = message.settings;
        row.error = message.error;
        return appendMessage(connection, row, message.parentId, message.clearDraft);
    });
}

QFuture<Result<Message>> ChatStore::startAnswer(qint64 chatId, qint64 parentId, const QString& model,
                                                const QJsonObject& settings) {
    return m_database.run([=](Connection& connection) {
        Message row;
        row.chatId = chatId;
        row.role = Role::Assistant;
        row.status = MessageStatus::Streaming;
        row.model = model;
        row.settings = settings;
        return appendMessage(connection, row, parentId, false);
    });
}

QFuture<Result<void>> ChatStore::checkpointAnswer(qint64 messageId, const QString& content,
                                                  const QString& thinking) {
    return m_database.run([=](Connection& connection) -> Result<void> {
        Query query(connection, QStringLiteral("UPDATE messages SET content = ?, thinking = ? "
                                               "WHERE id = ? AND status = 'streaming'"));
        if (auto done = query.bind(content).bind(thinking).bind(messageId).run(); !done) return done;
        return query.rowsAffected() == 1 ? Result<void>() : requireStreaming(connection, messageId);
    });
}

QFuture<Result<Message>> ChatStore::finishAnswer(qint64 messageId, const AnswerEnd& end) {
    return m_database.run(
        [messageId, end](Connection& connection) { return finish(connection, messageId, end); });
}

QFuture<Result<void>> ChatStore::showUpTo(qint64 chatId, qint64 messageId) {
    return m_database.run([chatId, messageId](Connection& connection) -> Result<void> {
        Transaction transaction(connection);
        if (!transaction.begun()) return transaction.begun();
        if (messageId != 0) {
            const auto message = readMessage(connection, messageId);
            if (!message) return message.error();
            if (message->chatId != chatId) return invalid(QStringLiteral("This message is of another chat."));
            if (auto done = selectUpwards(connection, *message); !done) return done;
        }
        if (auto done = setShownEnd(connection, chatId, messageId); !done) return done;
        return transaction.commit();
    });
}

QFuture<Result<ChatPath>> ChatStore::selectBranch(qint64 messageId, int delta) {
    return m_database.run([messageId, delta](Connection& connection) -> Result<ChatPath> {
        const auto message = readMessage(connection, messageId);
        if (!message) return message.error();
        const auto tree = readTree(connection, message->chatId);
        if (!tree) return tree.error();
        const QList<qint64> siblings = tree->childrenOf(message->parentId);
        const qsizetype wanted = siblings.indexOf(messageId) + delta;
        Message chosen = *message;
        chosen.id = siblings.at(std::clamp<qsizetype>(wanted, 0, siblings.size() - 1));
        return selectAndRead(connection, chosen);
    });
}

QFuture<Result<ChatPath>> ChatStore::selectMessage(qint64 messageId) {
    return m_database.run([messageId](Connection& connection) -> Result<ChatPath> {
        const auto message = readMessage(connection, messageId);
        if (!message) return message.error();
        return selectAndRead(connection, *message);
    });
}

}  // namespace kinglet::storage
