#pragma once

#include <QRunnable>
#include <functional>
#include <mutex>
#include <utility>

namespace kinglet::storage {

/// Work for a QThreadPool, which deletes it. A busy pool's thread takes the next piece of work under a lock
/// inside Qt; here what the work captured changes threads under a mutex of our own, so that ThreadSanitizer
/// sees it too.
class PoolJob : public QRunnable {
  public:
    explicit PoolJob(std::function<void()> work) {
        const std::lock_guard lock(m_mutex);
        m_work = std::move(work);
    }

    void run() override {
        std::function<void()> work;
        {
            const std::lock_guard lock(m_mutex);
            work = std::move(m_work);
        }
        work();
    }

  private:
    std::mutex m_mutex;
    std::function<void()> m_work;
};

}  // namespace kinglet::storage
