// Answers that are being written, in whichever chat.
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QObject>
#include <QTimer>
#include <functional>

#include "app/gui/engine_interface.h"
#include "app/gui/thinking.h"
#include "storage/types.h"

namespace kinglet::storage {
class ChatStore;
struct Error;
}  // namespace kinglet::storage

namespace kinglet::gui {

class ModelStatus;

/// What an answer is asked from.
struct AnswerRequest {
    qint64 chatId = 0;
    qint64 parentId = 0;  ///< the person's message that is answered, or what a text goes on from
    GenerateRequest generate;
    /// Asked once the model is loaded, since a file may suggest how it is sampled; null: as `generate` says.
    std::function<Sampling()> sampling;
    QList<qint64> turnIds;  ///< the message that each turn came from; 0 for the system turn
    QJsonObject settings;   ///< kept with the answer
};

/// One answer from the wish to the last word. It waits for the model, streams, is kept about once a second,
/// and ends exactly once in ended().
class AnswerJob : public QObject {
    Q_OBJECT
  public:
    enum Phase { WaitingForModel, ReadingPrompt, Writing, Saving, Done };
    /// An answer that is not saved yet is shown under this id.
    static constexpr qint64 unsavedId = -1;

    AnswerJob(AnswerRequest request, EngineInterface& engine, ModelStatus& model, storage::ChatStore& chats,
              QObject* parent);

    void begin();
    void stop();
    /// Keeps what there is and ends, without the engine: for when the program closes.
    void abandon();

    const AnswerRequest& request() const { return request_; }
    qint64 chatId() const { return request_.chatId; }
    /// The saved answer, or unsavedId.
    qint64 messageId() const { return messageId_; }
    Phase phase() const { return phase_; }
    double promptProgress() const { return promptProgress_; }
    const QString& text() const { return splitter_.answer(); }
    const QString& thinking() const { return splitter_.thinking(); }
    bool isThinking() const { return phase_ == Writing && splitter_.isThinking(); }
    double thinkingSeconds() const;
    double tokensPerSecond() const { return tokensPerSecond_; }
    int answerTokens() const { return answerTokens_; }
    int contextUsed() const { return contextUsed_; }
    const AnswerStats& stats() const { return stats_; }
    const QString& modelName() const { return modelName_; }
    const storage::Message& message() const { return message_; }
    /// Set at the end where it failed.
    const Failure& failure() const { return failure_; }
    bool wasStopped() const { return stopRequested_; }
    /// First message that the model saw where older ones were left out; 0 where it saw all.
    qint64 firstSeenId() const;
    /// Goes on with a text, where blank lines count and nothing at all is no answer.
    bool isContinuation() const { return request_.generate.text.has_value(); }

  signals:
    /// Phase, speed or thoughts changed.
    void changed();
    void textGrew();
    /// The answer has its place in the database; message() tells it.
    void saved();
    void ended();
    /// So many characters (thoughts and answer) are on the disk and survive a crash.
    void kept(qint64 characters);
    void storageFailed(const kinglet::storage::Error& error);

  private:
    void onModelSettled();
    void onText(const QString& text, int tokens, int used, double speed);
    void onFinished(const Outcome& outcome);
    void generate();
    void ensureSaved();
    void onStarted();
    void checkpoint();
    void end(storage::MessageStatus status, const Failure& failure, const QJsonObject& error);
    void save();
    void finishUp();
    storage::AnswerEnd endOf(storage::MessageStatus status, const QJsonObject& error) const;
    void setPhase(Phase phase);

    AnswerRequest request_;
    EngineInterface& engine_;
    ModelStatus& model_;
    storage::ChatStore& chats_;
    Phase phase_ = WaitingForModel;
    RequestId engineRequest_ = 0;
    qint64 messageId_ = unsavedId;
    storage::Message message_;
    ThinkingSplitter splitter_;
    QTimer checkpoints_;
    qint64 keptLength_ = 0;
    double promptProgress_ = 0;
    double tokensPerSecond_ = 0;
    int answerTokens_ = 0;
    int contextUsed_ = 0;
    qint64 thinkingBegunMs_ = 0;
    double thinkingSeconds_ = 0;
    AnswerStats stats_;
    QString modelName_;
    Failure failure_;
    bool waitingForModel_ = false;
    bool startAsked_ = false;
    bool startFailed_ = false;
    bool stopRequested_ = false;
    storage::MessageStatus endStatus_ = storage::MessageStatus::Complete;
    QJsonObject endError_;
};

/// All answers under way; at most one a chat.
class Answers : public QObject {
    Q_OBJECT
  public:
    Answers(EngineInterface& engine, ModelStatus& model, storage::ChatStore& chats,
            QObject* parent = nullptr);
    ~Answers() override;

    /// Null where the chat is being answered already.
    AnswerJob* start(const AnswerRequest& request);
    AnswerJob* jobFor(qint64 chatId) const { return jobs_.value(chatId); }
    bool any() const { return !jobs_.isEmpty(); }
    /// Keeps every partial answer and ends it.
    void shutdown();

  signals:
    void started(kinglet::gui::AnswerJob* job);
    /// The job lives until control returns to the event loop.
    void ended(kinglet::gui::AnswerJob* job);
    void storageFailed(const kinglet::storage::Error& error);

  private:
    EngineInterface& engine_;
    ModelStatus& model_;
    storage::ChatStore& chats_;
    QHash<qint64, AnswerJob*> jobs_;
};

/// Whether the settings that are kept with an answer say that the starter model wrote it.
bool fromStarter(const QJsonObject& answerSettings);

/// How a failure is kept with an answer, and read back.
QJsonObject toJson(const Failure& failure);
Failure failureFromJson(const QJsonObject& json);

}  // namespace kinglet::gui
