#include "app/gui/answers.h"

#include <QDateTime>

#include "app/gui/futures.h"
#include "app/gui/model_status.h"
#include "app/gui/text_versions.h"
#include "storage/chat_store.h"

namespace kinglet::gui {

namespace {

constexpr int kCheckpointMs = 1000;

/// Among the settings that are kept with an answer: the starter model wrote it.
const char* const kStarterMark = "starter";

struct KindName {
    FailureKind kind;
    const char* name;
};
constexpr KindName kKinds[] = {
    {FailureKind::NoModel, "no_model"},         {FailureKind::ModelFile, "model_file"},
    {FailureKind::Adapter, "adapter"},          {FailureKind::OutOfMemory, "out_of_memory"},
    {FailureKind::ContextFull, "context_full"}, {FailureKind::Other, "other"}};

}  // namespace

bool fromStarter(const QJsonObject& answerSettings) {
    return answerSettings.value(QLatin1String(kStarterMark)).toBool();
}

QJsonObject toJson(const Failure& failure) {
    QJsonObject json;
    for (const KindName& kind : kKinds) {
        if (kind.kind == failure.kind) json.insert(QStringLiteral("kind"), QLatin1String(kind.name));
    }
    json.insert(QStringLiteral("message"), failure.message);
    if (!failure.hint.isEmpty()) json.insert(QStringLiteral("hint"), failure.hint);
    if (!failure.path.isEmpty()) json.insert(QStringLiteral("path"), failure.path);
    if (failure.neededTokens > 0) {
        json.insert(QStringLiteral("needed_tokens"), failure.neededTokens);
        json.insert(QStringLiteral("available_tokens"), failure.availableTokens);
    }
    return json;
}

Failure failureFromJson(const QJsonObject& json) {
    Failure failure;
    const QString name = json.value(QLatin1String("kind")).toString();
    for (const KindName& kind : kKinds) {
        if (name == QLatin1String(kind.name)) failure.kind = kind.kind;
    }
    failure.message = json.value(QLatin1String("message")).toString();
    failure.hint = json.value(QLatin1String("hint")).toString();
    failure.path = json.value(QLatin1String("path")).toString();
    failure.neededTokens = json.value(QLatin1String("needed_tokens")).toInt();
    failure.availableTokens = json.value(QLatin1String("available_tokens")).toInt();
    return failure;
}

AnswerJob::AnswerJob(AnswerRequest request, EngineInterface& engine, ModelStatus& model,
                     storage::ChatStore& chats, QObject* parent)
    : QObject(parent), request_(std::move(request)), engine_(engine), model_(model), chats_(chats) {
    if (isContinuation()) splitter_.expectNone();
    checkpoints_.setInterval(kCheckpointMs);
    connect(&checkpoints_, &QTimer::timeout, this, &AnswerJob::checkpoint);
    connect(&model_, &ModelStatus::settled, this, &AnswerJob::onModelSettled);
    connect(&engine_, &EngineInterface::promptProgress, this, [this](RequestId id, int done, int total) {
        if (id != engineRequest_ || phase_ != ReadingPrompt) return;
        promptProgress_ = total > 0 ? static_cast<double>(done) / total : 0;
        emit changed();
    });
    connect(&engine_, &EngineInterface::textReady, this,
            [this](RequestId id, const QString& text, int tokens, int used, double speed) {
                if (id == engineRequest_ && phase_ < Saving) onText(text, tokens, used, speed);
            });
    connect(&engine_, &EngineInterface::finished, this, [this](RequestId id, const Outcome& outcome) {
        if (id == engineRequest_ && phase_ < Saving) onFinished(outcome);
    });
}

void AnswerJob::setPhase(Phase phase) {
    if (phase_ == phase) return;
    phase_ = phase;
    emit changed();
}

void AnswerJob::begin() {
    if (phase_ == Done) return;  // stopped before it began
    if (model_.state() == ModelStatus::Ready) {
        generate();
        return;
    }
    waitingForModel_ = true;
    if (model_.state() == ModelStatus::Loading) return;
    const QString path = model_.nextPath();
    if (path.isEmpty()) {
        Failure failure;
        failure.kind = FailureKind::NoModel;
        end(storage::MessageStatus::Error, failure, {});
        return;
    }
    model_.load(path);
}

void AnswerJob::onModelSettled() {
    if (!waitingForModel_ || phase_ != WaitingForModel) return;
    switch (model_.state()) {
        case ModelStatus::Ready:
            generate();
            break;
        case ModelStatus::Failed:
            end(storage::MessageStatus::Error, model_.failure(), {});
            break;
        case ModelStatus::None:
            stopRequested_ = true;
            end(storage::MessageStatus::Stopped, {}, {});
            break;
        case ModelStatus::Loading:
            break;
    }
}

void AnswerJob::generate() {
    waitingForModel_ = false;
    modelName_ = model_.name();
    if (request_.sampling) request_.generate.sampling = request_.sampling();
    if (model_.isStarter()) request_.settings.insert(QLatin1String(kStarterMark), true);
    engineRequest_ = engine_.generate(request_.generate);
    setPhase(ReadingPrompt);
}

double AnswerJob::thinkingSeconds() const {
    if (thinkingSeconds_ > 0 || thinkingBegunMs_ == 0) return thinkingSeconds_;
    return static_cast<double>(QDateTime::currentMSecsSinceEpoch() - thinkingBegunMs_) / 1000.0;
}

qint64 AnswerJob::firstSeenId() const {
    if (stats_.droppedTurns <= 0) return 0;
    const qsizetype system = !request_.turnIds.isEmpty() && request_.turnIds.first() == 0 ? 1 : 0;
    return request_.turnIds.value(system + stats_.droppedTurns);
}

void AnswerJob::onText(const QString& text, int tokens, int used, double speed) {
    splitter_.append(isContinuation() ? asShown(text) : text);
    answerTokens_ = tokens;
    contextUsed_ = used;
    if (speed > 0) tokensPerSecond_ = speed;
    if (splitter_.isThinking() && thinkingBegunMs_ == 0)
        thinkingBegunMs_ = QDateTime::currentMSecsSinceEpoch();
    if (!splitter_.isThinking() && thinkingBegunMs_ != 0 && thinkingSeconds_ <= 0)
        thinkingSeconds_ = thinkingSeconds();
    const bool first = phase_ != Writing;
    phase_ = Writing;
    ensureSaved();
    emit textGrew();
    if (first) emit changed();
}

void AnswerJob::ensureSaved() {
    if (startAsked_) return;
    startAsked_ = true;
    checkpoints_.start();
    whenDone(this, chats_.startAnswer(request_.chatId, request_.parentId, modelName_, request_.settings),
             [this](const storage::Result<storage::Message>& answer) {
                 if (!answer) {
                     // The words are shown all the same; they are only not kept.
                     emit storageFailed(answer.error());
                     startFailed_ = true;
                     if (phase_ == Saving) finishUp();
                     return;
                 }
                 message_ = *answer;
                 messageId_ = message_.id;
                 emit saved();
                 if (phase_ == Saving) {
                     save();
                 } else {
                     checkpoint();
                 }
             });
}

void AnswerJob::checkpoint() {
    const qint64 length = text().size() + thinking().size();
    if (messageId_ == unsavedId || length == keptLength_) return;
    keptLength_ = length;
    whenDone(this, chats_.checkpointAnswer(messageId_, text(), thinking()),
             [this, length](const storage::Result<void>& done) {
                 if (done) {
                     emit kept(length);
                 } else if (phase_ < Saving) {
                     keptLength_ = 0;
                     emit storageFailed(done.error());
                 }
             });
}

void AnswerJob::stop() {
    if (phase_ >= Saving || stopRequested_) return;
    stopRequested_ = true;
    if (engineRequest_) {
        engine_.cancel(engineRequest_);
    } else {
        end(storage::MessageStatus::Stopped, {}, {});
    }
}

void AnswerJob::abandon() {
    if (phase_ == Done) return;
    splitter_.finish();
    if (engineRequest_) engine_.cancel(engineRequest_);
    if (messageId_ != unsavedId && phase_ != Saving) {
        chats_.finishAnswer(messageId_, endOf(storage::MessageStatus::Stopped, {}));
    }
    phase_ = Done;
}

void AnswerJob::onFinished(const Outcome& outcome) {
    stats_ = outcome.stats;
    splitter_.finish();
    if (thinkingBegunMs_ != 0 && thinkingSeconds_ <= 0) thinkingSeconds_ = thinkingSeconds();
    if (stats_.answerTokens > 0) {
        answerTokens_ = stats_.answerTokens;
        contextUsed_ = stats_.contextUsed;
        if (stats_.tokensPerSecond() > 0) tokensPerSecond_ = stats_.tokensPerSecond();
    }
    emit textGrew();
    if (outcome.kind == Outcome::Cancelled) {
        stopRequested_ = true;
        end(storage::MessageStatus::Stopped, {}, {});
    } else if (outcome.kind == Outcome::Answered) {
        QJsonObject note;
        if (stats_.finishReason == QLatin1String("max_tokens") ||
            stats_.finishReason == QLatin1String("context_full")) {
            note.insert(QStringLiteral("ended_by"), stats_.finishReason);
            note.insert(QStringLiteral("tokens"), stats_.answerTokens);
        }
        end(storage::MessageStatus::Complete, {}, note);
    } else {
        end(storage::MessageStatus::Error, outcome.failure, toJson(outcome.failure));
    }
}

storage::AnswerEnd AnswerJob::endOf(storage::MessageStatus status, const QJsonObject& error) const {
    storage::AnswerEnd end;
    end.status = status;
    end.content = text();
    end.thinking = thinking();
    end.thinkingSeconds = thinkingSeconds_;
    end.promptTokens = stats_.promptTokens;
    end.answerTokens = answerTokens_;
    end.tokensPerSecond = tokensPerSecond_;
    end.firstTokenMs = stats_.firstTokenSeconds * 1000;
    end.error = error;
    return end;
}

void AnswerJob::end(storage::MessageStatus status, const Failure& failure, const QJsonObject& error) {
    checkpoints_.stop();
    failure_ = failure;
    endStatus_ = status;
    endError_ = error;
    // A model may answer with nothing at all: that, too, is an answer and is kept.
    if (status == storage::MessageStatus::Complete && !isContinuation()) ensureSaved();
    if (!startAsked_ || startFailed_) {
        finishUp();
        return;
    }
    phase_ = Saving;
    if (messageId_ != unsavedId) save();
}

void AnswerJob::save() {
    whenDone(this, chats_.finishAnswer(messageId_, endOf(endStatus_, endError_)),
             [this](const storage::Result<storage::Message>& answer) {
                 if (answer) {
                     message_ = *answer;
                 } else {
                     message_.content = text();
                     message_.status = endStatus_;
                     emit storageFailed(answer.error());
                 }
                 finishUp();
             });
}

void AnswerJob::finishUp() {
    setPhase(Done);
    emit ended();
}

Answers::Answers(EngineInterface& engine, ModelStatus& model, storage::ChatStore& chats, QObject* parent)
    : QObject(parent), engine_(engine), model_(model), chats_(chats) {}

Answers::~Answers() = default;

AnswerJob* Answers::start(const AnswerRequest& request) {
    if (jobs_.contains(request.chatId)) return nullptr;
    auto* job = new AnswerJob(request, engine_, model_, chats_, this);
    jobs_.insert(request.chatId, job);
    connect(job, &AnswerJob::storageFailed, this, &Answers::storageFailed);
    connect(job, &AnswerJob::ended, this, [this, job] {
        jobs_.remove(job->chatId());
        emit ended(job);
        job->deleteLater();
    });
    emit started(job);
    // Not at once: whoever started it is to know the job before it can end.
    QMetaObject::invokeMethod(job, &AnswerJob::begin, Qt::QueuedConnection);
    return job;
}

void Answers::shutdown() {
    for (AnswerJob* job : std::as_const(jobs_)) job->abandon();
}

}  // namespace kinglet::gui
