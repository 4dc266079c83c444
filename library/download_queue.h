// Everything that is being fetched, in its order, through restarts.
#pragma once

#include <QElapsedTimer>
#include <QNetworkAccessManager>
#include <QObject>
#include <QSet>
#include <QTimer>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "library/download.h"
#include "library/download_locks.h"
#include "library/rate_limiter.h"

namespace kinglet::library {

enum class DownloadStatus {
    Queued,
    Running,
    Waiting,
    Checking,
    Paused,
    Failed,
    Elsewhere  ///< another Kinglet fetches it
};
QString nameOf(DownloadStatus status);

/// A download as lists show it.
struct DownloadInfo {
    qint64 id = 0;
    QString name;
    DownloadStatus status = DownloadStatus::Queued;
    qint64 received = 0;
    qint64 total = 0;                ///< 0: not known yet
    double bytesPerSecond = 0;       ///< over the last seconds; 0 unless it runs
    qint64 secondsLeft = -1;         ///< -1: not known
    int waitMs = 0;                  ///< the pause before the next attempt, while Waiting
    int startedOver = 0;             ///< how often fetched bytes had to be thrown away
    std::optional<Problem> problem;  ///< why it waits or failed
    QStringList targets;
    QJsonObject details;
};

struct QueueOptions {
    int mostRunning = 2;
    qint64 bytesPerSecond = 0;  ///< of all together; 0: no limit
    DownloadOptions download;
    bool holdLoaded = false;  ///< what an earlier run left waits for resume() instead of going on by itself
    QString locks;            ///< see DownloadLocks; empty: nobody else has the list
    int watchMs = 0;          ///< how often it is compared with what others did to the list; 0: never
    /// Judges a model before it gets its name: called with the parts as they lie (NAME.part) and the names
    /// that they will have; calls back on the same thread, with why the model cannot be used. Empty: nothing
    /// is asked.
    std::function<void(const QStringList& parts, const QStringList& targets,
                       std::function<void(std::optional<Problem>)> answer)>
        verify;
};

/// Runs downloads several at a time. A model in several parts is fetched part by part and appears as one: the
/// parts get their names when all of them are there and right. All of it lives on one thread; the store
/// outlives it.
///
/// Several processes may have the same list. Each takes what is queued and nobody has locked; what another
/// one has is Elsewhere, and is followed to its end here too.
class DownloadQueue : public QObject {
    Q_OBJECT
  public:
    using Added = std::function<void(const storage::Result<qint64>&)>;

    DownloadQueue(storage::DownloadStore& store, const Hub& hub, QueueOptions options,
                  QObject* parent = nullptr);
    ~DownloadQueue() override;

    /// Takes up what an earlier run left; loaded() follows.
    void load();
    /// Adds a model at the end. `then` gets its id, or Invalid where a target is taken.
    void add(const storage::DownloadRecord& record, Added then = {});
    void pause(qint64 id);
    /// Goes on with a paused or failed download; where the problem asks for it (StartOver), from the first
    /// byte.
    void resume(qint64 id);
    /// Forgets it and what it has fetched.
    void cancel(qint64 id);
    /// Changes its place, from 0.
    void move(qint64 id, qsizetype place);
    /// Stops all, to go on with them in the next run; idle() follows.
    void stopAll();

    /// For files that are begun from now on.
    void setHub(const Hub& hub) { m_hub = hub; }
    void setMostRunning(int most);
    void setBytesPerSecond(qint64 limit) { m_limiter.setBytesPerSecond(limit); }

    QList<DownloadInfo> all() const;
    std::optional<DownloadInfo> find(qint64 id) const;

  signals:
    void loaded();
    void changed(qint64 id);
    /// Its files have their names and were verified; it has left the list.
    void finished(qint64 id, const QStringList& targets);
    void removed(qint64 id);
    /// Nothing is running or queued any more.
    void idle();
    /// What could not be stored; the downloads go on, and a restart may lose how far they were.
    void storeFailed(const kinglet::storage::Error& error);

  private:
    struct Entry;

    Entry* entry(qint64 id) const;
    void begin(Entry& entry);
    void begin(qint64 id, const storage::Result<storage::DownloadRecord>& stored);
    bool isElsewhere(Entry& entry);
    void letGo(Entry& entry);
    void lookForOthers();
    void merge(const QList<storage::DownloadRecord>& records);
    void mergeInto(Entry& entry, const storage::DownloadRecord& record);
    void dropGone(qint64 id);
    void append(const storage::DownloadRecord& record);
    void startNext();
    void startFile(Entry& entry);
    void connectDownload(qint64 id, Download& download);
    void onChecked(Entry& entry);
    void onStopped(qint64 id);
    void verify(Entry& entry);
    void publish(Entry& entry);
    void finishEntry(qint64 id);
    void failEntry(qint64 id, const Problem& problem);
    void release(Entry& entry);
    void discard(Entry& entry);
    void setState(Entry& entry, storage::DownloadState state);
    void watch(const QFuture<storage::Result<void>>& stored);
    void watchNetwork();
    void measure(Entry& entry);
    DownloadInfo infoOf(const Entry& entry) const;
    int running() const;
    void checkIdle();

    storage::DownloadStore& m_store;
    Hub m_hub;
    QueueOptions m_options;
    RateLimiter m_limiter;
    QNetworkAccessManager m_network;
    std::vector<std::unique_ptr<Entry>> m_entries;
    DownloadLocks m_locks;
    QTimer m_watchTimer;
    qint64 m_others = -1;  ///< DownloadStore::changesOfOthers() at the last look
    QSet<qint64> m_over;   ///< ended here; a look that began before that still finds them
    bool m_stopping = false;
    Worker m_worker;  ///< renames; ends before what it uses
};

/// A network manager that goes through the system's proxy, but reaches this computer directly.
void useSystemProxy(QNetworkAccessManager& network);

}  // namespace kinglet::library
