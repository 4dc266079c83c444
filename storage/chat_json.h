#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QString>
#include <optional>

#include "storage/result.h"
#include "storage/types.h"

namespace kinglet::storage {

/// The version of the archive's JSON (storage/archive_format.md). Raised when an older Kinglet would misread
/// a newer file.
inline constexpr int archiveFormatVersion = 1;

/// A chat with its whole tree, as it travels. Message ids mean something within one document only; parents
/// precede their children.
struct ChatDocument {
    Chat chat;
    QList<Message> messages;
    QHash<qint64, qint64> selectedChild;  ///< message id (0: the chat) -> the child that is shown
    std::optional<qint64> shownEnd;       ///< see ChatStore::showUpTo; 0: before the first message
    QList<qint64> selectedPath;           ///< ids of the branch that is shown; not read back from JSON
};

/// One chat in the archive's list of contents.
struct ManifestEntry {
    QString uuid;
    QString title;
    QString data;  ///< name of the JSON entry
    QString text;  ///< name of the Markdown entry
};

QByteArray manifestToJson(const QList<ManifestEntry>& entries);
/// Newer if the archive's version is, Hostile if it is no manifest.
Result<QList<ManifestEntry>> manifestFromJson(const QByteArray& json, const QString& archivePath);

QByteArray documentToJson(const ChatDocument& document);
/// Checks everything: types, uuids, roles, times, and that the messages form a tree.
Result<ChatDocument> documentFromJson(const QByteArray& json, const QString& archivePath);

/// The selected branch for people to read.
QByteArray documentToMarkdown(const ChatDocument& document);

}  // namespace kinglet::storage
