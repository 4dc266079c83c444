// What holds for one chat only: how it is answered, and how full its context is.
#include <algorithm>

#include "app/gui/conversation_p.h"
#include "app/gui/futures.h"
#include "app/gui/model_options.h"
#include "app/gui/model_status.h"
#include "app/gui/setting_layers.h"
#include "app/gui/settings.h"
#include "app/gui/words.h"
#include "storage/chat_store.h"

namespace kinglet::gui {

namespace {
const char* const kOwnKeys[] = {"system_prompt",  "temperature", "top_k", "top_p",         "min_p",
                                "repeat_penalty", "max_tokens",  "seed",  "context_length"};
}

SettingLayers layersOf(const QJsonObject& chatSettings, const ConversationServices& services) {
    return {chatSettings, services.options->of(services.model->nextPath()),
            services.model->suggestedSampling(),
            programSettings(*services.settings, services.model->isStarter())};
}

QJsonValue ConversationPrivate::setting(const char* key) const {
    return findSetting(layersOf(chat.settings, s), QLatin1String(key)).value;
}

void ConversationPrivate::setSetting(const char* key, const QJsonValue& wanted) {
    const QJsonValue value = admittedSetting(QLatin1String(key), wanted);
    if (value.isUndefined() || setting(key) == value) return;
    if (value == findSetting(layersOf({}, s), QLatin1String(key)).value) {
        chat.settings.remove(QLatin1String(key));
    } else {
        chat.settings.insert(QLatin1String(key), value);
    }
    if (chat.id) settingsTimer.start();
    emit q.settingsChanged();
    emit q.contextChanged();
    measureSoon();
}

void ConversationPrivate::saveSettings() {
    settingsTimer.stop();
    if (chat.id) s.chats->setSettings(chat.id, chat.settings);
}

int ConversationPrivate::effectiveContextLength() const {
    const int trained = s.model->contextLengthTrained();
    return trained > 0 ? std::min(q.contextLength(), trained) : q.contextLength();
}

void ConversationPrivate::measureSoon() {
    measureTimer.start();
}

void ConversationPrivate::measure() {
    if (job || sending || loading || s.model->state() != ModelStatus::Ready) return;
    MeasureRequest request;
    const qint64 firstSeen = chat.settings.value(QLatin1String("context_start")).toInteger();
    if (isText()) {
        request.text = page.text().mid(page.unseenLength());
    } else if (!path.isEmpty()) {
        request.turns = turnsOf(path, q.systemPrompt(), firstSeen);
    }
    request.contextLength = effectiveContextLength();
    if (measureRequest) s.engine->cancel(measureRequest);
    measureRequest = s.engine->measure(request);
}

void ConversationPrivate::onMeasured(const Outcome& outcome) {
    measureRequest = 0;
    if (outcome.kind != Outcome::Measured || job) return;
    contextUsed = outcome.tokens;
    contextLimit = outcome.contextLength;
    contextBytes = outcome.contextBytes;
    emit q.contextChanged();
}

QString ConversationPrivate::sendBlockedReason() const {
    if (loading) return Conversation::tr("This chat is being opened.");
    if (job || sending) return Conversation::tr("Wait for the answer, or stop it.");
    if (s.model->state() == ModelStatus::None && s.model->nextPath().isEmpty()) {
        return Conversation::tr("Choose a model first.");
    }
    return {};
}

QString Conversation::systemPrompt() const {
    return d_->setting("system_prompt").toString();
}
void Conversation::setSystemPrompt(const QString& prompt) {
    d_->setSetting("system_prompt", prompt);
}
double Conversation::temperature() const {
    return d_->setting("temperature").toDouble();
}
void Conversation::setTemperature(double value) {
    d_->setSetting("temperature", value);
}
int Conversation::topK() const {
    return d_->setting("top_k").toInt();
}
void Conversation::setTopK(int value) {
    d_->setSetting("top_k", value);
}
double Conversation::topP() const {
    return d_->setting("top_p").toDouble();
}
void Conversation::setTopP(double value) {
    d_->setSetting("top_p", value);
}
double Conversation::minP() const {
    return d_->setting("min_p").toDouble();
}
void Conversation::setMinP(double value) {
    d_->setSetting("min_p", value);
}
double Conversation::repeatPenalty() const {
    return d_->setting("repeat_penalty").toDouble();
}
void Conversation::setRepeatPenalty(double value) {
    d_->setSetting("repeat_penalty", value);
}
int Conversation::maxTokens() const {
    return d_->setting("max_tokens").toInt();
}
void Conversation::setMaxTokens(int value) {
    d_->setSetting("max_tokens", value);
}
QString Conversation::seed() const {
    return d_->setting("seed").toString();
}
void Conversation::setSeed(const QString& seed) {
    bool isNumber = false;
    seed.trimmed().toULongLong(&isNumber);
    d_->setSetting("seed", isNumber ? seed.trimmed() : QString());
}
int Conversation::contextLength() const {
    return d_->setting("context_length").toInt();
}
void Conversation::setContextLength(int tokens) {
    d_->setSetting("context_length", tokens);
}
int Conversation::contextLengthMax() const {
    const int trained = d_->s.model->contextLengthTrained();
    return trained > 0 ? trained : 32768;
}

bool Conversation::settingsModified() const {
    return std::any_of(std::begin(kOwnKeys), std::end(kOwnKeys),
                       [&](const char* key) { return d_->chat.settings.contains(QLatin1String(key)); });
}

void Conversation::resetSettings() {
    for (const char* key : kOwnKeys) d_->chat.settings.remove(QLatin1String(key));
    d_->saveSettings();
    emit settingsChanged();
    emit contextChanged();
    d_->measureSoon();
}

int Conversation::contextUsed() const {
    return d_->contextUsed;
}
int Conversation::contextLimit() const {
    return d_->contextLimit > 0 ? d_->contextLimit : d_->effectiveContextLength();
}
double Conversation::contextFraction() const {
    return contextLimit() > 0 ? std::clamp(static_cast<double>(contextUsed()) / contextLimit(), 0.0, 1.0)
                              : 0.0;
}

QString Conversation::contextWarning() const {
    if (contextFraction() < 0.8) return {};
    const QString left = countText(std::max(0, contextLimit() - contextUsed()));
    if (d_->chat.settings.value(QLatin1String("drop_oldest")).toBool()) {
        return d_->isText()
                   ? tr("Nearly full, %1 tokens left. The beginning will be left out next.").arg(left)
                   : tr("Nearly full, %1 tokens left. The oldest messages will be left out next.").arg(left);
    }
    return tr("Nearly full, %1 tokens left. Before anything is left out, Kinglet asks you.").arg(left);
}

QString Conversation::contextMemoryText() const {
    return d_->contextBytes > 0 ? tr("Takes %1 of memory.").arg(sizeText(d_->contextBytes)) : QString();
}

}  // namespace kinglet::gui
