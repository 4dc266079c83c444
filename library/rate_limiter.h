// How many bytes a second all downloads together may take.
#pragma once

#include <QElapsedTimer>
#include <QtGlobal>

namespace kinglet::library {

/// A bucket of bytes that fills at the limit's rate and holds at most a fifth of a second's worth.
class RateLimiter {
  public:
    /// 0: no limit.
    void setBytesPerSecond(qint64 limit);
    qint64 bytesPerSecond() const { return m_limit; }

    /// Takes up to `wanted` bytes; the answer is how many may be read now.
    qint64 take(qint64 wanted) { return takeAt(wanted, elapsed()); }
    /// The same at a given time of a clock in milliseconds that never goes back. For tests.
    qint64 takeAt(qint64 wanted, qint64 milliseconds);

  private:
    qint64 elapsed();

    QElapsedTimer m_clock;
    qint64 m_limit = 0;
    qint64 m_last = 0;
    double m_room = 0;
};

}  // namespace kinglet::library
