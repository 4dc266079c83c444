#include "app/gui/fake_engine.h"

#include <QFileInfo>
#include <algorithm>

namespace kinglet::gui {

namespace {
constexpr int kCharactersAToken = 4;
constexpr int kLoadSteps = 4;
constexpr qint64 kBytesAPosition = 22 * 1024;
}  // namespace

FakeEngine::FakeEngine(QObject* parent) : EngineInterface(parent) {
    timer_.setInterval(2);
    connect(&timer_, &QTimer::timeout, this, &FakeEngine::step);
}

void FakeEngine::setModel(const ModelFacts& facts) {
    models_.insert(facts.path, facts);
}

void FakeEngine::setLoadFailure(const QString& path, const Failure& failure) {
    loadFailures_.insert(path, failure);
}

void FakeEngine::setPace(int milliseconds, int characters) {
    timer_.setInterval(milliseconds);
    characters_ = std::max(1, characters);
}

void FakeEngine::release() {
    released_ = true;
}

RequestId FakeEngine::add(Job job) {
    job.id = ++last_;
    jobs_.enqueue(job);
    if (!timer_.isActive()) timer_.start();
    return job.id;
}

RequestId FakeEngine::load(const LoadRequest& request) {
    loadRequests.append(request);
    for (Job& job : jobs_) job.stop = true;
    Job job{Job::Load};
    job.load = request;
    return add(job);
}

RequestId FakeEngine::unload() {
    for (Job& job : jobs_) job.stop = true;
    return add(Job{Job::Unload});
}

RequestId FakeEngine::generate(const GenerateRequest& request) {
    generateRequests.append(request);
    Job job{Job::Generate};
    job.generate = request;
    return add(job);
}

RequestId FakeEngine::measure(const MeasureRequest& request) {
    Job job{Job::Measure};
    job.measure = request;
    return add(job);
}

void FakeEngine::cancel(RequestId id) {
    for (Job& job : jobs_) {
        if (job.id != id) continue;
        job.stop = true;
        cancelled.append(id);
    }
}

void FakeEngine::finish(const Job& job, Outcome outcome) {
    outcome.residentBytes = loaded_ ? loaded_->fileBytes + (qint64(73) << 20) : qint64(73) << 20;
    emit finished(job.id, outcome);
}

int FakeEngine::countTokens(const QList<Turn>& turns, const std::optional<QString>& text) const {
    qsizetype tokens = text ? (text->size() + kCharactersAToken - 1) / kCharactersAToken : 0;
    for (const Turn& turn : turns) tokens += turn.content.size() / kCharactersAToken + 4;
    return static_cast<int>(tokens);
}

qint64 FakeEngine::contextBytes(int positions, const QString& kvType) {
    const qint64 whole = positions * kBytesAPosition;
    return kvType == QLatin1String("q8_0")   ? whole * 17 / 32
           : kvType == QLatin1String("q4_0") ? whole * 9 / 32
                                             : whole;
}

int FakeEngine::lengthFor(int wanted) const {
    const int trained = loaded_ && loaded_->contextLength > 0 ? loaded_->contextLength : contextLength_;
    return wanted > 0 ? std::min(wanted, trained) : std::min(trained, contextLength_);
}

AnswerStats FakeEngine::stats(const QString& reason) const {
    AnswerStats stats;
    stats.promptTokens = promptTokens_;
    stats.answerTokens = static_cast<int>((given_ + kCharactersAToken - 1) / kCharactersAToken);
    const double speed = answer_.tokensPerSecond > 0 ? answer_.tokensPerSecond : claimedSpeed_;
    stats.firstTokenSeconds = 0.21;
    stats.generateSeconds = stats.answerTokens / speed;
    stats.contextUsed = promptTokens_ + stats.answerTokens;
    stats.contextLength = jobs_.isEmpty() ? contextLength_ : lengthFor(jobs_.head().generate.contextLength);
    stats.droppedTurns = droppedTurns_;
    stats.droppedText = droppedText_;
    stats.seed = 1;
    stats.finishReason = reason;
    return stats;
}

void FakeEngine::step() {
    if (jobs_.isEmpty()) {
        timer_.stop();
        return;
    }
    Job& job = jobs_.head();
    bool done = true;
    Outcome outcome;
    switch (job.kind) {
        case Job::Load:
            done = stepLoad(job);
            break;
        case Job::Generate:
            done = stepGenerate(job);
            break;
        case Job::Unload: {
            loaded_.reset();
            outcome.kind = Outcome::Unloaded;
            finish(job, outcome);
            break;
        }
        case Job::Measure: {
            outcome.kind = job.stop ? Outcome::Cancelled : loaded_ ? Outcome::Measured : Outcome::Failed;
            if (!loaded_) outcome.failure.kind = FailureKind::NoModel;
            outcome.tokens = countTokens(job.measure.turns, job.measure.text);
            outcome.contextLength = lengthFor(job.measure.contextLength);
            outcome.contextBytes = contextBytes(outcome.contextLength, kvType_);
            finish(job, outcome);
            break;
        }
    }
    if (done) jobs_.dequeue();
}

bool FakeEngine::stepLoad(Job& job) {
    Outcome outcome;
    if (job.stop) {
        loadSteps_ = 0;
        outcome.kind = Outcome::Cancelled;
        finish(job, outcome);
        return true;
    }
    if (loadSteps_ == 0) loaded_.reset();
    if (loadSteps_ < kLoadSteps) {
        ++loadSteps_;
        emit loadProgress(job.id, loadSteps_ / static_cast<double>(kLoadSteps + 1));
        return false;
    }
    if (holdLoads_ && !released_) return false;
    released_ = false;
    loadSteps_ = 0;
    QStringList files = {job.load.path};
    for (const AdapterRequest& adapter : job.load.adapters) files.append(adapter.path);
    for (const QString& file : std::as_const(files)) {
        if (!loadFailures_.contains(file)) continue;
        outcome.kind = Outcome::Failed;
        outcome.failure = loadFailures_.value(file);
        finish(job, outcome);
        return true;
    }
    kvType_ = job.load.kvType;
    ModelFacts facts = models_.value(job.load.path);
    if (facts.path.isEmpty()) {
        facts.path = job.load.path;
        facts.name = QFileInfo(job.load.path).completeBaseName();
        facts.quantization = QStringLiteral("Q4_K_M");
        facts.device.text = QStringLiteral("Processor, AVX2");
        facts.chatTemplate = QStringLiteral("file");
        facts.contextLength = contextLength_;
        facts.fileBytes = qint64(669) << 20;
    }
    loaded_ = facts;
    outcome.kind = Outcome::Loaded;
    outcome.model = facts;
    finish(job, outcome);
    return true;
}

void FakeEngine::beginAnswer(const Job& job) {
    answering_ = true;
    given_ = 0;
    droppedTurns_ = 0;
    droppedText_ = 0;
    promptTokens_ = countTokens(job.generate.turns, job.generate.text);
    const QString question = job.generate.turns.isEmpty() ? QString() : job.generate.turns.last().content;
    const QString unasked =
        job.generate.text ? QStringLiteral(" And so it went on.") : QStringLiteral("You said: ") + question;
    answer_ = script_.isEmpty() ? FakeAnswer{.text = unasked} : script_.dequeue();
}

/// Takes the next answer of the script; false where the conversation does not fit, which ends the request.
bool FakeEngine::openAnswer(const Job& job) {
    beginAnswer(job);
    const int limit = lengthFor(job.generate.contextLength);
    QList<Turn> turns = job.generate.turns;
    const qsizetype first = !turns.isEmpty() && turns.first().role == QLatin1String("system") ? 1 : 0;
    while (job.generate.mayDropOldest && promptTokens_ + limit / 8 > limit && turns.size() > first + 2) {
        turns.remove(first, 2);
        droppedTurns_ += 2;
        promptTokens_ = countTokens(turns, {});
    }
    if (job.generate.mayDropOldest && job.generate.text && promptTokens_ + limit / 8 > limit) {
        const qsizetype kept = qsizetype(limit) * kCharactersAToken * 3 / 4;
        droppedText_ = job.generate.text->size() - kept;
        promptTokens_ = countTokens({}, job.generate.text->right(kept));
    }
    if (promptTokens_ + limit / 8 > limit) {
        answering_ = false;
        Outcome outcome;
        outcome.failure.kind = FailureKind::ContextFull;
        outcome.failure.neededTokens = promptTokens_ + limit / 8;
        outcome.failure.availableTokens = limit;
        finish(job, outcome);
        return false;
    }
    emit promptProgress(job.id, promptTokens_ / 2, promptTokens_);
    return true;
}

bool FakeEngine::stepGenerate(Job& job) {
    Outcome outcome;
    if (!loaded_ && !job.stop) {
        outcome.failure.kind = FailureKind::NoModel;
        finish(job, outcome);
        return true;
    }
    if (!answering_) return !openAnswer(job);
    if (job.stop) {
        answering_ = false;
        outcome.kind = Outcome::Cancelled;
        outcome.stats = stats(QStringLiteral("cancelled"));
        finish(job, outcome);
        return true;
    }
    if (answer_.holdPrompt) {
        if (!released_) return false;
        released_ = false;
        answer_.holdPrompt = false;
    }
    qsizetype until = std::min<qsizetype>(given_ + characters_, answer_.text.size());
    if (answer_.holdAfter >= 0 && until >= answer_.holdAfter) {
        until = std::max<qsizetype>(given_, std::min<qsizetype>(answer_.holdAfter, answer_.text.size()));
        if (released_) {
            released_ = false;
            answer_.holdAfter = -1;
            until = std::min<qsizetype>(given_ + characters_, answer_.text.size());
        } else if (until == given_) {
            return false;
        }
    }
    if (until < answer_.text.size() && until > 0 && answer_.text[until - 1].isHighSurrogate()) ++until;
    if (until > given_) {
        const QString piece = answer_.text.mid(given_, until - given_);
        given_ = until;
        const AnswerStats now = stats({});
        emit textReady(job.id, piece, now.answerTokens, now.contextUsed, claimedSpeed_);
        return false;
    }
    answering_ = false;
    outcome.kind = answer_.failure ? Outcome::Failed : Outcome::Answered;
    if (answer_.failure) outcome.failure = *answer_.failure;
    outcome.stats = stats(answer_.finishReason);
    outcome.device = answer_.device;
    finish(job, outcome);
    return true;
}

}  // namespace kinglet::gui
