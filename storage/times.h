#pragma once

#include <QDateTime>
#include <QTimeZone>

namespace kinglet::storage {

/// A moment given in milliseconds since 1970, in UTC as everything that is stored.
inline QDateTime utcTime(qint64 milliseconds) {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    return QDateTime::fromMSecsSinceEpoch(milliseconds, QTimeZone::UTC);
#else
    return QDateTime::fromMSecsSinceEpoch(milliseconds, Qt::UTC);
#endif
}

}  // namespace kinglet::storage
