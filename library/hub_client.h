// Questions to a hub that are answered by JSON.
#pragma once

#include <QNetworkAccessManager>
#include <QObject>
#include <functional>

#include "library/fetch.h"
#include "library/hub.h"
#include "library/problem.h"

namespace kinglet::library {

/// Asks a hub; answers come on the owner's thread, and none after it is destroyed. Answers are bounded to 32
/// MiB.
class HubClient : public QObject {
    Q_OBJECT
  public:
    explicit HubClient(const Hub& hub, QObject* parent = nullptr);

    template <class T>
    using Then = std::function<void(const Outcome<T>&)>;

    /// Repositories with GGUF files, the most downloaded first.
    void search(const QString& words, int limit, Then<QList<HubModel>> then);
    /// What a repository holds at a revision (empty: main).
    void files(const QString& repository, const QString& revision, Then<HubFiles> then);

    /// A text from any web address, for one a catalogue; `what` names it in messages.
    void text(const QUrl& url, const QString& what, Then<QByteArray> then) {
        get(url, what, std::move(then));
    }

  private:
    void get(const QUrl& url, const QString& what, Then<QByteArray> then);

    const Hub m_hub;
    QNetworkAccessManager m_network;
};

}  // namespace kinglet::library
