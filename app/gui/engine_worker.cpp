#include "app/gui/engine_worker.h"

#include <QCoreApplication>
#include <QFile>
#include <algorithm>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "app/gui/engine_device.h"
#include "app/gui/fitting_text.h"
#include "app/gui/words.h"
#include "app/machine/limits.h"

#ifdef Q_OS_LINUX
#include <unistd.h>
#endif

namespace kinglet::gui {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kTextInterval{30};

/// A context that is nearly full leaves no room for a useful answer; this much is kept free before one
/// begins.
int answerReserve(int contextLength, int maxTokens) {
    const int wanted = std::max(16, contextLength / 8);
    return maxTokens > 0 ? std::min(maxTokens, wanted) : wanted;
}

chat::Message toMessage(const Turn& turn) {
    return {turn.role.toStdString(), turn.content.toStdString()};
}

QString reasonName(engine::FinishReason reason) {
    switch (reason) {
        case engine::FinishReason::end_of_turn:
            return QStringLiteral("end");
        case engine::FinishReason::stop_text:
            return QStringLiteral("stop");
        case engine::FinishReason::max_tokens:
            return QStringLiteral("max_tokens");
        case engine::FinishReason::context_full:
            return QStringLiteral("context_full");
        case engine::FinishReason::cancelled:
            return QStringLiteral("cancelled");
    }
    return {};
}

Outcome failed(const Error& error) {
    Outcome outcome;
    outcome.kind = error.code == ErrorCode::cancelled ? Outcome::Cancelled : Outcome::Failed;
    outcome.failure = failureFrom(error);
    return outcome;
}

Outcome noModel() {
    Outcome outcome;
    outcome.failure.kind = FailureKind::NoModel;
    outcome.failure.message = QCoreApplication::translate("EngineWorker", "No model is loaded.");
    outcome.failure.hint = QCoreApplication::translate("EngineWorker", "Choose a model, then ask again.");
    return outcome;
}

Outcome cancelledOutcome() {
    Outcome outcome;
    outcome.kind = Outcome::Cancelled;
    return outcome;
}

ModelFacts factsOf(const engine::ModelInfo& info) {
    ModelFacts facts;
    facts.path = QString::fromStdU16String(info.path.u16string());
    facts.name = QString::fromStdString(info.name);
    facts.architecture = QString::fromStdString(info.architecture);
    facts.quantization = QString::fromStdString(info.quantization);
    facts.chatTemplate = QString::fromStdString(info.chat_template);
    facts.fileBytes = static_cast<qint64>(info.file_bytes);
    facts.parameterCount = static_cast<qint64>(info.parameter_count);
    facts.contextLength = info.context_length;
    facts.threads = info.threads;
    facts.sampling = toJson(info.sampling);
    for (const std::string& warning : info.warnings) facts.warnings.append(QString::fromStdString(warning));
    return facts;
}

engine::GenerateParams paramsFrom(const Sampling& sampling) {
    engine::GenerateParams params;
    params.sampling.temperature = static_cast<float>(sampling.temperature);
    params.sampling.top_k = sampling.topK;
    params.sampling.top_p = static_cast<float>(sampling.topP);
    params.sampling.min_p = static_cast<float>(sampling.minP);
    params.sampling.repeat_penalty = static_cast<float>(sampling.repeatPenalty);
    if (sampling.seed) params.sampling.seed = *sampling.seed;
    params.max_tokens = sampling.maxTokens;
    return params;
}

AnswerStats statsFrom(const engine::GenerateStats& from) {
    AnswerStats stats;
    stats.promptTokens = from.prompt_tokens;
    stats.reusedTokens = from.reused_tokens;
    stats.answerTokens = from.answer_tokens;
    stats.firstTokenSeconds = from.first_token_time.count();
    stats.generateSeconds = from.generate_time.count();
    stats.contextUsed = from.context_used;
    stats.contextLength = from.context_length;
    stats.seed = from.seed;
    stats.finishReason = reasonName(from.reason);
    return stats;
}

/// A model without a chat template goes on with what there is, whoever wrote it.
Result<std::string> rendered(const engine::Model& model, const std::vector<chat::Message>& messages) {
    if (model.info().chat_template != "none") return model.render_chat(messages);
    std::string text;
    for (const chat::Message& message : messages) {
        if (!text.empty()) text += '\n';
        text += message.content;
    }
    return text;
}

}  // namespace

/// A conversation as the model will see it.
struct EngineWorker::Prompt {
    std::vector<Token> tokens;
    int droppedTurns = 0;
    qsizetype droppedText = 0;
    /// The template has opened the model's thoughts already, so its answer will not.
    bool beginsThinking = false;
};

Failure failureFrom(const Error& error) {
    Failure failure;
    switch (error.code) {
        case ErrorCode::not_found:
        case ErrorCode::permission_denied:
        case ErrorCode::not_a_file:
        case ErrorCode::io:
        case ErrorCode::truncated:
        case ErrorCode::bad_format:
        case ErrorCode::unsupported:
        case ErrorCode::too_large:
            failure.kind = FailureKind::ModelFile;
            break;
        case ErrorCode::out_of_memory:
            failure.kind = FailureKind::OutOfMemory;
            break;
        case ErrorCode::context_full:
            failure.kind = FailureKind::ContextFull;
            break;
        case ErrorCode::template_failed:
        case ErrorCode::invalid_argument:
        case ErrorCode::device_lost:
        case ErrorCode::cancelled:
            failure.kind = FailureKind::Other;
            break;
    }
    failure.path = QString::fromStdString(error.path);
    failure.message = sentence(QString::fromStdString(error.message), failure.path);
    failure.hint = sentence(QString::fromStdString(error.hint), failure.path);
    return failure;
}

QJsonObject toJson(const engine::SamplingDefaults& suggested) {
    QJsonObject json;
    const auto add = [&json](const char* key, const auto& value) {
        // A float's digits, since 0.6 as a float is not 0.6 as a double.
        if (value) json.insert(QLatin1String(key), QString::number(*value).toDouble());
    };
    add("temperature", suggested.temperature);
    add("top_k", suggested.top_k);
    add("top_p", suggested.top_p);
    add("min_p", suggested.min_p);
    add("repeat_penalty", suggested.repeat_penalty);
    return json;
}

qint64 residentBytes() {
#ifdef Q_OS_LINUX
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly)) return 0;
    const QList<QByteArray> fields = file.readAll().split(' ');
    return fields.size() > 1 ? fields[1].toLongLong() * sysconf(_SC_PAGESIZE) : 0;
#else
    return 0;
#endif
}

void EngineWorker::load(RequestId id, const LoadRequest& request, const std::stop_token& stop) {
    // The old model goes first: two at once may not fit into memory.
    session_.reset();
    model_.reset();
    engine::LoadOptions options;
    options.threads = request.threads;
    options.stop = stop;
    options.resident_memory = machine::memory_for_weights();
    kvType_ = kvTypeNamed(request.kvType);
    prepareDevice(request, options);
    for (const AdapterRequest& adapter : request.adapters)
        options.adapters.push_back(
            {std::filesystem::path(adapter.path.toStdU16String()), static_cast<float>(adapter.strength)});
    options.on_progress = [this, id](float fraction) {
        emit loadProgress(id, static_cast<double>(fraction));
    };
    auto loaded = engine::Model::load(std::filesystem::path(request.path.toStdU16String()), options);
    if (!loaded) {
        trial_.end();
        Outcome outcome = failed(loaded.error());
        if (outcome.failure.path.isEmpty()) outcome.failure.path = request.path;
        const QString& concerned = outcome.failure.path;
        const bool isAdapter = std::any_of(request.adapters.begin(), request.adapters.end(),
                                           [&](const auto& each) { return each.path == concerned; });
        if (isAdapter && outcome.failure.kind != FailureKind::OutOfMemory) {
            outcome.failure.kind = FailureKind::Adapter;
            outcome.failure.message = sentence(outcome.failure.message, request.path);
        }
        emit finished(id, outcome);
        return;
    }
    model_ = std::move(*loaded);
    Outcome outcome;
    outcome.kind = Outcome::Loaded;
    outcome.model = factsOf(model_->info());
    cardExpected_ = request.device == QLatin1String("vulkan");
    outcome.model.device = deviceNow();
    outcome.model.path = request.path;  // as the caller wrote it: it is the key everywhere else
    outcome.residentBytes = residentBytes();
    emit finished(id, outcome);
}

/// Where to compute; a driver that ended the program is not tried the next time.
void EngineWorker::prepareDevice(const LoadRequest& request, engine::LoadOptions& options) {
    trial_.end();
    distrust_.clear();
    if (request.device != QLatin1String("cpu") && trial_.failedLastTime()) {
        options.device.use = engine::DeviceUse::processor;
        distrust_ =
            QCoreApplication::translate("EngineWorker",
                                        "Kinglet ended without warning when it last used the graphics "
                                        "card, so the processor answers this time.");
        return;
    }
    if (!request.card.isEmpty()) trial_.begin();  // drivers are asked for their names
    options.device = deviceOptions(request);
    // A driver that computes has yet to show that it can: the first answer still belongs to the trial.
    options.device.on_drivers = [this](bool used) { used ? trial_.begin() : trial_.end(); };
}

DeviceFacts EngineWorker::deviceNow() const {
    DeviceFacts facts = deviceFacts(*model_, cardExpected_);
    if (facts.remark.isEmpty()) facts.remark = distrust_;
    return facts;
}

void EngineWorker::unload(RequestId id) {
    session_.reset();
    model_.reset();
    Outcome outcome;
    outcome.kind = Outcome::Unloaded;
    outcome.residentBytes = residentBytes();
    emit finished(id, outcome);
}

int EngineWorker::sessionLength(int wanted) const {
    const int trained = model_->info().context_length;
    const int unasked = trained > 0 ? std::min(trained, 4096) : 4096;
    if (wanted <= 0) return unasked;
    return trained > 0 ? std::min(wanted, trained) : wanted;
}

Status EngineWorker::prepareSession(int contextLength) {
    if (session_ && session_->context_length() == contextLength) return {};
    session_.reset();
    engine::SessionOptions options;
    options.context_length = contextLength;
    options.kv_type = kvType_;
    auto session = engine::Session::create(model_, options);
    if (!session) return tl::unexpected(session.error());
    session_ = std::move(*session);
    return {};
}

Result<EngineWorker::Prompt> EngineWorker::makePrompt(const QList<Turn>& turns, qsizetype dropped) const {
    std::vector<chat::Message> messages;
    const qsizetype first = !turns.isEmpty() && turns.first().role == QLatin1String("system") ? 1 : 0;
    for (qsizetype i = 0; i < turns.size(); ++i) {
        if (i < first || i >= first + dropped) messages.push_back(toMessage(turns[i]));
    }
    auto text = rendered(*model_, messages);
    if (!text) return tl::unexpected(text.error());
    Prompt prompt;
    prompt.tokens = model_->tokenize_prompt(*text);
    prompt.droppedTurns = static_cast<int>(dropped);
    const std::size_t end = text->find_last_not_of(" \t\r\n");
    const std::string_view visible =
        std::string_view(*text).substr(0, end == std::string::npos ? 0 : end + 1);
    prompt.beginsThinking = visible.ends_with("<think>");
    return prompt;
}

/// Leaves out the oldest turns, if that is allowed, so that three quarters of the context are used: room for
/// several more turns before the beginning changes, and with it everything that the cache holds.
Result<EngineWorker::Prompt> EngineWorker::makeFittingPrompt(const GenerateRequest& request, int limit,
                                                             int reserve) const {
    auto whole = makePrompt(request.turns, 0);
    if (!whole || static_cast<int>(whole->tokens.size()) + reserve <= limit || !request.mayDropOldest)
        return whole;
    const qsizetype first =
        !request.turns.isEmpty() && request.turns.first().role == QLatin1String("system") ? 1 : 0;
    const int target = limit * 3 / 4;
    QList<qsizetype> starts;  // how many turns may go so that the rest begins with the person
    for (qsizetype dropped = 1; first + dropped < request.turns.size(); ++dropped) {
        if (request.turns[first + dropped].role == QLatin1String("user")) starts.append(dropped);
    }
    if (starts.isEmpty()) return whole;
    qsizetype low = 0;
    qsizetype high = starts.size() - 1;
    Result<Prompt> best = makePrompt(request.turns, starts[high]);
    while (best && low < high) {
        const qsizetype middle = (low + high) / 2;
        auto tried = makePrompt(request.turns, starts[middle]);
        if (!tried) return tried;
        if (static_cast<int>(tried->tokens.size()) <= target) {
            high = middle;
            best = std::move(tried);
        } else {
            low = middle + 1;
        }
    }
    return best;
}

std::vector<Token> EngineWorker::tokensOf(const QString& text) const {
    const std::string bytes = text.toStdString();
    return session_ ? session_->tokenize_text(bytes) : model_->tokenize_text(bytes);
}

/// Leaves out the beginning of a text, if that is allowed, so that three quarters of the context are used.
EngineWorker::Prompt EngineWorker::makeFittingText(const GenerateRequest& request, int limit,
                                                   int reserve) const {
    Prompt prompt;
    const QString& text = *request.text;
    prompt.tokens = tokensOf(text);
    if (static_cast<int>(prompt.tokens.size()) + reserve <= limit || !request.mayDropOldest) return prompt;
    prompt.droppedText = fittingStart(text, static_cast<std::size_t>(limit) * 3 / 4,
                                      [this](const QString& part) { return tokensOf(part).size(); });
    prompt.tokens = tokensOf(text.mid(prompt.droppedText));
    return prompt;
}

void EngineWorker::generate(RequestId id, const GenerateRequest& request, const std::stop_token& stop) {
    Outcome outcome = noModel();
    if (stop.stop_requested()) {
        outcome = cancelledOutcome();
    } else if (model_) {
        outcome = answer(id, request, stop);
    }
    outcome.residentBytes = residentBytes();
    emit finished(id, outcome);
}

Outcome EngineWorker::answer(RequestId id, const GenerateRequest& request, const std::stop_token& stop) {
    const int limit = sessionLength(request.contextLength);
    const int reserve = answerReserve(limit, request.sampling.maxTokens);
    auto prompt = request.text ? Result<Prompt>(makeFittingText(request, limit, reserve))
                               : makeFittingPrompt(request, limit, reserve);
    if (!prompt) return failed(prompt.error());
    const int needed = static_cast<int>(prompt->tokens.size());
    if (needed + reserve > limit) {
        Outcome outcome;
        outcome.failure.kind = FailureKind::ContextFull;
        outcome.failure.message =
            (request.text ? QCoreApplication::translate("EngineWorker",
                                                        "The text takes %1 tokens and the context holds %2.")
                          : QCoreApplication::translate(
                                "EngineWorker", "The conversation takes %1 tokens and the context holds %2."))
                .arg(needed)
                .arg(limit);
        outcome.failure.neededTokens = needed + reserve;
        outcome.failure.availableTokens = limit;
        outcome.contextLength = limit;
        return outcome;
    }
    if (const Status ready = prepareSession(limit); !ready) return failed(ready.error());
    return run(id, *prompt, request.sampling, stop);
}

Outcome EngineWorker::run(RequestId id, const Prompt& prompt, const Sampling& sampling,
                          const std::stop_token& stop) {
    std::string waiting;
    Clock::time_point lastText{};
    Clock::time_point firstToken{};
    int answerTokens = 0;
    int contextUsed = static_cast<int>(prompt.tokens.size());
    const auto flush = [&](Clock::time_point now) {
        if (waiting.empty()) return;
        const double seconds = std::chrono::duration<double>(now - firstToken).count();
        const double speed = answerTokens > 1 && seconds > 0 ? (answerTokens - 1) / seconds : 0.0;
        emit textReady(id, QString::fromStdString(waiting), answerTokens, contextUsed, speed);
        waiting.clear();
        lastText = now;
    };
    if (prompt.beginsThinking) waiting = "<think>\n";

    engine::GenerateCallbacks callbacks;
    callbacks.on_text = [&](std::string_view piece) { waiting.append(piece); };
    callbacks.on_prompt_progress = [&](int done, int total) { emit promptProgress(id, done, total); };
    callbacks.on_token = [&](int tokens, int used) {
        const Clock::time_point now = Clock::now();
        if (answerTokens == 0) firstToken = now;
        answerTokens = tokens;
        contextUsed = used;
        if (now - lastText >= kTextInterval) flush(now);
    };
    const bool onCard = model_->device().number >= 0;
    auto stats = session_->generate(prompt.tokens, paramsFrom(sampling), callbacks, stop);
    flush(Clock::now());
    trial_.end();
    cardExpected_ = cardExpected_ || onCard;
    Outcome outcome;
    if (!stats) outcome = failed(stats.error());
    outcome.device = deviceNow();
    if (!stats) return outcome;
    outcome.kind = stats->reason == engine::FinishReason::cancelled ? Outcome::Cancelled : Outcome::Answered;
    outcome.stats = statsFrom(*stats);
    outcome.stats.droppedTurns = prompt.droppedTurns;
    outcome.stats.droppedText = prompt.droppedText;
    return outcome;
}

void EngineWorker::measure(RequestId id, const MeasureRequest& request, const std::stop_token& stop) {
    Outcome outcome = noModel();
    if (stop.stop_requested()) {
        outcome = cancelledOutcome();
    } else if (model_) {
        // An empty conversation takes nothing, and templates need not know what to do with it.
        auto prompt = request.turns.isEmpty() ? Result<Prompt>(Prompt{}) : makePrompt(request.turns, 0);
        if (prompt && request.text && !request.text->isEmpty()) prompt->tokens = tokensOf(*request.text);
        if (prompt) {
            outcome = {};
            outcome.kind = Outcome::Measured;
            outcome.tokens = static_cast<int>(prompt->tokens.size());
            outcome.contextLength = sessionLength(request.contextLength);
            outcome.contextBytes = static_cast<qint64>(model_->kv_bytes(outcome.contextLength, kvType_));
        } else {
            outcome = failed(prompt.error());
        }
    }
    outcome.residentBytes = residentBytes();
    emit finished(id, outcome);
}

}  // namespace kinglet::gui
