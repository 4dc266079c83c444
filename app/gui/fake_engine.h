// A scripted engine: stands in for the real one in view-model tests, and makes the window of --demo and
// --shot.
#pragma once

#include <QHash>
#include <QList>
#include <QQueue>
#include <QTimer>

#include "app/gui/engine_interface.h"

namespace kinglet::gui {

/// One answer of the script.
struct FakeAnswer {
    QString text;
    int holdAfter = -1;  ///< characters after which the answer waits until it is cancelled or released
    double tokensPerSecond = 0;           ///< what the events claim; 0: FakeEngine::claimedSpeed
    std::optional<Failure> failure = {};  ///< ends the answer after its text
    QString finishReason = QStringLiteral("end");
    bool holdPrompt = false;                 ///< waits before the first character, as a long prompt does
    std::optional<DeviceFacts> device = {};  ///< where the model is computed after it
};

/// Lives on the window's thread and never waits. A token is four characters.
class FakeEngine : public EngineInterface {
    Q_OBJECT
  public:
    explicit FakeEngine(QObject* parent = nullptr);

    RequestId load(const LoadRequest& request) override;
    RequestId unload() override;
    RequestId generate(const GenerateRequest& request) override;
    RequestId measure(const MeasureRequest& request) override;
    void cancel(RequestId id) override;

    /// What loading a path comes to. A path that was not told of gets facts with the file's name. A failure
    /// may also be an adapter's.
    void setModel(const ModelFacts& facts);
    void setLoadFailure(const QString& path, const Failure& failure);
    /// What a context of so many positions costs in this engine's models.
    static qint64 contextBytes(int positions, const QString& kvType);
    /// Loads report progress and wait until release().
    void holdLoads(bool hold) { holdLoads_ = hold; }
    /// The next answer; without a script the last message is given back in a sentence, and a text gets a
    /// sentence more.
    void enqueue(const FakeAnswer& answer) { script_.enqueue(answer); }
    /// Lets what is held go on.
    void release();
    /// Milliseconds between pieces and characters a piece.
    void setPace(int milliseconds, int characters);
    void setClaimedSpeed(double tokensPerSecond) { claimedSpeed_ = tokensPerSecond; }
    /// The length of a context where none is asked for.
    void setContextLength(int tokens) { contextLength_ = tokens; }

    /// What was asked for, for tests.
    QList<GenerateRequest> generateRequests;
    QList<LoadRequest> loadRequests;
    QList<RequestId> cancelled;

  private:
    struct Job {
        enum Kind { Load, Unload, Generate, Measure } kind;
        RequestId id = 0;
        LoadRequest load;
        GenerateRequest generate;
        MeasureRequest measure;
        bool stop = false;
    };

    RequestId add(Job job);
    void step();
    bool stepLoad(Job& job);
    bool stepGenerate(Job& job);
    void beginAnswer(const Job& job);
    bool openAnswer(const Job& job);
    void finish(const Job& job, Outcome outcome);
    AnswerStats stats(const QString& reason) const;
    int countTokens(const QList<Turn>& turns, const std::optional<QString>& text) const;
    int lengthFor(int wanted) const;

    QTimer timer_;
    QQueue<Job> jobs_;
    QQueue<FakeAnswer> script_;
    QHash<QString, ModelFacts> models_;
    QHash<QString, Failure> loadFailures_;
    std::optional<ModelFacts> loaded_;
    QString kvType_;
    RequestId last_ = 0;
    int characters_ = 8;
    double claimedSpeed_ = 28.4;
    int contextLength_ = 2048;
    bool holdLoads_ = false;
    bool released_ = false;
    // The answer under way.
    bool answering_ = false;
    FakeAnswer answer_;
    qsizetype given_ = 0;
    int promptTokens_ = 0;
    int droppedTurns_ = 0;
    qsizetype droppedText_ = 0;
    int loadSteps_ = 0;
};

}  // namespace kinglet::gui
