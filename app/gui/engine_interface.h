// What the window's thread sees of the engine: requests with ids, events with the same ids. Nothing here
// waits.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QMetaType>
#include <QObject>
#include <QString>
#include <QStringList>
#include <optional>

namespace kinglet::gui {

/// Names one request for its whole life; 0 is never used.
using RequestId = quint64;

/// Where a model is computed.
struct DeviceFacts {
    QString text;    ///< e.g. "Processor, AVX2"
    QString remark;  ///< why it is not all on the graphics card; empty where there is nothing to say
    /// The processor computes though a graphics card was asked for, or did until it failed.
    bool fellBack = false;
    bool operator==(const DeviceFacts&) const = default;
};

/// Facts about the loaded model that the window shows.
struct ModelFacts {
    QString path;
    QString name;
    QString architecture;
    QString quantization;
    DeviceFacts device;
    QString chatTemplate;  ///< "file", a family's name, or "none" for a completion model
    qint64 fileBytes = 0;
    qint64 parameterCount = 0;
    int contextLength = 0;  ///< what the model was trained for
    int threads = 0;
    /// What the file suggests for sampling, by the names of setting_layers.h; empty where it says nothing.
    QJsonObject sampling;
    QStringList warnings;
};

/// A LoRA adapter and how strongly it is applied.
struct AdapterRequest {
    QString path;
    double strength = 1;
    bool operator==(const AdapterRequest&) const = default;
};

/// How a model is opened; what differs needs another load.
struct LoadRequest {
    QString path;
    int threads = 0;                          ///< 0 = the engine chooses
    QString device = QStringLiteral("auto");  ///< "auto", "cpu" or "vulkan"
    QString card = {};                        ///< a key of GraphicsCards; empty: the best
    /// Of the memory of a conversation: "f16", "q8_0" or "q4_0".
    QString kvType = QStringLiteral("f16");
    QList<AdapterRequest> adapters = {};
    /// For which a graphics card keeps room; a longer one is no reason to load anew.
    int contextLength = 0;
    bool operator==(const LoadRequest& other) const {
        return path == other.path && threads == other.threads && device == other.device &&
               card == other.card && kvType == other.kvType && adapters == other.adapters;
    }
};

/// One turn as chat templates see it.
struct Turn {
    QString role;  ///< "system", "user" or "assistant"
    QString content;
};

/// How an answer is to be sampled; the meaning of each is engine.h's.
struct Sampling {
    double temperature = 0.7;
    int topK = 40;
    double topP = 0.95;
    double minP = 0.05;
    double repeatPenalty = 1.1;
    int maxTokens = 1024;              ///< 0 = no limit
    std::optional<quint64> seed = {};  ///< none = a fresh one
};

struct GenerateRequest {
    QList<Turn> turns;  ///< oldest first; a system turn, if any, is first
    /// In place of turns: a text to be gone on with as it stands, without template or special tokens.
    std::optional<QString> text = {};
    Sampling sampling;
    int contextLength = 0;  ///< 0 = the model's, at most 4096
    /// Turns after the system turn that the person agreed to leave out when the whole does not fit. Without
    /// it a conversation that is too long fails with FailureKind::ContextFull before anything is computed.
    /// Of a text it is the beginning that may be left out.
    bool mayDropOldest = false;
};

/// Asks how many tokens a conversation takes and what a context of this length costs.
struct MeasureRequest {
    QList<Turn> turns;
    std::optional<QString> text = {};  ///< as in GenerateRequest
    int contextLength = 0;
};

/// What an answer cost.
struct AnswerStats {
    int promptTokens = 0;
    int reusedTokens = 0;
    int answerTokens = 0;
    double firstTokenSeconds = 0;
    double generateSeconds = 0;
    int contextUsed = 0;
    int contextLength = 0;
    int droppedTurns =
        0;  ///< of GenerateRequest::turns, the oldest after the system turn that the model did not see
    /// Of GenerateRequest::text, UTF-16 units at its beginning that the model did not see.
    qsizetype droppedText = 0;
    quint64 seed = 0;
    QString finishReason;  ///< "end", "stop", "max_tokens", "context_full", "cancelled"

    double tokensPerSecond() const { return generateSeconds > 0 ? answerTokens / generateSeconds : 0.0; }
};

/// Kinds of failure that the window answers differently.
enum class FailureKind {
    None,
    NoModel,    ///< nothing is loaded
    ModelFile,  ///< the file is missing, unreadable, broken or of a kind that is not known
    Adapter,    ///< the same of an adapter, or it was made for another model; `path` is the adapter's
    OutOfMemory,
    ContextFull,  ///< the conversation does not fit; nothing was computed
    Other,
};

struct Failure {
    FailureKind kind = FailureKind::None;
    QString message;          ///< one plain sentence
    QString hint;             ///< what to do next; may be empty
    QString path;             ///< the file concerned; may be empty
    int neededTokens = 0;     ///< ContextFull: what the conversation takes
    int availableTokens = 0;  ///< ContextFull: what there is
};

/// How a request ended.
struct Outcome {
    enum Kind { Loaded, Unloaded, Answered, Measured, Cancelled, Failed };
    Kind kind = Failed;
    ModelFacts model;          ///< Loaded
    AnswerStats stats;         ///< Answered, and Cancelled after a generation: what was done until then
    Failure failure;           ///< Failed
    int tokens = 0;            ///< Measured
    int contextLength = 0;     ///< Measured: the length a session would have
    qint64 contextBytes = 0;   ///< Measured: memory of a context of that length
    qint64 residentBytes = 0;  ///< Loaded, Measured, Answered: memory of this process, 0 where unknown
    std::optional<DeviceFacts> device = {};  ///< after a generation: where the model is computed now
};

/// The engine as the window's thread drives it. Every request ends in exactly one finished(); events of
/// requests that a newer load made pointless are dropped. Requests are served one after the other in the
/// order they were made.
class EngineInterface : public QObject {
    Q_OBJECT
  public:
    using QObject::QObject;
    /// Loads a model in place of the one there is; cancels a load that is under way.
    virtual RequestId load(const LoadRequest& request) = 0;
    virtual RequestId unload() = 0;
    virtual RequestId generate(const GenerateRequest& request) = 0;
    virtual RequestId measure(const MeasureRequest& request) = 0;
    /// Asks a request to end soon: its finished() still comes. Unknown ids are ignored.
    virtual void cancel(RequestId id) = 0;

  signals:
    void loadProgress(kinglet::gui::RequestId id, double fraction);
    void promptProgress(kinglet::gui::RequestId id, int done, int total);
    /// Whole characters, gathered for about 30 ms. `answerTokens` and `contextUsed` are totals so far.
    void textReady(kinglet::gui::RequestId id, const QString& text, int answerTokens, int contextUsed,
                   double tokensPerSecond);
    void finished(kinglet::gui::RequestId id, const kinglet::gui::Outcome& outcome);
};

}  // namespace kinglet::gui

Q_DECLARE_METATYPE(kinglet::gui::Outcome)
Q_DECLARE_METATYPE(kinglet::gui::LoadRequest)
Q_DECLARE_METATYPE(kinglet::gui::GenerateRequest)
Q_DECLARE_METATYPE(kinglet::gui::MeasureRequest)
