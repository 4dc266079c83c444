#include "library/fetch.h"

#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QNetworkRequest>
#include <QRegularExpression>

#include "library/catalogue.h"

namespace kinglet::library {

namespace {

constexpr int mostRedirects = 10;
constexpr qint64 bufferBytes = 4 << 20;
constexpr qint64 mostErrorBody = 64 << 10;

bool isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

QNetworkRequest requestFor(const QUrl& url, const FetchRequest& wanted, const QByteArray& authorization) {
    QNetworkRequest request(url);
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
    request.setAttribute(QNetworkRequest::CacheSaveControlAttribute, false);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::AuthenticationReuseAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::Http2AllowedAttribute,
                         false);  // its own windows defeat backpressure
    request.setHeader(QNetworkRequest::UserAgentHeader, QStringLiteral("kinglet/" KINGLET_VERSION));
    request.setRawHeader("Accept-Encoding", "identity");  // sizes and ranges are those of the file
    if (!authorization.isEmpty()) request.setRawHeader("Authorization", authorization);
    const ByteRange& range = wanted.range;
    if (range.begin == 0 && range.end < 0) return request;
    const QByteArray last = range.end < 0 ? QByteArray() : QByteArray::number(range.end - 1);
    request.setRawHeader("Range", "bytes=" + QByteArray::number(range.begin) + '-' + last);
    if (!wanted.validator.isEmpty()) request.setRawHeader("If-Range", wanted.validator);
    return request;
}

}  // namespace

Fetch::Fetch(QNetworkAccessManager& network, const Hub& hub, FetchRequest request, QObject* parent)
    : QObject(parent), m_network(network), m_hub(hub), m_request(std::move(request)) {
    m_stall.setSingleShot(true);
    m_stall.setInterval(m_request.stallMs);
    connect(&m_stall, &QTimer::timeout, this, &Fetch::onStall);
}

Fetch::~Fetch() {
    drop();
}

void Fetch::start() {
    send(m_request.url);
}

void Fetch::drop() {
    m_stall.stop();
    if (!m_reply) return;
    QNetworkReply* reply = m_reply;
    m_reply = nullptr;
    reply->disconnect(this);
    reply->abort();
    reply->deleteLater();
}

void Fetch::send(const QUrl& url) {
    drop();
    m_url = url;
    m_seen.insert(url);
    m_reply = m_network.get(requestFor(url, m_request, m_hub.authorizationFor(url)));
    m_reply->setReadBufferSize(bufferBytes);
    connect(m_reply, &QNetworkReply::metaDataChanged, this, &Fetch::takeHeaders);
    connect(m_reply, &QNetworkReply::finished, this, &Fetch::finish);
    connect(m_reply, &QNetworkReply::readyRead, this, [this] {
        m_stall.start();
        if (m_answered) {
            emit readyRead();
        } else if (m_reply->bytesAvailable() > mostErrorBody) {
            m_reply->abort();  // no redirect or error needs so many words; finish() goes by the status
        }
    });
    m_stall.start();
}

qint64 Fetch::bytesAvailable() const {
    return m_reply && m_answered ? m_reply->bytesAvailable() : 0;
}

QByteArray Fetch::read(qint64 most) {
    if (!m_reply) return {};
    if (!m_ended) m_stall.start();
    return m_reply->read(most);
}

void Fetch::onStall() {
    // Bytes that wait to be read mean that it is us who are slow.
    if (bytesAvailable() > 0) {
        m_stall.start();
    } else {
        fail(Fault::Timeout);
    }
}

void Fetch::takeHeaders() {
    m_stall.start();
    const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (m_answered || m_ended) return;
    if (m_hub.isOwn(m_url)) {
        const QString sha256 = sha256In(QString::fromLatin1(m_reply->rawHeader("x-linked-etag")));
        if (!sha256.isEmpty()) m_answer.linkedSha256 = sha256;
        bool isNumber = false;
        const qint64 size = m_reply->rawHeader("x-linked-size").toLongLong(&isNumber);
        if (isNumber && size >= 0) m_answer.linkedSize = size;
        static const QRegularExpression commit(QStringLiteral("^[0-9a-f]{40}$"));
        const QString found = QString::fromLatin1(m_reply->rawHeader("x-repo-commit"));
        if (commit.match(found).hasMatch()) m_answer.commit = found;
    }
    if (status == 200 || status == 206) takeAnswer(status);
}

void Fetch::takeAnswer(int status) {
    const QByteArray encoding = m_reply->rawHeader("Content-Encoding").trimmed().toLower();
    if (!encoding.isEmpty() && encoding != "identity")
        return fail(Fault::BadAnswer,
                    QStringLiteral("content encoding “%1”").arg(QString::fromLatin1(encoding.left(40))));
    bool hasLength = false;
    const qint64 length = m_reply->rawHeader("Content-Length").toLongLong(&hasLength);
    m_answer.whole = status == 200;
    if (status == 206) {
        const auto range = parseContentRange(m_reply->rawHeader("Content-Range"));
        if (!range) return fail(Fault::WrongRange, QStringLiteral("no proper Content-Range"));
        m_answer.first = range->first;
        m_answer.end = range->last + 1;
        m_answer.total = range->total;
        if (hasLength && length != m_answer.end - m_answer.first)
            return fail(Fault::WrongRange, QStringLiteral("Content-Length and Content-Range differ"));
    } else if (hasLength) {
        m_answer.end = length;
        m_answer.total = length;
    }
    const QByteArray etag = m_reply->rawHeader("ETag").trimmed();
    if (etag.startsWith('"') && etag.size() <= 200) m_answer.etag = etag;
    m_answer.lastModified = m_reply->rawHeader("Last-Modified").trimmed().left(64);
    m_answered = true;
    emit answered(m_answer);
}

void Fetch::finish() {
    m_stall.stop();
    if (m_ended || !m_reply) return;
    const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (isRedirect(status) && !m_answered) return redirect();
    if (status >= 400 || (status >= 200 && !m_answered)) {
        m_wait =
            kinglet::library::secondsToWait(m_reply->rawHeader("Retry-After"),
                                            m_reply->rawHeader("RateLimit"), QDateTime::currentDateTimeUtc());
        static const QRegularExpression refused(QStringLiteral(R"(^bytes \*/(\d{1,18})$)"));
        const auto match = refused.match(QString::fromLatin1(m_reply->rawHeader("Content-Range")));
        if (status == 416 && match.hasMatch()) m_refusedTotal = match.captured(1).toLongLong();
        const QString code = QString::fromLatin1(m_reply->rawHeader("x-error-code").left(60));
        return fail(faultOfStatus(status), QStringLiteral("HTTP %1 %2").arg(status).arg(code).trimmed());
    }
    if (m_reply->error() != QNetworkReply::NoError) {
        // Qt's own sentence may hold the address, which is signed: only its number goes into reports.
        return fail(faultOfError(), QStringLiteral("network error %1").arg(int(m_reply->error())));
    }
    m_ended = true;
    emit ended();
}

void Fetch::redirect() {
    // Another file than the one that is wanted is not worth the way to its contents.
    const bool otherSum = !m_request.sha256.isEmpty() && !m_answer.linkedSha256.isEmpty() &&
                          m_request.sha256 != m_answer.linkedSha256;
    if (otherSum) return fail(Fault::FileChanged);
    if (m_request.bytes > 0 && m_answer.linkedSize >= 0 && m_request.bytes != m_answer.linkedSize)
        return fail(Fault::WrongLength);
    const QByteArray location = m_reply->rawHeader("Location");
    const QUrl next = m_url.resolved(QUrl::fromEncoded(location, QUrl::StrictMode));
    const bool isWeb = next.scheme() == u"https" || next.scheme() == u"http";
    if (location.isEmpty() || !next.isValid() || next.host().isEmpty() || !isWeb)
        return fail(Fault::RedirectRefused, QStringLiteral("the redirect names no web address"));
    if (m_url.scheme() == u"https" && next.scheme() == u"http")
        return fail(Fault::RedirectRefused, QStringLiteral("the redirect leaves HTTPS"));
    if (m_seen.contains(next) || m_seen.size() > mostRedirects) return fail(Fault::RedirectLoop);
    send(next);
}

Fault Fetch::faultOfStatus(int status) const {
    const QByteArray code = m_reply->rawHeader("x-error-code");
    if (code == "RepoNotFound" || code == "RevisionNotFound" || code == "EntryNotFound") {
        // A private repository looks the same to those who gave no token.
        return status == 401 && !m_hub.hasToken() ? Fault::SignInNeeded : Fault::NotFound;
    }
    switch (status) {
        case 401:
            return Fault::SignInNeeded;
        case 403:
            return Fault::AccessDenied;
        case 404:
        case 410:
            return Fault::NotFound;
        case 407:
            return Fault::ProxyFailed;
        case 416:
            return Fault::RangeRefused;
        case 429:
            return Fault::TooManyRequests;
        case 408:
            return Fault::ServerError;
        default:
            return status >= 500 ? Fault::ServerError : Fault::BadAnswer;
    }
}

bool Fetch::goesThroughProxy() const {
    QNetworkProxy proxy = m_network.proxy();
    if (QNetworkProxyFactory* factory = m_network.proxyFactory()) {
        const QList<QNetworkProxy> proxies = factory->queryProxy(QNetworkProxyQuery(m_url));
        if (!proxies.isEmpty()) proxy = proxies.first();
    }
    return proxy.type() != QNetworkProxy::NoProxy && proxy.type() != QNetworkProxy::DefaultProxy;
}

Fault Fetch::faultOfError() const {
    switch (m_reply->error()) {
        case QNetworkReply::RemoteHostClosedError:
            return m_answered ? Fault::EndedEarly : Fault::NoConnection;
        case QNetworkReply::TimeoutError:
            return Fault::Timeout;
        case QNetworkReply::SslHandshakeFailedError:
            return Fault::InsecureConnection;
        case QNetworkReply::ProxyConnectionRefusedError:
        case QNetworkReply::ProxyConnectionClosedError:
        case QNetworkReply::ProxyNotFoundError:
        case QNetworkReply::ProxyTimeoutError:
        case QNetworkReply::ProxyAuthenticationRequiredError:
        case QNetworkReply::UnknownProxyError:
            return Fault::ProxyFailed;
        case QNetworkReply::ConnectionRefusedError:
        case QNetworkReply::HostNotFoundError:
            // Qt reports both of a proxy as if it were the host.
            return goesThroughProxy() ? Fault::ProxyFailed : Fault::NoConnection;
        case QNetworkReply::ProtocolUnknownError:
        case QNetworkReply::ProtocolInvalidOperationError:
        case QNetworkReply::ProtocolFailure:
            return Fault::BadAnswer;
        default:
            return Fault::NoConnection;
    }
}

void Fetch::fail(Fault fault, const QString& details) {
    if (m_ended) return;
    m_ended = true;
    m_stall.stop();
    const QString host = m_url.host().isEmpty() ? m_hub.host() : m_url.host();
    m_problem = problemOf(fault, m_request.file, host, details);
    emit ended();
}

}  // namespace kinglet::library
