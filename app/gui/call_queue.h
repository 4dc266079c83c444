// How one thread leaves calls for another.
#pragma once

#include <QObject>
#include <deque>
#include <functional>
#include <mutex>

namespace kinglet::gui {

/// Calls that any thread leaves and the thread that this object lives on makes, in order, one for each event
/// of its loop. What a call carries changes threads under a mutex of our own, not as the copied arguments of
/// a queued signal: Qt's event queue is locked inside the library, where ThreadSanitizer cannot see it, and a
/// race on a request would be drowned in false reports.
class CallQueue : public QObject {
    Q_OBJECT
  public:
    explicit CallQueue(QObject* parent = nullptr);
    /// Whoever posts must have stopped. Calls that are still left are dropped.
    ~CallQueue() override;

    /// Leaves a call; from any thread.
    void post(std::function<void()> call);

  signals:
    void posted();

  private:
    void runNext();

    std::mutex mutex_;
    std::deque<std::function<void()>> calls_;  // guarded by mutex_
};

}  // namespace kinglet::gui
