#include "library/worker.h"

#include <QThread>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace kinglet::library {

struct Worker::Private : public QThread {
    void run() override {
        while (true) {
            std::function<void()> job;
            {
                std::unique_lock lock(mutex);
                wake.wait(lock, [this] { return stopping || !jobs.empty(); });
                if (jobs.empty()) return;
                job = std::move(jobs.front());
                jobs.pop_front();
            }
            job();
        }
    }

    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> jobs;
    std::deque<std::function<void()>> replies;
    bool stopping = false;
};

Worker::Worker(QObject* parent) : QObject(parent), d(std::make_unique<Private>()) {
    connect(this, &Worker::replied, this, &Worker::callNext, Qt::QueuedConnection);
    d->setObjectName(QStringLiteral("download"));
    d->start();
}

Worker::~Worker() {
    {
        const std::lock_guard lock(d->mutex);
        d->stopping = true;
    }
    d->wake.notify_one();
    d->wait();
}

void Worker::post(std::function<void()> job) {
    {
        const std::lock_guard lock(d->mutex);
        d->jobs.push_back(std::move(job));
    }
    d->wake.notify_one();
}

void Worker::reply(std::function<void()> call) {
    {
        const std::lock_guard lock(d->mutex);
        d->replies.push_back(std::move(call));
    }
    emit replied();
}

void Worker::callNext() {
    std::function<void()> call;
    {
        const std::lock_guard lock(d->mutex);
        if (d->replies.empty()) return;
        call = std::move(d->replies.front());
        d->replies.pop_front();
    }
    call();
}

}  // namespace kinglet::library
