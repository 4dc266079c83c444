// What a person does in a conversation: send, stop, ask again, edit, change branches, press a card's button.
#include <QClipboard>
#include <QGuiApplication>
#include <algorithm>

#include "app/gui/chat_list_model.h"
#include "app/gui/conversation_p.h"
#include "app/gui/futures.h"
#include "app/gui/model_status.h"
#include "app/gui/setting_layers.h"
#include "app/gui/settings.h"
#include "app/gui/words.h"
#include "storage/chat_store.h"

namespace kinglet::gui {

bool ConversationPrivate::send(const QString& text) {
    if (isText()) return page.begin(text);
    if (text.trimmed().isEmpty() || !sendBlockedReason().isEmpty()) return false;
    sending = true;
    stopWanted = false;
    card.reset();
    failures.remove(chat.id);
    draftTimer.stop();
    draft.clear();
    emit q.draftChanged();
    emit q.phaseChanged();
    emit q.canSendChanged();
    rebuildRows();
    if (chat.id == 0) {
        createChat(text);
    } else {
        appendMessage(text, std::nullopt);
    }
    return true;
}

/// Saves what is new of a text, then lets the model go on from there.
void ConversationPrivate::goOn(const QString& rest, qint64 parentId, const QJsonObject& settings) {
    card.reset();
    failures.remove(chat.id);
    draftTimer.stop();
    if (rest.isEmpty()) {
        answer(parentId);
        return;
    }
    sending = true;
    stopWanted = false;
    emit q.phaseChanged();
    emit q.canSendChanged();
    rebuildRows();
    if (chat.id == 0) {
        createChat(rest, settings);
    } else {
        appendMessage(rest, parentId, settings);
    }
}

void ConversationPrivate::createChat(const QString& text, const QJsonObject& settings) {
    storage::NewChat wanted;
    wanted.title = titleFromMessage(text);
    wanted.model = s.model->path();
    wanted.settings = chat.settings;
    wanted.kind = chat.kind;
    const quint64 mine = serial;
    whenDone(this, s.chats->create(wanted),
             [this, mine, text, settings](const storage::Result<storage::Chat>& created) {
                 if (!created) {
                     if (mine == serial) failedToSave(created.error(), text);
                     return;
                 }
                 s.settings->setNewChatDraft({});
                 if (mine == serial) {
                     chat = *created;
                     s.list->setCurrent(chat.id);
                     emit q.chatChanged();
                     emit q.titleChanged();
                     appendMessage(text, std::nullopt, settings);
                     return;
                 }
                 // Another chat was opened in that moment: the message is kept all the same, and waits there.
                 storage::NewMessage message;
                 message.chatId = created->id;
                 message.content = text;
                 message.settings = settings;
                 s.chats->append(message);
                 s.list->put({created->id, created->title, elided(text, 120), created->updated});
             });
}

void ConversationPrivate::appendMessage(const QString& text, std::optional<qint64> parentId,
                                        const QJsonObject& settings) {
    storage::NewMessage wanted;
    wanted.chatId = chat.id;
    wanted.parentId = parentId;
    wanted.content = text;
    wanted.settings = settings;
    wanted.clearDraft = true;
    const quint64 mine = serial;
    whenDone(this, s.chats->append(wanted),
             [this, mine, text, parentId](const storage::Result<storage::Message>& added) {
                 if (mine != serial) return;
                 if (!added) {
                     failedToSave(added.error(), text);
                     return;
                 }
                 if (parentId) {
                     while (!path.isEmpty() && path.last().id != *parentId) path.removeLast();
                 }
                 path.append(*added);
                 if (isText()) page.noteSaved(*added);
                 chat.updated = added->created;
                 chat.draft.clear();
                 noteChatInList();
                 if (stopWanted) {
                     sending = false;
                     emit q.phaseChanged();
                     emit q.canSendChanged();
                     rebuildRows();
                 } else {
                     answer(added->id);
                 }
             });
}

void ConversationPrivate::failedToSave(const storage::Error& error, const QString& text) {
    sending = false;
    if (draft.isEmpty()) draft = text;
    emit q.draftChanged();
    emit q.phaseChanged();
    emit q.canSendChanged();
    Failure failure;
    failure.kind = FailureKind::Other;
    failure.message = error.message;
    failure.hint = error.hint;
    card = failure;
    rebuildRows();
    emit s.answers->storageFailed(error);
}

/// Asks for an answer to a message of the path; what stands below it leaves the view.
void ConversationPrivate::answer(qint64 parentId) {
    QList<storage::Message> upTo = path;
    while (!upTo.isEmpty() && upTo.last().id != parentId) upTo.removeLast();
    if (upTo.isEmpty() || job) return;
    path = upTo;
    AnswerRequest request;
    request.chatId = chat.id;
    request.parentId = parentId;
    if (isText()) {
        page.beforeJob();
        request.generate.text = page.prompt();
    } else {
        const qint64 firstSeen = chat.settings.value(QLatin1String("context_start")).toInteger();
        request.generate.turns = turnsOf(path, q.systemPrompt(), firstSeen, &request.turnIds);
    }
    request.sampling = [own = chat.settings, services = s] { return samplingOf(layersOf(own, services)); };
    request.generate.contextLength = effectiveContextLength();
    request.generate.mayDropOldest = chat.settings.value(QLatin1String("drop_oldest")).toBool();
    request.settings = chat.settings;
    failures.remove(chat.id);
    card.reset();
    sending = false;
    s.answers->start(request);
}

void ConversationPrivate::onJobStarted(AnswerJob* started) {
    if (started->chatId() != chat.id || chat.id == 0) {
        s.list->setAnswering(started->chatId(), true);
        return;
    }
    job = started;
    s.list->setAnswering(chat.id, true);
    disconnect(started, nullptr, this, nullptr);  // from when this chat was shown before
    connect(started, &AnswerJob::changed, this, [this, started] {
        if (job != started) return;
        updateStreamingRow();
        emit q.phaseChanged();
        emit q.promptProgressChanged();
    });
    connect(started, &AnswerJob::textGrew, this, [this, started] {
        if (job != started) return;
        if (isText()) page.follow(*started);
        updateStreamingRow();
        contextUsed = started->contextUsed();
        tokensPerSecond = started->tokensPerSecond();
        emit q.speedChanged();
        emit q.contextChanged();
    });
    connect(started, &AnswerJob::saved, this, [this, started] {
        if (job != started) return;
        messages.renumber(AnswerJob::unsavedId, started->messageId());
        if (path.isEmpty() || path.last().id != started->messageId()) path.append(started->message());
        rebuildRows();
    });
    rebuildRows();
    emit q.phaseChanged();
    emit q.canSendChanged();
    emit q.modelLineChanged();
}

void ConversationPrivate::onJobEnded(AnswerJob* ended) {
    s.list->setAnswering(ended->chatId(), false);
    if (ended->messageId() == AnswerJob::unsavedId && ended->failure().kind != FailureKind::None) {
        failures.insert(ended->chatId(), ended->failure());
    }
    if (ended != job) {
        const ChatEntry* entry = s.list->find(ended->chatId());
        if (entry && ended->messageId() != AnswerJob::unsavedId) {
            ChatEntry changed = *entry;
            changed.preview = elided(ended->text(), 120);
            s.list->put(changed);
        }
        s.list->setNews(ended->chatId(), true);
        return;
    }
    takeFinished(*ended);
    job = nullptr;
    if (isText()) page.afterJob(*ended);
    rebuildRows();
    noteChatInList();
    measureSoon();
    emit q.phaseChanged();
    emit q.promptProgressChanged();
    emit q.speedChanged();
    emit q.contextChanged();
    emit q.canSendChanged();
    emit q.modelLineChanged();
    if (ended->messageId() != AnswerJob::unsavedId) {
        emit q.answerFinished(QString::number(ended->messageId()), elided(ended->text(), 400));
    }
}

void ConversationPrivate::takeFinished(const AnswerJob& ended) {
    if (ended.messageId() == AnswerJob::unsavedId) {
        if (ended.failure().kind != FailureKind::None) card = ended.failure();
        if (!ended.text().isEmpty() && !isText()) {
            // It could not be saved, which was told; on the page it stays until the chat is left.
            storage::Message unsaved;
            unsaved.id = AnswerJob::unsavedId;
            unsaved.parentId = ended.request().parentId;
            unsaved.role = storage::Role::Assistant;
            unsaved.content = ended.text();
            unsaved.model = ended.modelName();
            path.append(unsaved);
        }
        return;
    }
    const auto found =
        std::find_if(path.begin(), path.end(), [&](const auto& m) { return m.id == ended.messageId(); });
    if (found != path.end()) {
        *found = ended.message();
    } else {
        path.append(ended.message());
    }
    contextUsed = ended.contextUsed();
    if (ended.stats().contextLength > 0) contextLimit = ended.stats().contextLength;
    tokensPerSecond = ended.tokensPerSecond();
    firstTokenMs = static_cast<int>(ended.stats().firstTokenSeconds * 1000);
    if (const qint64 firstSeen = ended.firstSeenId(); firstSeen != 0) {
        chat.settings.insert(QStringLiteral("context_start"), firstSeen);
        saveSettings();
    }
}

void ConversationPrivate::onModelSettled() {
    // A load that an answer waits for is told by that answer.
    if (s.model->state() == ModelStatus::Failed && !job && !sending) {
        card = s.model->failure();
        rebuildRows();
    } else if (s.model->state() == ModelStatus::Ready) {
        measureSoon();
    }
}

void ConversationPrivate::regenerate(qint64 messageId) {
    if (isText()) {
        page.tryAnother();
        return;
    }
    if (job || sending || loading) return;
    const auto at = std::find_if(path.begin(), path.end(), [&](const auto& m) { return m.id == messageId; });
    if (at == path.end()) return;
    answer(at->role == storage::Role::User ? at->id : at->parentId);
}

void ConversationPrivate::edit(qint64 messageId, const QString& newText) {
    if (job || sending || loading || isText() || newText.trimmed().isEmpty()) return;
    const auto at = std::find_if(path.begin(), path.end(), [&](const auto& m) { return m.id == messageId; });
    if (at == path.end() || at->role != storage::Role::User || at->content == newText) return;
    sending = true;
    stopWanted = false;
    card.reset();
    emit q.phaseChanged();
    emit q.canSendChanged();
    appendMessage(newText, at->parentId);
}

void ConversationPrivate::selectBranch(qint64 messageId, int delta) {
    if (job || sending || loading || delta == 0) return;
    const quint64 mine = serial;
    whenDone(this, s.chats->selectBranch(messageId, delta),
             [this, mine](const storage::Result<storage::ChatPath>& found) {
                 if (mine != serial || !found || job) return;
                 path = found->messages;
                 card.reset();
                 failures.remove(chat.id);
                 if (isText()) page.showPath();
                 rebuildRows();
                 measureSoon();
             });
}

void ConversationPrivate::retry() {
    if (job || sending || loading) return;
    if (isText()) {
        page.retry();
    } else if (const storage::Message* last = lastOf(storage::Role::User)) {
        answer(last->id);
    }
}

void ConversationPrivate::changeContext(int tokens) {
    q.setContextLength(std::clamp(tokens, 256, std::max(256, q.contextLengthMax())));
    saveSettings();
    retry();
}

void ConversationPrivate::errorAction(qint64 messageId, const QString& action) {
    Failure failure = card.value_or(Failure{});
    for (const storage::Message& message : path) {
        if (message.id == messageId) failure = failureFromJson(message.error);
    }
    const int limit = contextLimit > 0 ? contextLimit : effectiveContextLength();
    if (action == QLatin1String("retry")) {
        retry();
    } else if (action == QLatin1String("leaveOut")) {
        chat.settings.insert(QStringLiteral("drop_oldest"), true);
        saveSettings();
        retry();
    } else if (action == QLatin1String("longerContext")) {
        int wanted = limit * 2;
        while (wanted < failure.neededTokens) wanted *= 2;
        changeContext(wanted);
    } else if (action == QLatin1String("shorterContext")) {
        changeContext(limit / 2);
    } else if (action == QLatin1String("reveal")) {
        emit q.fileRequested(failure.path);
    } else if (action == QLatin1String("newChat")) {
        s.list->newChat();
    } else {
        emit q.pageRequested(action);
    }
}

}  // namespace kinglet::gui
