#include "tests/library/test_hub.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTcpServer>
#include <QTcpSocket>
#include <QThread>
#include <QTimer>
#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>

namespace kinglet::library::testing {

namespace {

struct Stored {
    QByteArray content;
    QString sha256;
    TestHub::Kind kind = TestHub::Kind::Large;
};

/// A body on its way.
struct Sending {
    HubReply reply;
    qint64 at = 0;
    qint64 end = 0;
};

const QByteArray kLastModified = "Sat, 21 Nov 2026 10:00:00 GMT";

HubRequest parseRequest(const QByteArray& head, bool toContentHost) {
    const QList<QByteArray> lines = head.split('\n');
    const QList<QByteArray> first = lines.first().trimmed().split(' ');
    HubRequest request;
    request.toContentHost = toContentHost;
    request.method = first.value(0);
    const QByteArray target = first.value(1);
    const qsizetype mark = target.indexOf('?');
    request.path = QByteArray::fromPercentEncoding(mark < 0 ? target : target.left(mark));
    if (mark >= 0) request.query = target.mid(mark + 1);
    for (const QByteArray& line : lines.mid(1)) {
        const qsizetype colon = line.indexOf(':');
        if (colon > 0)
            request.headers.insert(line.left(colon).trimmed().toLower(), line.mid(colon + 1).trimmed());
    }
    return request;
}

HubReply refusal(int status, const QByteArray& code) {
    HubReply reply;
    reply.status = status;
    reply.headers.insert("x-error-code", code);
    reply.body = "refused";
    return reply;
}

/// 200, 206 or 416 as the request asks for it.
HubReply contentReply(const HubRequest& request, const QByteArray& content, const QByteArray& etag) {
    HubReply reply;
    reply.headers = {{"ETag", etag}, {"Last-Modified", kLastModified}, {"Accept-Ranges", "bytes"}};
    reply.body = content;
    const QByteArray range = request.header("range");
    const QByteArray only = request.header("if-range");
    if (!range.startsWith("bytes=") || (!only.isEmpty() && only != etag && only != kLastModified))
        return reply;
    const QList<QByteArray> ends = range.mid(6).split('-');
    const qint64 first = ends.value(0).toLongLong();
    const qint64 last = ends.value(1).isEmpty()
                            ? content.size() - 1
                            : std::min<qint64>(ends.value(1).toLongLong(), content.size() - 1);
    const QByteArray total = QByteArray::number(content.size());
    if (first >= content.size()) {
        reply = refusal(416, "");
        reply.headers.insert("Content-Range", "bytes */" + total);
        return reply;
    }
    reply.status = 206;
    reply.body = content.mid(first, last - first + 1);
    reply.headers.insert("Content-Range",
                         "bytes " + QByteArray::number(first) + '-' + QByteArray::number(last) + '/' + total);
    return reply;
}

}  // namespace

namespace {

/// With bytes that nothing shares: Qt counts who shares them inside the library, where ThreadSanitizer cannot
/// see it, and these go from one thread to another.
QByteArray ownCopy(const QByteArray& bytes) {
    return QByteArray(bytes.constData(), bytes.size());
}

HubRequest ownCopy(const HubRequest& request) {
    HubRequest copy;
    copy.method = ownCopy(request.method);
    copy.path = ownCopy(request.path);
    copy.query = ownCopy(request.query);
    for (auto header = request.headers.begin(); header != request.headers.end(); ++header)
        copy.headers.insert(ownCopy(header.key()), ownCopy(header.value()));
    copy.toContentHost = request.toContentHost;
    return copy;
}

}  // namespace

struct TestHub::Private : public QThread {
    void run() override {
        QTcpServer hub;
        QTcpServer content;
        hub.listen(QHostAddress::LocalHost);
        content.listen(QHostAddress::LocalHost);
        hubPort = hub.serverPort();
        contentPort = content.serverPort();
        QObject::connect(&hub, &QTcpServer::newConnection, &hub, [&] { accept(hub, false); });
        QObject::connect(&content, &QTcpServer::newConnection, &content, [&] { accept(content, true); });
        ready.count_down();
        exec();
        const std::lock_guard lock(mutex);  // what this thread did happened before whoever locks it next
    }

    void accept(QTcpServer& server, bool toContentHost) {
        while (QTcpSocket* socket = server.nextPendingConnection()) {
            auto head = std::make_shared<QByteArray>();
            QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
            QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket, head, toContentHost] {
                *head += socket->readAll();
                const qsizetype end = head->indexOf("\r\n\r\n");
                if (end < 0) return;
                const HubRequest request = parseRequest(head->left(end), toContentHost);
                head->clear();  // GET and HEAD have no body, and nobody pipelines
                send(socket, request, replyTo(request));
            });
        }
    }

    HubReply replyTo(const HubRequest& request) {
        const std::lock_guard lock(mutex);
        log << ownCopy(request);
        HubReply reply = request.toContentHost ? ofContentHost(request) : ofHub(request);
        if (fault) fault(request, reply);
        return reply;
    }

    HubReply ofContentHost(const HubRequest& request) const {
        const QString sha256 = QString::fromLatin1(request.path.mid(9));
        for (const auto& files : repositories) {
            for (const Stored& file : files) {
                if (file.sha256 == sha256 && request.path.startsWith("/content/"))
                    return contentReply(request, file.content, "\"x" + request.path.mid(9, 16) + '"');
            }
        }
        return refusal(404, "");
    }

    HubReply ofHub(const HubRequest& request) const {
        const QString path = QString::fromUtf8(request.path);
        if (path == u"/api/models") return searchReply(request);
        if (path.startsWith(u"/api/models/")) return filesReply(path.mid(12).section(u'/', 0, 1));
        const bool fromCache = path.startsWith(u"/api/resolve-cache/");
        const QString place = fromCache ? path.mid(19) : path.mid(1);
        const QString repository = place.section(u'/', 0, 1);
        if (!token.isEmpty() && request.header("authorization") != "Bearer " + token)
            return refusal(401, "GatedRepo");
        if (!repositories.contains(repository)) return refusal(401, "RepoNotFound");
        const auto& files = repositories[repository];
        const QString name = place.section(u'/', 4);
        if (!files.contains(name)) return refusal(404, "EntryNotFound");
        const Stored& file = files[name];
        if (fromCache)
            return contentReply(request, file.content, '"' + file.sha256.left(40).toLatin1() + '"');
        HubReply reply;
        reply.headers.insert("X-Repo-Commit", TestHub::commit().toLatin1());
        if (file.kind == Kind::Small) {
            reply.status = 307;
            reply.headers.insert("Location", "/api/resolve-cache" + QUrl::toPercentEncoding(path, "/"));
            return reply;
        }
        reply.status = 302;
        reply.headers.insert("X-Linked-Etag", '"' + file.sha256.toLatin1() + '"');
        reply.headers.insert("X-Linked-Size", QByteArray::number(file.content.size()));
        reply.headers.insert("Location", "http://127.0.0.1:" + QByteArray::number(contentPort) + "/content/" +
                                             file.sha256.toLatin1() + "?Signature=secret" +
                                             QByteArray::number(log.size()));
        return reply;
    }

    HubReply filesReply(const QString& repository) const {
        if (!repositories.contains(repository)) return refusal(401, "RepoNotFound");
        QJsonArray rows;
        const auto& files = repositories[repository];
        for (auto file = files.begin(); file != files.end(); ++file) {
            QJsonObject row{{QStringLiteral("rfilename"), file.key()},
                            {QStringLiteral("size"), file->content.size()}};
            if (file->kind == Kind::Large) {
                row.insert(QStringLiteral("lfs"),
                           QJsonObject{{QStringLiteral("sha256"), file->sha256},
                                       {QStringLiteral("size"), file->content.size()}});
            }
            rows << row;
        }
        HubReply reply;
        reply.body = QJsonDocument(QJsonObject{{QStringLiteral("sha"), TestHub::commit()},
                                               {QStringLiteral("gated"), false},
                                               {QStringLiteral("siblings"), rows}})
                         .toJson();
        return reply;
    }

    HubReply searchReply(const HubRequest& request) const {
        const QByteArray words = request.query.mid(request.query.indexOf("search=") + 7);
        const QString wanted = QUrl::fromPercentEncoding(words.left(words.indexOf('&')));
        QJsonArray rows;
        for (auto at = repositories.begin(); at != repositories.end(); ++at) {
            if (!at.key().contains(wanted, Qt::CaseInsensitive)) continue;
            rows << QJsonObject{{QStringLiteral("id"), at.key()}, {QStringLiteral("downloads"), 7}};
        }
        HubReply reply;
        reply.body = QJsonDocument(rows).toJson();
        return reply;
    }

    void send(QTcpSocket* socket, const HubRequest& request, const HubReply& reply) {
        if (reply.silent) return;
        QByteArray head = "HTTP/1.1 " + QByteArray::number(reply.status) + " Reason\r\n";
        for (auto header = reply.headers.begin(); header != reply.headers.end(); ++header)
            head += header.key() + ": " + header.value() + "\r\n";
        const qint64 claimed = reply.claimedLength >= 0 ? reply.claimedLength : reply.body.size();
        if (reply.sendLength) head += "Content-Length: " + QByteArray::number(claimed) + "\r\n";
        socket->write(head + "\r\n");
        if (request.method == "HEAD") return;
        auto sending = std::make_shared<Sending>();
        sending->reply = reply;
        sending->end = reply.body.size();
        if (reply.closeAfter >= 0) sending->end = std::min(sending->end, reply.closeAfter);
        if (reply.stallAfter >= 0) sending->end = std::min(sending->end, reply.stallAfter);
        auto* pace = new QTimer(socket);
        QObject::connect(pace, &QTimer::timeout, socket, [this, socket, sending, pace, request] {
            feed(socket, *sending, *pace, request.isFile() && sending->reply.status < 300);
        });
        pace->start(reply.bytesPerMillisecond > 0 ? 2 : 1);
    }

    /// The next piece of the body; at its end the timer goes.
    void feed(QTcpSocket* socket, Sending& sending, QTimer& pace, bool isFile) {
        constexpr qint64 most = 1 << 20;
        if (socket->state() != QAbstractSocket::ConnectedState) return pace.stop();
        if (socket->bytesToWrite() > most) return;
        const qint64 rate = sending.reply.bytesPerMillisecond;
        const qint64 piece = std::min(rate > 0 ? rate * 2 : most, sending.end - sending.at);
        if (piece > 0) {
            socket->write(sending.reply.body.constData() + sending.at, piece);
            sending.at += piece;
            if (isFile) sent += piece;
            return;
        }
        pace.stop();
        pace.deleteLater();
        if (sending.reply.stallAfter >= 0) return;
        const bool isWhole =
            sending.reply.sendLength && sending.reply.claimedLength < 0 && sending.reply.closeAfter < 0;
        if (!isWhole) socket->disconnectFromHost();
    }

    std::latch ready{1};
    quint16 hubPort = 0;
    quint16 contentPort = 0;
    mutable std::mutex mutex;
    QMap<QString, QMap<QString, Stored>> repositories;  // this and what follows is guarded by mutex
    QByteArray token;
    Fault fault;
    QList<HubRequest> log;
    std::atomic<qint64> sent = 0;
};

TestHub::TestHub() : d(std::make_unique<Private>()) {
    d->start();
    d->ready.wait();
}

TestHub::~TestHub() {
    d->quit();
    d->wait();
    const std::lock_guard lock(d->mutex);
}

QUrl TestHub::endpoint() const {
    return QUrl(QStringLiteral("http://127.0.0.1:%1").arg(d->hubPort));
}

QUrl TestHub::contentEndpoint() const {
    return QUrl(QStringLiteral("http://127.0.0.1:%1").arg(d->contentPort));
}

QString TestHub::commit() {
    return QStringLiteral("0123456789abcdef0123456789abcdef01234567");
}

void TestHub::setFile(const QString& repository, const QString& path, const QByteArray& content, Kind kind) {
    const std::lock_guard lock(d->mutex);
    d->repositories[repository][path] = {ownCopy(content), sha256Of(content), kind};
}

void TestHub::setToken(const QByteArray& token) {
    const std::lock_guard lock(d->mutex);
    d->token = token;
}

void TestHub::setFault(Fault fault) {
    const std::lock_guard lock(d->mutex);
    d->fault = std::move(fault);
}

QList<HubRequest> TestHub::requests() const {
    const std::lock_guard lock(d->mutex);
    QList<HubRequest> copies;
    for (const HubRequest& request : d->log) copies << ownCopy(request);
    return copies;
}

QList<HubRequest> TestHub::contentRequests() const {
    QList<HubRequest> found = requests();
    found.removeIf([](const HubRequest& request) { return !request.toContentHost; });
    return found;
}

qint64 TestHub::contentBytesSent() const {
    return d->sent;
}

QByteArray randomContent(qsizetype length, quint32 seed) {
    QRandomGenerator random(seed);
    QByteArray content((length + 3) / 4 * 4, Qt::Uninitialized);
    random.fillRange(reinterpret_cast<quint32*>(content.data()), content.size() / 4);
    content.truncate(length);
    return content;
}

QString sha256Of(const QByteArray& content) {
    return QString::fromLatin1(QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex());
}

}  // namespace kinglet::library::testing
