// One GET of a file or of a part of it, with its redirects.
#pragma once

#include <QNetworkReply>
#include <QObject>
#include <QPointer>
#include <QSet>
#include <QTimer>
#include <QUrl>
#include <optional>

#include "library/hub.h"
#include "library/part_file.h"
#include "library/problem.h"

class QNetworkAccessManager;

namespace kinglet::library {

struct FetchRequest {
    QUrl url;
    QString file;          ///< its name, for messages
    ByteRange range;       ///< {0, -1}: the whole, without a Range header
    QByteArray validator;  ///< for If-Range; may be empty
    QString sha256;        ///< where the hub says another one, nothing is fetched; empty: not known
    qint64 bytes = 0;      ///< the same for the length; 0: not known
    int stallMs = 30000;   ///< so long without a byte is a Timeout
};

/// What a 200 or 206 said before its body.
struct FetchAnswer {
    bool whole = false;  ///< 200: the body is the file from its first byte
    qint64 first = 0;    ///< offset of the body's first byte
    qint64 end = -1;     ///< offset after its last; -1: not said
    qint64 total = -1;   ///< length of the whole file; -1: not said
    QByteArray etag;     ///< strong ones only
    QByteArray lastModified;
    QString linkedSha256;  ///< the hub's checksum of the file; empty: not said
    qint64 linkedSize = -1;
    QString commit;  ///< what the hub's revision stands for
};

/// Follows redirects itself: the hub's checksum is on the first answer, and the hub's token must not reach
/// another host. Never stores or tells the address that it was sent to, which is signed.
class Fetch : public QObject {
    Q_OBJECT
  public:
    Fetch(QNetworkAccessManager& network, const Hub& hub, FetchRequest request, QObject* parent);
    ~Fetch() override;

    void start();
    bool isRunning() const { return !m_ended; }
    qint64 bytesAvailable() const;
    QByteArray read(qint64 most);

    /// After ended(): what went wrong. What has arrived can still be read.
    const std::optional<Problem>& problem() const { return m_problem; }
    /// After ended(): how long the server asks to wait before another request.
    std::optional<int> secondsToWait() const { return m_wait; }
    /// After a 416: the length of the file, where the server said it.
    std::optional<qint64> refusedTotal() const { return m_refusedTotal; }

    /// What the hub said of the file so far, also where the answer was no 200 or 206.
    const FetchAnswer& answer() const { return m_answer; }

  signals:
    void answered(const kinglet::library::FetchAnswer& answer);
    void readyRead();
    void ended();

  private:
    void send(const QUrl& url);
    void drop();
    void takeHeaders();
    void takeAnswer(int status);
    void finish();
    void redirect();
    void fail(Fault fault, const QString& details = {});
    Fault faultOfStatus(int status) const;
    bool goesThroughProxy() const;
    Fault faultOfError() const;
    void onStall();

    QNetworkAccessManager& m_network;
    const Hub m_hub;
    const FetchRequest m_request;
    QPointer<QNetworkReply> m_reply;  ///< belongs to the manager, which may go first
    QUrl m_url;
    QSet<QUrl> m_seen;
    FetchAnswer m_answer;
    QTimer m_stall;
    std::optional<Problem> m_problem;
    std::optional<int> m_wait;
    std::optional<qint64> m_refusedTotal;
    bool m_answered = false;
    bool m_ended = false;
};

}  // namespace kinglet::library
