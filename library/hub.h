// Addresses of a model hub that speaks Hugging Face's dialect, and what its answers say.
#pragma once

#include <QByteArray>
#include <QDateTime>
#include <QList>
#include <QString>
#include <QUrl>
#include <optional>

#include "storage/result.h"

namespace kinglet::library {

/// Which hub, and who asks. The token is a secret: it goes into the requests of this origin and nowhere else.
class Hub {
  public:
    /// `endpoint` as "https://huggingface.co"; a trailing slash does not matter. Plain HTTP is accepted, but
    /// a token is then sent to this computer only.
    explicit Hub(const QUrl& endpoint = QUrl(QStringLiteral("https://huggingface.co")),
                 QByteArray token = {});

    /// What HF_ENDPOINT and HF_TOKEN say, else the public hub. Invalid where HF_ENDPOINT is no web address.
    static storage::Result<Hub> fromEnvironment();

    QString host() const { return m_endpoint.host(); }
    QUrl endpoint() const { return m_endpoint; }
    bool hasToken() const { return !m_token.isEmpty(); }

    /// Address of a file; an empty revision is the main branch.
    QUrl fileUrl(const QString& repository, const QString& revision, const QString& path) const;
    /// Address of a model's page, for a browser.
    QUrl pageUrl(const QString& repository) const;
    /// Every file of a repository with sizes and checksums, in one answer.
    QUrl filesUrl(const QString& repository, const QString& revision) const;
    QUrl searchUrl(const QString& words, int limit) const;

    /// Whether the address has the hub's scheme, host and port.
    bool isOwn(const QUrl& url) const;
    /// The value of the Authorization header for this address; empty for any other host.
    QByteArray authorizationFor(const QUrl& url) const;

  private:
    QUrl m_endpoint;
    QByteArray m_token;
};

/// A repository that a search found.
struct HubModel {
    QString repository;
    qint64 downloads = 0;
    qint64 likes = 0;
    bool gated = false;
    QString licence;  ///< empty: not said
};

/// A file in a repository.
struct HubFile {
    QString path;
    qint64 bytes = 0;
    QString sha256;  ///< empty where the hub has none (small files)
};

/// The files of a repository at one commit.
struct HubFiles {
    QString commit;
    bool gated = false;
    QList<HubFile> files;
};

/// Read the hub's answers. Entries that make no sense are left out; Corrupt where the whole does not.
storage::Result<QList<HubModel>> parseSearch(const QByteArray& json);
storage::Result<HubFiles> parseFiles(const QByteArray& json);

/// What a person may paste: "owner/name", "owner/name/path/file.gguf", or an address of the hub's site with
/// /resolve/, /blob/ or /tree/ in it.
struct HubReference {
    QString repository;
    QString revision;  ///< empty: main
    QString path;      ///< empty: the whole repository
};
std::optional<HubReference> parseReference(const QString& text, const Hub& hub);

/// Of the files of a repository those that are language models, each as the list of its parts in order
/// (NAME-00001-of-00003.gguf). Incomplete sets and projectors (mmproj) are left out.
QList<QList<HubFile>> modelsAmong(const QList<HubFile>& files);

/// The quantization that a file's name gives ("Q4_K_M"), upper case; empty where it gives none.
QString quantizationIn(const QString& path);

/// An address as it may be shown or logged: without user, password, query and fragment.
QString withoutSecrets(const QUrl& url);

/// Seconds that a 429 or 503 asks to wait: Retry-After in seconds or as a date, else the `t` of RateLimit.
/// Empty where it asks nothing; at most an hour.
std::optional<int> secondsToWait(const QByteArray& retryAfter, const QByteArray& rateLimit,
                                 const QDateTime& now);

/// "bytes 5-9/10" as {5, 9, 10}; a total of -1 for "*". Empty where it is none.
struct ContentRange {
    qint64 first = 0;
    qint64 last = 0;
    qint64 total = -1;
};
std::optional<ContentRange> parseContentRange(const QByteArray& header);

}  // namespace kinglet::library
