#include "app/gui/engine_service.h"

#include <utility>

namespace kinglet::gui {

EngineService::EngineService(QObject* parent) : EngineInterface(parent), worker_(new EngineWorker) {
    thread_.setObjectName(QStringLiteral("engine"));
    worker_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
    listen();
    thread_.start();
}

/// The worker's signals are caught on its own thread and leave it through the queue.
void EngineService::listen() {
    connect(worker_, &EngineWorker::loadProgress, worker_, [this](RequestId id, double fraction) {
        events_.post([=, this] {
            if (open_.contains(id)) emit loadProgress(id, fraction);
        });
    });
    connect(worker_, &EngineWorker::promptProgress, worker_, [this](RequestId id, int done, int total) {
        events_.post([=, this] {
            if (open_.contains(id)) emit promptProgress(id, done, total);
        });
    });
    connect(worker_, &EngineWorker::textReady, worker_,
            [this](RequestId id, const QString& text, int tokens, int used, double speed) {
                events_.post([=, this] {
                    if (open_.contains(id)) emit textReady(id, text, tokens, used, speed);
                });
            });
    connect(worker_, &EngineWorker::finished, worker_, [this](RequestId id, const Outcome& outcome) {
        events_.post([=, this] { onFinished(id, outcome); });
    });
}

EngineService::~EngineService() {
    for (std::stop_source& source : open_) source.request_stop();
    open_.clear();
    thread_.quit();
    thread_.wait();
}

RequestId EngineService::newRequest() {
    ++last_;
    open_.insert(last_, std::stop_source());
    return last_;
}

void EngineService::tell(std::function<void(EngineWorker&)> command) {
    worker_->calls().post([worker = worker_, command = std::move(command)] { command(*worker); });
}

RequestId EngineService::load(const LoadRequest& request) {
    // Whatever is under way belongs to the model that goes.
    for (std::stop_source& source : open_) source.request_stop();
    const RequestId id = newRequest();
    tell([=, stop = open_[id].get_token()](EngineWorker& worker) { worker.load(id, request, stop); });
    return id;
}

RequestId EngineService::unload() {
    for (std::stop_source& source : open_) source.request_stop();
    const RequestId id = newRequest();
    tell([id](EngineWorker& worker) { worker.unload(id); });
    return id;
}

RequestId EngineService::generate(const GenerateRequest& request) {
    const RequestId id = newRequest();
    tell([=, stop = open_[id].get_token()](EngineWorker& worker) { worker.generate(id, request, stop); });
    return id;
}

RequestId EngineService::measure(const MeasureRequest& request) {
    const RequestId id = newRequest();
    tell([=, stop = open_[id].get_token()](EngineWorker& worker) { worker.measure(id, request, stop); });
    return id;
}

void EngineService::cancel(RequestId id) {
    if (const auto found = open_.find(id); found != open_.end()) found->request_stop();
}

void EngineService::onFinished(RequestId id, const Outcome& outcome) {
    if (open_.remove(id)) emit finished(id, outcome);
}

}  // namespace kinglet::gui
