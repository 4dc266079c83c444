// The engine's face on the window's thread: requests go to a worker on a thread of its own.
#pragma once

#include <QHash>
#include <QThread>
#include <functional>
#include <stop_token>

#include "app/gui/call_queue.h"
#include "app/gui/engine_worker.h"

namespace kinglet::gui {

/// The real engine for the window. Must live on the window's thread; the destructor asks whatever runs to
/// stop, which takes effect within one token, and joins the thread.
class EngineService : public EngineInterface {
    Q_OBJECT
  public:
    explicit EngineService(QObject* parent = nullptr);
    ~EngineService() override;

    RequestId load(const LoadRequest& request) override;
    RequestId unload() override;
    RequestId generate(const GenerateRequest& request) override;
    RequestId measure(const MeasureRequest& request) override;
    void cancel(RequestId id) override;

  private:
    RequestId newRequest();
    void tell(std::function<void(EngineWorker&)> command);
    void listen();
    void onFinished(RequestId id, const Outcome& outcome);

    QThread thread_;
    EngineWorker* worker_;
    CallQueue events_;  // what the worker tells
    RequestId last_ = 0;
    QHash<RequestId, std::stop_source> open_;  // requests that have not finished
};

}  // namespace kinglet::gui
