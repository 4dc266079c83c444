// One file on its way from a hub to the disk.
#pragma once

#include <QObject>
#include <QTimer>
#include <atomic>
#include <functional>
#include <memory>

#include "library/fetch.h"
#include "library/hub.h"
#include "library/part_file.h"
#include "library/problem.h"
#include "library/worker.h"
#include "storage/download_store.h"

class QNetworkAccessManager;

namespace kinglet::library {

class RateLimiter;

struct DownloadOptions {
    int stallMs = 30000;  ///< so long without a byte counts as a Timeout
    int retryMs = 1000;   ///< pause before the first new attempt; doubles, up to a minute
    int attempts = 5;     ///< in a row that bring nothing
    int noteMs = 1000;    ///< how often file() is brought up to date while bytes come
    PartFile::Options part;
};

/// Fetches file().path to file().target + ".part", going on with what is there, and checks it. All of it
/// happens on the thread that owns it, but for writing and hashing, which have a thread of their own. Network
/// and limiter outlive it; it must not be deleted by what one of its signals calls (deleteLater() is fine).
///
/// Going on: Range with If-Range, and only a 206 with the wanted Content-Range is taken; anything else starts
/// the file over. On a wrong checksum only those bytes are fetched again that the sums of pieces do not vouch
/// for.
class Download : public QObject {
    Q_OBJECT
  public:
    Download(storage::DownloadFile file, const Hub& hub, QNetworkAccessManager& network, RateLimiter& limiter,
             const DownloadOptions& options, QObject* parent = nullptr);
    ~Download() override;

    void start();
    /// Ends it early; stopped() follows when all that was received is in the file and in file().
    void stop();

    /// With what must be stored to go on later.
    const storage::DownloadFile& file() const { return m_file; }
    qint64 received() const { return m_received; }
    qint64 total() const { return m_total; }  ///< 0: not known yet
    /// How often it began at the first byte again although there were some.
    int startedOver() const { return m_startedOver; }

  signals:
    void progressed();
    /// file() changed and is worth storing.
    void noted();
    /// Another attempt follows after so many milliseconds.
    void waiting(int milliseconds, const kinglet::library::Problem& problem);
    void checking();
    /// The bytes are all there, right, and on the disk, under the name NAME.part still.
    void checked();
    void stopped();
    void failed(const kinglet::library::Problem& problem);

  private:
    using Stop = std::shared_ptr<std::atomic<bool>>;

    void prepare();
    void onPrepared(const PreparedPart& found);
    void nextRange();
    void request();
    void onAnswered(const FetchAnswer& answer);
    std::optional<Problem> contradiction(const FetchAnswer& answer) const;
    bool isAnotherFile(const FetchAnswer& answer) const;
    void takeNotes(const FetchAnswer& answer);
    void restartFile();
    void startOver(const Problem& problem);
    void pump();
    void onWritten(qint64 bytes, const std::optional<Problem>& problem);
    void rangeEnded();
    void retryLater(const Problem& problem, std::optional<int> seconds);
    void check();
    void onHashed(const QString& sha256);
    void repair();
    void note();
    void fail(const Problem& problem);
    void dropFetch();
    void closeThen(std::function<void()> call);
    QString name() const;
    QByteArray validator() const;
    void inWorker(std::function<std::function<void()>(PartFile&, const Stop&)> job);

    storage::DownloadFile m_file;
    const Hub m_hub;
    QNetworkAccessManager& m_network;
    RateLimiter& m_limiter;
    const DownloadOptions m_options;
    std::unique_ptr<Fetch> m_fetch;
    QTimer m_pumpTimer;
    QTimer m_retryTimer;
    QTimer m_noteTimer;
    QList<ByteRange> m_todo;
    ByteRange m_range;
    ByteRange m_doubtful;
    qint64 m_position = 0;  ///< where the next byte from the network goes
    qint64 m_received = 0;
    qint64 m_total = 0;
    qint64 m_backlog = 0;  ///< bytes given to the worker and not yet written
    qint64 m_gained = 0;   ///< bytes since the last attempt began
    int m_attempt = 0;
    int m_startedOver = 0;
    int m_generation = 0;  ///< replies of the worker to an earlier one are dropped
    bool m_repaired = false;
    bool m_running = false;
    Stop m_stop;
    std::shared_ptr<PartFile> m_part;  ///< touched by the worker alone
    Worker m_worker;                   ///< last, so that it ends first
};

}  // namespace kinglet::library
