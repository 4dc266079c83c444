// A thread of its own for work that would hold up its owner.
#pragma once

#include <QObject>
#include <functional>
#include <memory>

namespace kinglet::library {

/// Does jobs in order on a thread of its own. What a job leaves with reply() is called on the owner's thread,
/// in order, while the Worker lives. Both ways go through a mutex of ours, so that ThreadSanitizer sees them.
class Worker : public QObject {
    Q_OBJECT
  public:
    explicit Worker(QObject* parent = nullptr);
    /// Does what was posted, drops the replies, joins.
    ~Worker() override;

    void post(std::function<void()> job);
    /// Called by jobs.
    void reply(std::function<void()> call);

  signals:
    void replied();

  private:
    struct Private;
    void callNext();

    std::unique_ptr<Private> d;
};

}  // namespace kinglet::library
