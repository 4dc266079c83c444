#include "library/rate_limiter.h"

#include <algorithm>

namespace kinglet::library {

void RateLimiter::setBytesPerSecond(qint64 limit) {
    m_limit = std::max<qint64>(0, limit);
    m_room = 0;
}

qint64 RateLimiter::elapsed() {
    if (!m_clock.isValid()) m_clock.start();
    return m_clock.elapsed();
}

qint64 RateLimiter::takeAt(qint64 wanted, qint64 milliseconds) {
    if (m_limit == 0) return wanted;
    const double most = std::max(1.0, double(m_limit) / 5);
    m_room = std::min(most, m_room + double(m_limit) * double(milliseconds - m_last) / 1000);
    m_last = milliseconds;
    const qint64 taken = std::min(wanted, qint64(m_room));
    m_room -= double(taken);
    return taken;
}

}  // namespace kinglet::library
