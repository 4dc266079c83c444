#include "app/gui/conversation_p.h"

#include <algorithm>

#include "app/gui/chat_list_model.h"
#include "app/gui/futures.h"
#include "app/gui/model_options.h"
#include "app/gui/model_status.h"
#include "app/gui/settings.h"
#include "app/gui/words.h"
#include "storage/chat_store.h"

namespace kinglet::gui {

ConversationPrivate::ConversationPrivate(Conversation& conversation, const ConversationServices& services)
    : q(conversation), s(services) {
    draftTimer.setSingleShot(true);
    draftTimer.setInterval(400);
    connect(&draftTimer, &QTimer::timeout, this, &ConversationPrivate::saveDraft);
    settingsTimer.setSingleShot(true);
    settingsTimer.setInterval(300);
    connect(&settingsTimer, &QTimer::timeout, this, &ConversationPrivate::saveSettings);
    measureTimer.setSingleShot(true);
    measureTimer.setInterval(150);
    connect(&measureTimer, &QTimer::timeout, this, &ConversationPrivate::measure);

    connect(s.answers, &Answers::started, this, &ConversationPrivate::onJobStarted);
    connect(s.answers, &Answers::ended, this, &ConversationPrivate::onJobEnded);
    connect(s.model, &ModelStatus::settled, this, &ConversationPrivate::onModelSettled);
    connect(s.model, &ModelStatus::changed, this, [this] {
        if (card && s.model->state() == ModelStatus::Loading && !job) {
            card.reset();
            rebuildRows();
        }
        followModel();
        if (isText()) page.refresh();
        emit q.modelLineChanged();
        emit q.settingsChanged();  // the starter model has defaults of its own
        emit q.contextChanged();
        emit q.canSendChanged();
    });
    connect(s.settings, &Settings::defaultsChanged, this, [this] {
        emit q.settingsChanged();
        measureSoon();
    });
    connect(s.options, &ModelOptions::changed, this, [this](const QString& changed) {
        if (changed != s.model->nextPath()) return;
        emit q.settingsChanged();
        emit q.contextChanged();
        measureSoon();
    });
    connect(s.engine, &EngineInterface::finished, this, [this](RequestId id, const Outcome& outcome) {
        if (id == measureRequest) onMeasured(outcome);
    });
    draft = s.settings->newChatDraft();
}

void ConversationPrivate::open(qint64 chatId) {
    q.flush();
    const quint64 mine = ++serial;
    if (chatId == 0) {
        storage::ChatPath fresh;
        fresh.chat.draft = s.settings->newChatDraft();
        fresh.chat.kind = newKind;
        show(fresh);
        return;
    }
    loading = true;
    emit q.loadingChanged();
    emit q.canSendChanged();
    whenDone(this, s.chats->path(chatId), [this, mine](const storage::Result<storage::ChatPath>& found) {
        if (mine != serial) return;
        show(found ? *found : storage::ChatPath{});
    });
}

void ConversationPrivate::show(const storage::ChatPath& opened) {
    const bool other = chat.id != opened.chat.id;
    chat = opened.chat;
    path = opened.messages;
    draft = chat.draft;
    loading = false;
    sending = false;
    stopWanted = false;
    job = chat.id ? s.answers->jobFor(chat.id) : nullptr;
    card.reset();
    if (failures.contains(chat.id)) card = failures.value(chat.id);
    if (other) messages.setRows({});
    contextUsed = 0;
    tokensPerSecond = 0;
    firstTokenMs = 0;
    if (const storage::Message* last = lastOf(storage::Role::Assistant)) {
        contextUsed = last->promptTokens + last->answerTokens;
        tokensPerSecond = last->tokensPerSecond;
        firstTokenMs = static_cast<int>(last->firstTokenMs);
    }
    s.list->setCurrent(chat.id);
    if (isText()) page.show();
    if (job) onJobStarted(job);
    rebuildRows();
    measureSoon();
    emit q.chatChanged();
    emit q.titleChanged();
    emit q.loadingChanged();
    emit q.draftChanged();
    emit q.settingsChanged();
    emit q.phaseChanged();
    emit q.promptProgressChanged();
    emit q.speedChanged();
    emit q.contextChanged();
    emit q.canSendChanged();
}

CardContext ConversationPrivate::cardContext() const {
    CardContext context;
    context.isText = isText();
    context.mayDropOldest = chat.settings.value(QLatin1String("drop_oldest")).toBool();
    const int limit = contextLimit > 0 ? contextLimit : effectiveContextLength();
    context.canLengthenContext = limit > 0 && limit < q.contextLengthMax();
    return context;
}

/// A chat that has not begun is what the loaded model is made for; one that has stays what it is.
void ConversationPrivate::followModel() {
    if (s.model->state() == ModelStatus::Loading) return;
    newKind = s.model->completes() ? storage::ChatKind::Text : storage::ChatKind::Chat;
    if (chat.id != 0 || sending || loading || chat.kind == newKind) return;
    // Without a model the page of a new chat tells what to do; words that stand there stay where they are.
    if (s.model->state() != ModelStatus::Ready && !draft.isEmpty()) return;
    chat.kind = newKind;
    path.clear();
    if (isText()) page.show();
    rebuildRows();
    emit q.chatChanged();
    emit q.draftChanged();
    emit q.settingsChanged();
}

void ConversationPrivate::rebuildRows() {
    if (isText()) {
        messages.setRows({});
        page.refresh();
        emit q.messagesChanged();
        return;
    }
    const CardContext context = cardContext();
    const qint64 firstSeen = chat.settings.value(QLatin1String("context_start")).toInteger();
    const bool somethingLeftOut =
        firstSeen != 0 &&
        std::any_of(path.begin(), path.end(), [&](const auto& message) { return message.id == firstSeen; });
    bool seen = !somethingLeftOut;
    std::vector<MessageRow> rows;
    rows.reserve(static_cast<std::size_t>(path.size()) + 1);
    for (const storage::Message& message : path) {
        MessageRow row = rowOf(message, context);
        seen = seen || message.id == firstSeen;
        row.inContext = seen;
        if (job && message.id == job->messageId()) applyJob(row, *job);
        rows.push_back(std::move(row));
    }
    if (job && job->messageId() == AnswerJob::unsavedId && job->phase() != AnswerJob::Done) {
        rows.push_back(rowOfUnsaved(*job));
    } else if (!job && !sending) {
        if (card) {
            rows.push_back(failureRow(cardId, *card, context));
        } else if (!path.isEmpty() && path.last().role == storage::Role::User) {
            rows.push_back(unansweredRow(cardId));
        }
    }
    messages.setRows(std::move(rows));
    emit q.messagesChanged();
}

void ConversationPrivate::updateStreamingRow() {
    if (!job) return;
    const int at = messages.rowOf(job->messageId());
    if (at < 0) return;
    MessageRow row = messages.rows()[static_cast<std::size_t>(at)];
    applyJob(row, *job);
    messages.updateRow(row);
}

const storage::Message* ConversationPrivate::lastOf(storage::Role role) const {
    const auto found =
        std::find_if(path.rbegin(), path.rend(), [&](const auto& message) { return message.role == role; });
    return found == path.rend() ? nullptr : &*found;
}

void ConversationPrivate::saveDraft() {
    draftTimer.stop();
    if (isText() && chat.id != 0) {
        page.save();
    } else if (chat.id == 0) {
        s.settings->setNewChatDraft(draft);
    } else if (draft != chat.draft) {
        chat.draft = draft;
        s.chats->saveDraft(chat.id, draft);
    }
}

void ConversationPrivate::noteChatInList() {
    if (chat.id == 0) return;
    ChatEntry entry;
    entry.id = chat.id;
    entry.title = chat.title;
    entry.updatedAt = chat.updated;
    entry.preview = path.isEmpty() ? QString() : elided(path.last().content, 120);
    s.list->put(entry);
}

}  // namespace kinglet::gui
