#include "app/gui/conversation.h"

#include <QClipboard>
#include <QGuiApplication>

#include "app/gui/conversation_p.h"
#include "app/gui/model_status.h"
#include "app/gui/settings.h"

namespace kinglet::gui {

Conversation::Conversation(const ConversationServices& services, QObject* parent)
    : QObject(parent), d_(std::make_unique<ConversationPrivate>(*this, services)) {}
Conversation::~Conversation() = default;

QString Conversation::chatId() const {
    return d_->chat.id ? QString::number(d_->chat.id) : QString();
}
QString Conversation::title() const {
    return d_->chat.id ? d_->chat.title : QString();
}
bool Conversation::loading() const {
    return d_->loading;
}
MessageListModel* Conversation::messages() const {
    return &d_->messages;
}
bool Conversation::isText() const {
    return d_->isText();
}
TextPage* Conversation::textPage() const {
    return &d_->page;
}
bool Conversation::isEmpty() const {
    if (isText()) return d_->page.text().isEmpty() && d_->chat.id == 0;
    return d_->messages.count() == 0 && !d_->sending;
}

QString Conversation::lastUserMessageId() const {
    const storage::Message* last = d_->lastOf(storage::Role::User);
    return last ? QString::number(last->id) : QString();
}

QString Conversation::lastAnswerId() const {
    const storage::Message* last = d_->lastOf(storage::Role::Assistant);
    return last ? QString::number(last->id) : QString();
}

QString Conversation::editLast() const {
    const storage::Message* last = d_->lastOf(storage::Role::User);
    return last ? last->content : QString();
}

QString Conversation::draft() const {
    return d_->draft;
}
void Conversation::setDraft(const QString& draft) {
    if (d_->draft == draft) return;
    if (isText()) {
        d_->page.setText(draft);
        return;
    }
    d_->draft = draft;
    d_->draftTimer.start();
    emit draftChanged();
}

void Conversation::flush() {
    if (d_->draftTimer.isActive()) d_->saveDraft();
    if (d_->settingsTimer.isActive()) d_->saveSettings();
}

Conversation::Phase Conversation::phase() const {
    if (!d_->job) return d_->sending ? WaitingForModel : Idle;
    switch (d_->job->phase()) {
        case AnswerJob::WaitingForModel:
            return WaitingForModel;
        case AnswerJob::ReadingPrompt:
            return ReadingPrompt;
        case AnswerJob::Writing:
        case AnswerJob::Saving:
            return Writing;
        case AnswerJob::Done:
            return Idle;
    }
    return Idle;
}

double Conversation::promptProgress() const {
    if (!d_->job) return 0;
    return d_->job->phase() >= AnswerJob::Writing ? 1.0 : d_->job->promptProgress();
}
double Conversation::tokensPerSecond() const {
    return d_->tokensPerSecond;
}
int Conversation::firstTokenMs() const {
    return d_->firstTokenMs;
}

QString Conversation::sendBlockedReason() const {
    return d_->sendBlockedReason();
}
bool Conversation::canSend() const {
    return d_->sendBlockedReason().isEmpty();
}

QString Conversation::modelLine() const {
    const ModelStatus& model = *d_->s.model;
    if (model.isStarter() && model.state() != ModelStatus::Failed) {
        return tr(
            "This is the small model that comes with Kinglet. It knows Kinglet and small language models, "
            "and says so when a question is beyond it. It works without internet.");
    }
    switch (model.state()) {
        case ModelStatus::None:
            return tr("Choose a model to begin. What you write stays on this computer.");
        case ModelStatus::Loading:
            return tr("%1 is being loaded.").arg(model.name());
        case ModelStatus::Failed:
            return tr("%1 could not be opened. Choose another model.").arg(model.fileName());
        case ModelStatus::Ready:
            break;
    }
    if (model.completes()) {
        return tr("%1 is a completion model: it does not answer, it goes on with what you write.")
            .arg(model.name());
    }
    if (model.facts().parameterCount > 0 && model.facts().parameterCount < 2'000'000'000) {
        return tr("You are chatting with %1. It is small: good with words, unsure with facts. It works "
                  "without internet.")
            .arg(model.name());
    }
    return tr("You are chatting with %1. It works without internet, and it can be wrong.").arg(model.name());
}

QStringList Conversation::suggestions() const {
    const ModelStatus& model = *d_->s.model;
    if (model.isStarter() && model.state() != ModelStatus::Failed) {
        return {tr("What can you help me with?"), tr("How do I get a bigger model?"),
                tr("Where are my chats kept?"), tr("What is quantization?")};
    }
    if (model.state() == ModelStatus::None || model.state() == ModelStatus::Failed) return {};
    if (model.completes()) {
        return {tr("Once upon a time, there was a little bird"), tr("One day, a girl named Lily"),
                tr("The king had a secret")};
    }
    return {tr("Explain how a rainbow forms"), tr("Write a short letter to my landlord"),
            tr("Suggest three names for a sailing boat"), tr("Plan a weekend in Porto")};
}

bool Conversation::send(const QString& text) {
    return d_->send(text);
}

void Conversation::stop() {
    if (d_->job) {
        d_->job->stop();
    } else if (d_->sending) {
        d_->stopWanted = true;
    }
}

void Conversation::regenerate(const QString& messageId) {
    d_->regenerate(messageId.toLongLong());
}
void Conversation::edit(const QString& messageId, const QString& newText) {
    d_->edit(messageId.toLongLong(), newText);
}
void Conversation::selectBranch(const QString& messageId, int delta) {
    d_->selectBranch(messageId.toLongLong(), delta);
}

void Conversation::copyMessage(const QString& messageId) {
    const int row = d_->messages.rowOf(messageId.toLongLong());
    if (row >= 0) copyText(d_->messages.rows()[static_cast<std::size_t>(row)].text);
    for (const storage::Message& piece : d_->path) {
        if (isText() && piece.id == messageId.toLongLong()) copyText(piece.content);
    }
}

void Conversation::copyText(const QString& text) {
    if (QClipboard* clipboard = QGuiApplication::clipboard()) clipboard->setText(text);
}

void Conversation::retry() {
    d_->retry();
}
void Conversation::errorAction(const QString& messageId, const QString& action) {
    d_->errorAction(messageId.toLongLong(), action);
}
void Conversation::open(qint64 chatId) {
    d_->open(chatId);
}

void Conversation::setTitle(qint64 chatId, const QString& title) {
    if (d_->chat.id != chatId || d_->chat.title == title) return;
    d_->chat.title = title;
    emit titleChanged();
}

}  // namespace kinglet::gui
