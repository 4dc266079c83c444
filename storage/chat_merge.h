#pragma once

#include "storage/chat_archive.h"
#include "storage/chat_json.h"
#include "storage/connection.h"

namespace kinglet::storage {

/// A chat with its whole tree, ready to travel.
Result<ChatDocument> readDocument(Connection& connection, qint64 chatId);

/// Adds what is missing of a document, by uuid; what is there stays as it is. A deleted chat comes back. Runs
/// inside the caller's transaction.
Result<void> mergeDocument(Connection& connection, const ChatDocument& document, ImportReport& report);

}  // namespace kinglet::storage
