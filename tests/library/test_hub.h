// A model hub on the loopback that speaks Hugging Face's dialect, well or badly.
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QMap>
#include <QString>
#include <QUrl>
#include <functional>
#include <memory>

namespace kinglet::library::testing {

/// A request as it came. Header names are in lower case.
struct HubRequest {
    QByteArray method;
    QByteArray path;
    QByteArray query;
    QHash<QByteArray, QByteArray> headers;
    bool toContentHost = false;

    QByteArray header(const QByteArray& name) const { return headers.value(name); }
    bool isFile() const { return toContentHost || path.contains("/resolve/"); }
};

/// What is sent back, and how badly.
struct HubReply {
    int status = 200;
    QMap<QByteArray, QByteArray> headers;
    QByteArray body;
    bool sendLength = true;     ///< false: no Content-Length, the end is the end of the connection
    qint64 claimedLength = -1;  ///< what Content-Length says instead of the truth; -1: the truth
    qint64 closeAfter = -1;     ///< closes the connection after so many bytes of the body; -1: at its end
    bool silent = false;        ///< never answers
    qint64 stallAfter = -1;     ///< says nothing more after so many bytes of the body; -1: goes on
    qint64 bytesPerMillisecond = 0;  ///< 0: as fast as it goes
};

/// Two servers on a thread of their own: the hub, and the host that it redirects to for the contents.
class TestHub {
  public:
    TestHub();
    ~TestHub();

    QUrl endpoint() const;
    QUrl contentEndpoint() const;
    static QString commit();

    /// Serves `content` as a large file (checksum header and redirect) or as a small one that lies in git.
    enum class Kind { Large, Small };
    void setFile(const QString& repository, const QString& path, const QByteArray& content,
                 Kind kind = Kind::Large);
    /// From now on this token is asked for.
    void setToken(const QByteArray& token);

    /// May change any reply before it is sent; runs on the hub's thread.
    using Fault = std::function<void(const HubRequest&, HubReply&)>;
    void setFault(Fault fault);

    /// All requests so far.
    QList<HubRequest> requests() const;
    /// Those to the host of the contents.
    QList<HubRequest> contentRequests() const;
    /// Bytes of file contents handed to the system so far.
    qint64 contentBytesSent() const;

  private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// Bytes that look like nothing, the same for the same seed.
QByteArray randomContent(qsizetype length, quint32 seed);
QString sha256Of(const QByteArray& content);

}  // namespace kinglet::library::testing
