// What holds for one chat only: how it is answered, and how full its context is.
#include <algorithm>

#include "app/gui/conversation_p.h"
#include "app/gui/futures.h"
#include "app/gui/model_status.h"
#include "app/gui/settings.h"
#include "app/gui/words.h"
#include "app/starter/starter_model.h"
#include "storage/chat_store.h"

namespace kinglet::gui {

namespace {
const char* const kOwnKeys[] = {"system_prompt",  "temperature", "top_k", "top_p",         "min_p",
                                "repeat_penalty", "max_tokens",  "seed",  "context_length"};
}

QJsonValue ConversationPrivate::setting(const char* key, const QJsonValue& fallback) const {
    const QJsonValue own = chat.settings.value(QLatin1String(key));
    return own.type() == fallback.type() ? own : fallback;
}

void ConversationPrivate::setSetting(const char* key, const QJsonValue& value, const QJsonValue& fallback) {
    if (setting(key, fallback) == value) return;
    if (value == fallback) {
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

double ConversationPrivate::defaultTemperature() const {
    // What the person chose for new chats holds for every model.
    if (s.model->isStarter() && !s.settings->temperatureChosen()) return starter::temperature;
    return s.settings->defaultTemperature();
}

double ConversationPrivate::defaultRepeatPenalty() const {
    if (s.model->isStarter() && !s.settings->repeatPenaltyChosen()) return starter::repeat_penalty;
    return s.settings->defaultRepeatPenalty();
}

Sampling ConversationPrivate::sampling() const {
    Sampling sampling;
    sampling.temperature = q.temperature();
    sampling.topK = q.topK();
    sampling.topP = q.topP();
    sampling.minP = q.minP();
    sampling.repeatPenalty = q.repeatPenalty();
    sampling.maxTokens = q.maxTokens();
    bool isNumber = false;
    const quint64 seed = q.seed().toULongLong(&isNumber);
    if (isNumber) sampling.seed = seed;
    return sampling;
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
    if (!path.isEmpty()) request.turns = turnsOf(path, q.systemPrompt(), firstSeen);
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
    return d_->setting("system_prompt", d_->s.settings->defaultSystemPrompt()).toString();
}
void Conversation::setSystemPrompt(const QString& prompt) {
    d_->setSetting("system_prompt", prompt, d_->s.settings->defaultSystemPrompt());
}
double Conversation::temperature() const {
    return std::clamp(d_->setting("temperature", d_->defaultTemperature()).toDouble(), 0.0, 2.0);
}
void Conversation::setTemperature(double value) {
    d_->setSetting("temperature", std::clamp(value, 0.0, 2.0), d_->defaultTemperature());
}
int Conversation::topK() const {
    return std::clamp(d_->setting("top_k", d_->s.settings->defaultTopK()).toInt(), 0, 1000);
}
void Conversation::setTopK(int value) {
    d_->setSetting("top_k", std::clamp(value, 0, 1000), d_->s.settings->defaultTopK());
}
double Conversation::topP() const {
    return std::clamp(d_->setting("top_p", d_->s.settings->defaultTopP()).toDouble(), 0.05, 1.0);
}
void Conversation::setTopP(double value) {
    d_->setSetting("top_p", std::clamp(value, 0.05, 1.0), d_->s.settings->defaultTopP());
}
double Conversation::minP() const {
    return std::clamp(d_->setting("min_p", d_->s.settings->defaultMinP()).toDouble(), 0.0, 1.0);
}
void Conversation::setMinP(double value) {
    d_->setSetting("min_p", std::clamp(value, 0.0, 1.0), d_->s.settings->defaultMinP());
}
double Conversation::repeatPenalty() const {
    return std::clamp(d_->setting("repeat_penalty", d_->defaultRepeatPenalty()).toDouble(), 1.0, 2.0);
}
void Conversation::setRepeatPenalty(double value) {
    d_->setSetting("repeat_penalty", std::clamp(value, 1.0, 2.0), d_->defaultRepeatPenalty());
}
int Conversation::maxTokens() const {
    return std::clamp(d_->setting("max_tokens", d_->s.settings->defaultMaxTokens()).toInt(), 0, 1 << 20);
}
void Conversation::setMaxTokens(int value) {
    d_->setSetting("max_tokens", std::clamp(value, 0, 1 << 20), d_->s.settings->defaultMaxTokens());
}
QString Conversation::seed() const {
    return d_->setting("seed", QString()).toString();
}
void Conversation::setSeed(const QString& seed) {
    bool isNumber = false;
    seed.trimmed().toULongLong(&isNumber);
    d_->setSetting("seed", isNumber ? seed.trimmed() : QString(), QString());
}
int Conversation::contextLength() const {
    return std::clamp(d_->setting("context_length", d_->s.settings->defaultContextLength()).toInt(), 16,
                      1 << 20);
}
void Conversation::setContextLength(int tokens) {
    d_->setSetting("context_length", std::clamp(tokens, 16, 1 << 20), d_->s.settings->defaultContextLength());
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
        return tr("Nearly full, %1 tokens left. The oldest messages will be left out next.").arg(left);
    }
    return tr("Nearly full, %1 tokens left. Before anything is left out, Kinglet asks you.").arg(left);
}

QString Conversation::contextMemoryText() const {
    return d_->contextBytes > 0 ? tr("Takes %1 of memory.").arg(sizeText(d_->contextBytes)) : QString();
}

}  // namespace kinglet::gui
