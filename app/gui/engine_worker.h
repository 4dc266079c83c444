// The engine as it works on its own thread.
#pragma once

#include <QHash>
#include <QThread>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/gui/call_queue.h"
#include "app/gui/engine_interface.h"
#include "app/gui/graphics_trial.h"
#include "app/machine/data_folder.h"
#include "inference/engine/engine.h"

namespace kinglet::gui {

/// Owns the model and its session; lives on the thread of an EngineService. Every command ends in exactly one
/// finished().
class EngineWorker : public QObject {
    Q_OBJECT
  public:
    using QObject::QObject;

    void load(RequestId id, const LoadRequest& request, const std::stop_token& stop);
    void unload(RequestId id);
    void generate(RequestId id, const GenerateRequest& request, const std::stop_token& stop);
    void measure(RequestId id, const MeasureRequest& request, const std::stop_token& stop);
    /// Commands from other threads.
    CallQueue& calls() { return calls_; }

  signals:
    void loadProgress(kinglet::gui::RequestId id, double fraction);
    void promptProgress(kinglet::gui::RequestId id, int done, int total);
    void textReady(kinglet::gui::RequestId id, const QString& text, int answerTokens, int contextUsed,
                   double tokensPerSecond);
    void finished(kinglet::gui::RequestId id, const kinglet::gui::Outcome& outcome);

  private:
    struct Prompt;
    void prepareDevice(const LoadRequest& request, engine::LoadOptions& options);
    DeviceFacts deviceNow() const;
    std::vector<Token> tokensOf(const QString& text) const;
    Prompt makeFittingText(const GenerateRequest& request, int limit, int reserve) const;
    Result<Prompt> makePrompt(const QList<Turn>& turns, qsizetype dropped) const;
    Result<Prompt> makeFittingPrompt(const GenerateRequest& request, int limit, int reserve) const;
    Status prepareSession(int contextLength);
    int sessionLength(int wanted) const;
    Outcome answer(RequestId id, const GenerateRequest& request, const std::stop_token& stop);
    Outcome run(RequestId id, const Prompt& prompt, const Sampling& sampling, const std::stop_token& stop);

    CallQueue calls_{this};  // a child, so it moves to the engine's thread too
    std::shared_ptr<const engine::Model> model_;
    std::unique_ptr<engine::Session> session_;
    engine::KvType kvType_ = engine::KvType::f16;
    GraphicsTrial trial_{machine::cache_folder()};
    bool cardExpected_ = false;  ///< a graphics card was asked for, or computed the model
    QString distrust_;           ///< why no graphics card was tried, where that needs to be said
};

/// What an engine error means for the window.
Failure failureFrom(const Error& error);
/// A file's suggestions by the names of setting_layers.h.
QJsonObject toJson(const engine::SamplingDefaults& suggested);
/// Memory that this process holds, in bytes; 0 where the system does not tell.
qint64 residentBytes();

}  // namespace kinglet::gui
