#include "storage/chat_merge.h"

#include "storage/chat_rows.h"

namespace kinglet::storage {

namespace {

/// The chat's id here, inserting it if there is none of that uuid.
Result<qint64> findOrInsert(Connection& connection, const Chat& chat, bool& isNew, bool& isRestored) {
    Query query(connection, QStringLiteral("SELECT id, deleted_at FROM chats WHERE uuid = ?"));
    if (query.bind(chat.uuid).next()) {
        const qint64 id = query.integer(0);
        isRestored = !query.isNull(1);
        if (!isRestored) return id;
        Query restore(connection, QStringLiteral("UPDATE chats SET deleted_at = NULL WHERE id = ?"));
        if (const auto done = restore.bind(id).run(); !done) return done.error();
        return id;
    }
    if (!query.ok()) return query.error();
    isNew = true;
    return insertChat(connection, chat);
}

Result<QHash<QString, qint64>> messageIds(Connection& connection, qint64 chatId) {
    QHash<QString, qint64> ids;
    Query query(connection, QStringLiteral("SELECT uuid, id FROM messages WHERE chat_id = ?"));
    query.bind(chatId);
    while (query.next()) ids.insert(query.text(0), query.integer(1));
    if (!query.ok()) return query.error();
    return ids;
}

}  // namespace

Result<ChatDocument> readDocument(Connection& connection, qint64 chatId) {
    ChatDocument document;
    const auto chat = readChat(connection, chatId);
    if (!chat) return chat.error();
    const auto messages = readMessages(connection, chatId);
    if (!messages) return messages.error();
    const auto tree = readTree(connection, chatId);
    if (!tree) return tree.error();
    document.chat = *chat;
    document.messages = *messages;
    document.selectedPath = tree->selectedPath();
    document.shownEnd = tree->shownEndId;
    if (tree->selectedRootId) document.selectedChild.insert(0, tree->selectedRootId);
    for (const TreeNode& node : tree->nodes) {
        if (node.selectedChildId) document.selectedChild.insert(node.id, node.selectedChildId);
    }
    return document;
}

Result<void> mergeDocument(Connection& connection, const ChatDocument& document, ImportReport& report) {
    bool isNew = false;
    bool isRestored = false;
    const auto chatId = findOrInsert(connection, document.chat, isNew, isRestored);
    if (!chatId) return chatId.error();
    auto known = messageIds(connection, *chatId);
    if (!known) return known.error();
    QHash<qint64, qint64> idHere;  // the document's id -> ours
    int added = 0;
    for (Message message : document.messages) {
        const qint64 idThere = message.id;
        if (const qint64 id = known->value(message.uuid)) {
            idHere.insert(idThere, id);
            continue;
        }
        message.chatId = *chatId;
        message.parentId = idHere.value(message.parentId);
        const auto id = insertMessage(connection, message);
        if (!id) return id.error();
        idHere.insert(idThere, *id);
        ++added;
    }
    if (isNew) {
        // Only where nobody has chosen here yet: an import must not switch the branch that a person is
        // looking at.
        for (auto it = document.selectedChild.begin(); it != document.selectedChild.end(); ++it) {
            Message child;
            child.id = idHere.value(it.value());
            child.parentId = idHere.value(it.key());
            child.chatId = *chatId;
            if (auto done = select(connection, child); !done) return done;
        }
        if (document.shownEnd) {
            if (auto done = setShownEnd(connection, *chatId, idHere.value(*document.shownEnd)); !done)
                return done;
        }
    }
    report.newMessages += added;
    report.newChats += isNew;
    report.restoredChats += isRestored;
    report.unchangedChats += !isNew && !isRestored && added == 0;
    report.chatIds << *chatId;
    return {};
}

}  // namespace kinglet::storage
