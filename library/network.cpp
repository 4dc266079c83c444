// How requests leave this computer, and what happens when it comes back online.
#include <QHostAddress>
#include <QNetworkInformation>
#include <QNetworkProxy>

#include "library/download_queue.h"

namespace kinglet::library {

namespace {

class SystemProxy : public QNetworkProxyFactory {
  public:
    QList<QNetworkProxy> queryProxy(const QNetworkProxyQuery& query) override {
        const QString host = query.peerHostName();
        if (host == u"localhost" || QHostAddress(host).isLoopback()) return {QNetworkProxy::NoProxy};
        return systemProxyForQuery(query);
    }
};

}  // namespace

void useSystemProxy(QNetworkAccessManager& network) {
    network.setProxyFactory(new SystemProxy);  // which it then owns
}

/// Downloads that gave up for want of a connection go on when there is one again.
void DownloadQueue::watchNetwork() {
    if (!QNetworkInformation::loadDefaultBackend()) return;
    using Reachability = QNetworkInformation::Reachability;
    connect(QNetworkInformation::instance(), &QNetworkInformation::reachabilityChanged, this,
            [this](Reachability now) {
                if (now != Reachability::Online) return;
                for (const DownloadInfo& info : all()) {
                    const bool wasCutOff =
                        info.status == DownloadStatus::Failed && info.problem &&
                        (info.problem->fault == Fault::NoConnection || info.problem->fault == Fault::Timeout);
                    if (wasCutOff) resume(info.id);
                }
            });
}

}  // namespace kinglet::library
