#include "library/hub.h"

#include <QHostAddress>
#include <QRegularExpression>
#include <algorithm>

#include "library/catalogue.h"

namespace kinglet::library {

namespace {

constexpr qint64 longestWait = 3600;

bool isThisComputer(const QString& host) {
    return host == u"localhost" || QHostAddress(host).isLoopback();
}

int portOf(const QUrl& url) {
    return url.port(url.scheme() == u"http" ? 80 : 443);
}

QString encoded(const QString& text, const QByteArray& keep = {}) {
    return QString::fromLatin1(QUrl::toPercentEncoding(text, keep));
}

/// The endpoint with an encoded path behind it.
QUrl below(const QUrl& endpoint, const QString& encodedPath) {
    QUrl url = endpoint;
    url.setPath(endpoint.path(QUrl::FullyEncoded) + encodedPath, QUrl::StrictMode);
    return url;
}

bool startsTheSame(const QUrl& a, const QUrl& b) {
    return a.scheme() == b.scheme() && a.host() == b.host() && portOf(a) == portOf(b);
}

}  // namespace

Hub::Hub(const QUrl& endpoint, QByteArray token)
    : m_endpoint(endpoint.adjusted(QUrl::StripTrailingSlash | QUrl::RemoveUserInfo | QUrl::RemoveQuery |
                                   QUrl::RemoveFragment)),
      m_token(std::move(token).trimmed()) {}

storage::Result<Hub> Hub::fromEnvironment() {
    const QString address = qEnvironmentVariable("HF_ENDPOINT").trimmed();
    const QByteArray token = qgetenv("HF_TOKEN");
    if (address.isEmpty()) return Hub(Hub().endpoint(), token);
    const QUrl url(address, QUrl::StrictMode);
    const bool isWeb = url.scheme() == u"https" || url.scheme() == u"http";
    if (!url.isValid() || !isWeb || url.host().isEmpty()) {
        return storage::Error{
            storage::ErrorCode::Invalid, QStringLiteral("HF_ENDPOINT is not the address of a hub."),
            QStringLiteral("Set it to an address such as https://huggingface.co, or unset it."),
            withoutSecrets(url)};
    }
    return Hub(url, token);
}

QUrl Hub::fileUrl(const QString& repository, const QString& revision, const QString& path) const {
    const QString commit = revision.isEmpty() ? QStringLiteral("main") : revision;
    return below(m_endpoint, QStringLiteral("/%1/resolve/%2/%3")
                                 .arg(encoded(repository, "/"), encoded(commit), encoded(path, "/")));
}

QUrl Hub::pageUrl(const QString& repository) const {
    return below(m_endpoint, u'/' + encoded(repository, "/"));
}

QUrl Hub::filesUrl(const QString& repository, const QString& revision) const {
    const QString commit = revision.isEmpty() ? QStringLiteral("main") : revision;
    QUrl url =
        below(m_endpoint,
              QStringLiteral("/api/models/%1/revision/%2").arg(encoded(repository, "/"), encoded(commit)));
    url.setQuery(QStringLiteral("blobs=true"));
    return url;
}

QUrl Hub::searchUrl(const QString& words, int limit) const {
    QUrl url = below(m_endpoint, QStringLiteral("/api/models"));
    url.setQuery(
        QStringLiteral("search=%1&filter=gguf&sort=downloads&limit=%2").arg(encoded(words)).arg(limit),
        QUrl::StrictMode);
    return url;
}

bool Hub::isOwn(const QUrl& url) const {
    return startsTheSame(url, m_endpoint);
}

QByteArray Hub::authorizationFor(const QUrl& url) const {
    const bool isPrivate = url.scheme() == u"https" || isThisComputer(url.host());
    return hasToken() && isOwn(url) && isPrivate ? "Bearer " + m_token : QByteArray();
}

std::optional<HubReference> parseReference(const QString& text, const Hub& hub) {
    QString rest = text.trimmed();
    const bool isAddress = rest.startsWith(u"https://") || rest.startsWith(u"http://");
    if (isAddress) {
        const QUrl url(rest, QUrl::StrictMode);
        const bool isKnown = hub.isOwn(url) || startsTheSame(url, Hub().endpoint());
        if (!url.isValid() || !isKnown) return std::nullopt;
        rest = url.path(QUrl::FullyDecoded).mid(1);
    }
    const QStringList names = rest.split(u'/');
    if (names.size() < 2) return std::nullopt;
    HubReference reference;
    reference.repository = names.mid(0, 2).join(u'/');
    qsizetype at = 2;
    static const QStringList views{QStringLiteral("resolve"), QStringLiteral("blob"), QStringLiteral("tree")};
    if (names.size() > 3 && views.contains(names.at(2))) {
        reference.revision = names.at(3);
        at = 4;
    }
    reference.path = names.mid(at).join(u'/');
    const bool pathIsFine = reference.path.isEmpty() || isRepositoryPath(reference.path);
    if (!isRepositoryName(reference.repository) || !pathIsFine) return std::nullopt;
    return reference;
}

QString withoutSecrets(const QUrl& url) {
    return url.toString(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment);
}

std::optional<int> secondsToWait(const QByteArray& retryAfter, const QByteArray& rateLimit,
                                 const QDateTime& now) {
    static const QRegularExpression reset(QStringLiteral(R"((?:^|[;,\s])t=(\d{1,9})(?:$|[;,\s]))"));
    const auto bounded = [](qint64 seconds) { return int(std::clamp<qint64>(seconds, 0, longestWait)); };
    bool isNumber = false;
    const qint64 seconds = retryAfter.trimmed().toLongLong(&isNumber);
    if (isNumber) return bounded(seconds);
    const QByteArray zoned = retryAfter.trimmed().replace("GMT", "+0000");
    const QDateTime date = QDateTime::fromString(QString::fromLatin1(zoned), Qt::RFC2822Date);
    if (date.isValid()) return bounded(now.secsTo(date));
    const auto match = reset.match(QString::fromLatin1(rateLimit));
    if (match.hasMatch()) return bounded(match.captured(1).toLongLong() + 1);
    return std::nullopt;
}

std::optional<ContentRange> parseContentRange(const QByteArray& header) {
    static const QRegularExpression shape(QStringLiteral(R"(^bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)$)"));
    const auto match = shape.match(QString::fromLatin1(header.trimmed()));
    if (!match.hasMatch()) return std::nullopt;
    ContentRange range{match.captured(1).toLongLong(), match.captured(2).toLongLong(), -1};
    if (match.captured(3) != u"*") range.total = match.captured(3).toLongLong();
    const bool isSound = range.first <= range.last && (range.total < 0 || range.last < range.total);
    return isSound ? std::optional(range) : std::nullopt;
}

}  // namespace kinglet::library
