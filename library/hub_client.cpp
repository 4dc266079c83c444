#include "library/hub_client.h"

#include <memory>

#include "library/download_queue.h"

namespace kinglet::library {

namespace {

constexpr qsizetype mostBytes = 32 << 20;

/// The parsed answer, or the problem of getting or reading it.
template <class T, class Parse>
Outcome<T> parsed(const Outcome<QByteArray>& body, const QString& what, const QString& host, Parse parse) {
    if (const auto* problem = std::get_if<Problem>(&body)) return *problem;
    auto value = parse(std::get<QByteArray>(body));
    if (!value) return problemOf(Fault::BadAnswer, what, host, value.error().details);
    return std::move(value).value();
}

}  // namespace

HubClient::HubClient(const Hub& hub, QObject* parent) : QObject(parent), m_hub(hub) {
    m_network.setAutoDeleteReplies(false);
    useSystemProxy(m_network);
}

void HubClient::get(const QUrl& url, const QString& what, Then<QByteArray> then) {
    FetchRequest wanted;
    wanted.url = url;
    wanted.file = what;
    auto* fetch = new Fetch(m_network, m_hub, wanted, this);
    auto body = std::make_shared<QByteArray>();
    const auto read = [fetch, body] {
        while (body->size() <= mostBytes && fetch->bytesAvailable() > 0) *body += fetch->read(1 << 20);
    };
    connect(fetch, &Fetch::readyRead, this, read);
    connect(fetch, &Fetch::ended, this, [this, fetch, body, read, what, then = std::move(then)] {
        read();
        fetch->disconnect(this);
        fetch->deleteLater();
        if (fetch->problem()) return then(*fetch->problem());
        if (body->size() > mostBytes)
            return then(
                problemOf(Fault::BadAnswer, what, m_hub.host(), QStringLiteral("larger than 32 MiB")));
        then(*body);
    });
    fetch->start();
}

void HubClient::search(const QString& words, int limit, Then<QList<HubModel>> then) {
    const QString what = QStringLiteral("models for “%1”").arg(words);
    get(m_hub.searchUrl(words, limit), what,
        [what, host = m_hub.host(), then = std::move(then)](const Outcome<QByteArray>& body) {
            then(parsed<QList<HubModel>>(body, what, host, parseSearch));
        });
}

void HubClient::files(const QString& repository, const QString& revision, Then<HubFiles> then) {
    get(m_hub.filesUrl(repository, revision), repository,
        [repository, host = m_hub.host(), then = std::move(then)](const Outcome<QByteArray>& body) {
            then(parsed<HubFiles>(body, repository, host, parseFiles));
        });
}

}  // namespace kinglet::library
