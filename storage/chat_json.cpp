#include "storage/chat_json.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QUuid>
#include <algorithm>

#include "storage/chat_rows.h"

namespace kinglet::storage {

namespace {

// The keys of the format, each written once.
const QString kFormat = QStringLiteral("format");
const QString kFormatName = QStringLiteral("kinglet-chats");
const QString kVersion = QStringLiteral("version");
const QString kChats = QStringLiteral("chats");
const QString kUuid = QStringLiteral("uuid");
const QString kKind = QStringLiteral("kind");
const QString kShownEnd = QStringLiteral("shownEnd");
const QString kTitle = QStringLiteral("title");
const QString kData = QStringLiteral("data");
const QString kText = QStringLiteral("text");
const QString kCreated = QStringLiteral("created");
const QString kUpdated = QStringLiteral("updated");
const QString kModel = QStringLiteral("model");
const QString kSettings = QStringLiteral("settings");
const QString kDraft = QStringLiteral("draft");
const QString kMessages = QStringLiteral("messages");
const QString kParent = QStringLiteral("parent");
const QString kSelected = QStringLiteral("selected");
const QString kRole = QStringLiteral("role");
const QString kStatus = QStringLiteral("status");
const QString kContent = QStringLiteral("content");
const QString kThinking = QStringLiteral("thinking");
const QString kThinkingSeconds = QStringLiteral("thinkingSeconds");
const QString kPromptTokens = QStringLiteral("promptTokens");
const QString kAnswerTokens = QStringLiteral("answerTokens");
const QString kTokensPerSecond = QStringLiteral("tokensPerSecond");
const QString kFirstTokenMs = QStringLiteral("firstTokenMs");
const QString kError = QStringLiteral("error");

QString timeText(const QDateTime& time) {
    return time.toUTC().toString(Qt::ISODateWithMs);
}

Error refused(const QString& archivePath, const QString& details) {
    return {ErrorCode::Hostile,
            QStringLiteral("“%1” does not hold chats that Kinglet can read.")
                .arg(QDir::toNativeSeparators(archivePath)),
            QStringLiteral("Nothing was imported. Use an archive that Kinglet has exported."), details};
}

/// Reads fields and remembers the first that is not what it should be.
class Fields {
  public:
    explicit Fields(const QJsonObject& object) : m_object(object) {}

    QString text(const QString& key) {
        const QJsonValue value = m_object.value(key);
        if (!value.isUndefined() && !value.isString()) fail(key);
        // Once through UTF-8, so that half a surrogate pair from an escape does not get into the database.
        return QString::fromUtf8(value.toString().toUtf8());
    }
    QString uuid(const QString& key) {
        const QUuid uuid = QUuid::fromString(text(key));
        if (uuid.isNull()) fail(key);
        return uuid.toString(QUuid::WithoutBraces);
    }
    QDateTime time(const QString& key) {
        const QDateTime time = QDateTime::fromString(text(key), Qt::ISODateWithMs).toUTC();
        if (!time.isValid() || time.toMSecsSinceEpoch() < 0) fail(key);
        // A date to come would keep a chat at the top of the list for ever.
        return std::min(time, QDateTime::currentDateTimeUtc());
    }
    QJsonObject object(const QString& key) {
        const QJsonValue value = m_object.value(key);
        if (!value.isUndefined() && !value.isObject()) fail(key);
        return value.toObject();
    }
    double number(const QString& key) {
        const QJsonValue value = m_object.value(key);
        if ((!value.isUndefined() && !value.isDouble()) || value.toDouble() < 0) fail(key);
        return value.toDouble();
    }
    int count(const QString& key) { return static_cast<int>(std::min(number(key), 2147483647.0)); }
    void fail(const QString& key) {
        if (m_problem.isEmpty()) m_problem = key;
    }
    const QString& problem() const { return m_problem; }

  private:
    QJsonObject m_object;
    QString m_problem;
};

QJsonObject messageToJson(const Message& message, const QHash<qint64, QString>& uuids, qint64 selectedChild) {
    QJsonObject json{{kUuid, message.uuid},
                     {kRole, roleName(message.role)},
                     {kStatus, statusName(message.status)},
                     {kCreated, timeText(message.created)},
                     {kContent, message.content}};
    if (message.parentId) json.insert(kParent, uuids.value(message.parentId));
    if (selectedChild) json.insert(kSelected, uuids.value(selectedChild));
    if (!message.model.isEmpty()) json.insert(kModel, message.model);
    if (!message.settings.isEmpty()) json.insert(kSettings, message.settings);
    if (!message.thinking.isEmpty()) json.insert(kThinking, message.thinking);
    if (message.thinkingSeconds > 0) json.insert(kThinkingSeconds, message.thinkingSeconds);
    if (message.promptTokens > 0) json.insert(kPromptTokens, message.promptTokens);
    if (message.answerTokens > 0) json.insert(kAnswerTokens, message.answerTokens);
    if (message.tokensPerSecond > 0) json.insert(kTokensPerSecond, message.tokensPerSecond);
    if (message.firstTokenMs > 0) json.insert(kFirstTokenMs, message.firstTokenMs);
    if (!message.error.isEmpty()) json.insert(kError, message.error);
    return json;
}

/// Parents precede children, so that a parent must be among those already read: no cycle can be written this
/// way.
Message messageFromJson(Fields& fields, const QHash<QString, qint64>& known) {
    Message message;
    message.uuid = fields.uuid(kUuid);
    if (known.contains(message.uuid)) fields.fail(kUuid);
    const QString parent = fields.text(kParent);
    if (!parent.isEmpty()) {
        message.parentId = known.value(fields.uuid(kParent));
        if (!message.parentId) fields.fail(kParent);
    }
    const auto role = roleFromName(fields.text(kRole));
    const auto status = statusFromName(fields.text(kStatus));
    if (!role) fields.fail(kRole);
    if (!status) fields.fail(kStatus);
    message.role = role.value_or(Role::Notice);
    message.status = status.value_or(MessageStatus::Complete);
    // Exported in the middle of an answer: nobody goes on writing this copy.
    if (message.status == MessageStatus::Streaming) message.status = MessageStatus::Interrupted;
    message.content = fields.text(kContent);
    message.created = fields.time(kCreated);
    message.model = fields.text(kModel);
    message.settings = fields.object(kSettings);
    message.thinking = fields.text(kThinking);
    message.thinkingSeconds = fields.number(kThinkingSeconds);
    message.promptTokens = fields.count(kPromptTokens);
    message.answerTokens = fields.count(kAnswerTokens);
    message.tokensPerSecond = fields.number(kTokensPerSecond);
    message.firstTokenMs = fields.number(kFirstTokenMs);
    message.error = fields.object(kError);
    return message;
}

}  // namespace

QByteArray manifestToJson(const QList<ManifestEntry>& entries) {
    QJsonArray chats;
    for (const ManifestEntry& entry : entries) {
        chats << QJsonObject{
            {kUuid, entry.uuid}, {kTitle, entry.title}, {kData, entry.data}, {kText, entry.text}};
    }
    return QJsonDocument(
               QJsonObject{{kFormat, kFormatName},
                           {kVersion, archiveFormatVersion},
                           {QStringLiteral("writtenBy"), QStringLiteral("Kinglet " KINGLET_VERSION)},
                           {kCreated, timeText(QDateTime::currentDateTimeUtc())},
                           {kChats, chats}})
        .toJson();
}

Result<QList<ManifestEntry>> manifestFromJson(const QByteArray& json, const QString& archivePath) {
    const QJsonObject manifest = QJsonDocument::fromJson(json).object();
    if (manifest.value(kFormat).toString() != kFormatName || !manifest.value(kVersion).isDouble()) {
        return refused(archivePath, QStringLiteral("its kinglet.json is not a list of chats"));
    }
    const double version = manifest.value(kVersion).toDouble();
    if (version > archiveFormatVersion) {
        return Error{ErrorCode::Newer,
                     QStringLiteral("“%1” was exported by a newer version of Kinglet.")
                         .arg(QDir::toNativeSeparators(archivePath)),
                     QStringLiteral("Update Kinglet, then import it again."),
                     QStringLiteral("The archive has format %1; this version reads %2.")
                         .arg(version)
                         .arg(archiveFormatVersion)};
    }
    if (version < 1 || !manifest.value(kChats).isArray()) {
        return refused(archivePath, QStringLiteral("its kinglet.json lists no chats"));
    }
    QList<ManifestEntry> entries;
    const QJsonArray chats = manifest.value(kChats).toArray();
    for (const QJsonValue& chat : chats) {
        Fields fields(chat.toObject());
        ManifestEntry entry{fields.uuid(kUuid), fields.text(kTitle), fields.text(kData), fields.text(kText)};
        if (!fields.problem().isEmpty()) {
            return refused(
                archivePath,
                QStringLiteral("chat %1 of kinglet.json: %2").arg(entries.size() + 1).arg(fields.problem()));
        }
        entries << entry;
    }
    return entries;
}

QByteArray documentToJson(const ChatDocument& document) {
    const Chat& chat = document.chat;
    QHash<qint64, QString> uuids;
    for (const Message& message : document.messages) uuids.insert(message.id, message.uuid);
    QJsonArray messages;
    for (const Message& message : document.messages) {
        messages << messageToJson(message, uuids, document.selectedChild.value(message.id));
    }
    QJsonObject json{{kFormat, QStringLiteral("kinglet-chat")},
                     {kVersion, archiveFormatVersion},
                     {kUuid, chat.uuid},
                     {kTitle, chat.title},
                     {kCreated, timeText(chat.created)},
                     {kUpdated, timeText(chat.updated)},
                     {kModel, chat.model},
                     {kSettings, chat.settings},
                     {kDraft, chat.draft},
                     {kMessages, messages}};
    if (chat.kind != ChatKind::Chat) json.insert(kKind, kindName(chat.kind));
    if (const qint64 root = document.selectedChild.value(0)) json.insert(kSelected, uuids.value(root));
    if (document.shownEnd) json.insert(kShownEnd, uuids.value(*document.shownEnd));
    return QJsonDocument(json).toJson();
}

Result<ChatDocument> documentFromJson(const QByteArray& json, const QString& archivePath) {
    QJsonParseError parsed;
    const QJsonObject object = QJsonDocument::fromJson(json, &parsed).object();
    if (object.isEmpty())
        return refused(archivePath, QStringLiteral("a chat is not JSON: %1").arg(parsed.errorString()));
    Fields fields(object);
    ChatDocument document;
    Chat& chat = document.chat;
    chat.uuid = fields.uuid(kUuid);
    chat.title = fields.text(kTitle).simplified().left(1000);
    chat.created = fields.time(kCreated);
    chat.updated = fields.time(kUpdated);
    chat.model = fields.text(kModel);
    chat.settings = fields.object(kSettings);
    chat.draft = fields.text(kDraft);
    const auto kind = object.contains(kKind) ? kindFromName(fields.text(kKind)) : ChatKind::Chat;
    if (!kind) fields.fail(kKind);
    chat.kind = kind.value_or(ChatKind::Chat);
    const QString shownEnd = fields.text(kShownEnd);
    if (!object.value(kMessages).isArray()) fields.fail(kMessages);
    if (!fields.problem().isEmpty())
        return refused(archivePath, QStringLiteral("chat %1: %2").arg(chat.uuid, fields.problem()));

    QHash<QString, qint64> known;
    QHash<qint64, QString> selected{{0, fields.text(kSelected)}};
    const QJsonArray messages = object.value(kMessages).toArray();
    for (const QJsonValue& value : messages) {
        Fields each(value.toObject());
        Message message = messageFromJson(each, known);
        message.id = document.messages.size() + 1;
        selected.insert(message.id, each.text(kSelected));
        if (!each.problem().isEmpty()) {
            return refused(
                archivePath,
                QStringLiteral("chat %1, message %2: %3").arg(chat.uuid).arg(message.id).arg(each.problem()));
        }
        known.insert(message.uuid, message.id);
        document.messages << message;
    }
    for (const Message& message : std::as_const(document.messages)) {
        if (selected.value(message.parentId) == message.uuid)
            document.selectedChild.insert(message.parentId, message.id);
        if (message.role != Role::Notice) chat.preview = previewOf(message.content);
    }
    if (object.contains(kShownEnd)) {
        if (!shownEnd.isEmpty() && !known.contains(shownEnd))
            return refused(archivePath, QStringLiteral("chat %1: %2").arg(chat.uuid, kShownEnd));
        document.shownEnd = known.value(shownEnd);
    }
    return document;
}

namespace {

/// A text as it stands on its page, with the models that went on with it named above.
QString textBody(const ChatDocument& document) {
    const QSet<qint64> shown(document.selectedPath.begin(), document.selectedPath.end());
    QString body;
    QStringList models;
    for (const Message& message : document.messages) {
        if (!shown.contains(message.id)) continue;
        body += message.content;
        if (message.role == Role::Assistant && !models.contains(message.model)) models << message.model;
    }
    models.removeAll(QString());
    const QString by =
        models.isEmpty()
            ? QString()
            : QStringLiteral("Written together with %1\n\n").arg(models.join(QStringLiteral(", ")));
    return by + body.trimmed() + u'\n';
}

}  // namespace

QByteArray documentToMarkdown(const ChatDocument& document) {
    const QString timeFormat = QStringLiteral("yyyy-MM-dd HH:mm");
    const bool isText = document.chat.kind == ChatKind::Text;
    const QString title = document.chat.title.isEmpty()
                              ? isText ? QStringLiteral("Text") : QStringLiteral("Chat")
                              : document.chat.title.simplified();
    QString text = QStringLiteral("# %1\n\nStarted %2\n")
                       .arg(title, document.chat.created.toLocalTime().toString(timeFormat));
    if (isText) return (text + u'\n' + textBody(document)).toUtf8();
    const QSet<qint64> shown(document.selectedPath.begin(), document.selectedPath.end());
    for (const Message& message : document.messages) {
        if (!shown.contains(message.id)) continue;
        QString author = QStringLiteral("You");
        if (message.role == Role::System) author = QStringLiteral("Instructions");
        if (message.role == Role::Notice) author = QStringLiteral("Note");
        if (message.role == Role::Assistant)
            author = message.model.isEmpty() ? QStringLiteral("Answer") : message.model;
        text +=
            QStringLiteral("\n## %1\n\n*%2*").arg(author, message.created.toLocalTime().toString(timeFormat));
        if (message.branchCount > 1)
            text += QStringLiteral(" *(version %1 of %2)*").arg(message.branchIndex).arg(message.branchCount);
        text += QStringLiteral("\n\n");
        if (!message.thinking.isEmpty()) {
            text += QStringLiteral("> ") + message.thinking.trimmed().replace(u'\n', QStringLiteral("\n> ")) +
                    QStringLiteral("\n\n");
        }
        text += message.content.trimmed() + u'\n';
        if (message.status != MessageStatus::Complete)
            text += QStringLiteral("\n*(%1)*\n").arg(statusName(message.status));
    }
    return text.toUtf8();
}

}  // namespace kinglet::storage
