#include "app/gui/call_queue.h"

#include <utility>

namespace kinglet::gui {

CallQueue::CallQueue(QObject* parent) : QObject(parent) {
    connect(this, &CallQueue::posted, this, &CallQueue::runNext, Qt::QueuedConnection);
}

CallQueue::~CallQueue() {
    const std::lock_guard lock(mutex_);  // orders this after the last post()
    calls_.clear();
}

void CallQueue::post(std::function<void()> call) {
    {
        const std::lock_guard lock(mutex_);
        calls_.push_back(std::move(call));
    }
    emit posted();
}

void CallQueue::runNext() {
    std::function<void()> call;
    {
        const std::lock_guard lock(mutex_);
        if (calls_.empty()) return;
        call = std::move(calls_.front());
        calls_.pop_front();
    }
    call();
}

}  // namespace kinglet::gui
