// Going on when a future is done, safely where the receiver may be gone by then.
#pragma once

#include <QFuture>
#include <QFutureWatcher>
#include <QObject>
#include <utility>

namespace kinglet::storage {

/// Calls `then` with the result on the thread of `context`, unless that is destroyed first. (QFuture::then
/// with a context does not survive the context's death in Qt 6.4.)
template <class T, class Then>
void whenDone(QObject* context, const QFuture<T>& future, Then then) {
    auto* watcher = new QFutureWatcher<T>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context,
                     [watcher, then = std::move(then)]() mutable {
                         watcher->deleteLater();
                         if (!watcher->isCanceled() && watcher->future().resultCount() > 0)
                             then(watcher->result());
                     });
    watcher->setFuture(future);
}

}  // namespace kinglet::storage
