#include "library/download_queue_p.h"

#include <QFileInfo>
#include <algorithm>
#include <array>

#include "storage/futures.h"

namespace kinglet::library {

using storage::DownloadFile;
using storage::DownloadRecord;
using storage::DownloadState;

namespace {

constexpr double speedWindow = 3;  // seconds over which the speed is smoothed

constexpr std::array<const char*, 7> statusNames{"queued", "running", "waiting",  "checking",
                                                 "paused", "failed",  "elsewhere"};

}  // namespace

QString nameOf(DownloadStatus status) {
    return QString::fromLatin1(statusNames.at(static_cast<std::size_t>(status)));
}

DownloadQueue::DownloadQueue(storage::DownloadStore& store, const Hub& hub, QueueOptions options,
                             QObject* parent)
    : QObject(parent), m_store(store), m_hub(hub), m_options(std::move(options)), m_locks(m_options.locks) {
    m_limiter.setBytesPerSecond(m_options.bytesPerSecond);
    m_network.setAutoDeleteReplies(false);
    useSystemProxy(m_network);
    watchNetwork();
    m_watchTimer.setInterval(m_options.watchMs);
    connect(&m_watchTimer, &QTimer::timeout, this, &DownloadQueue::lookForOthers);
}

DownloadQueue::~DownloadQueue() {
    for (const auto& entry : m_entries) delete entry->current;
    // Those that are over and wait for their end use members, too.
    qDeleteAll(findChildren<Download*>(Qt::FindDirectChildrenOnly));
}

void DownloadQueue::load() {
    storage::whenDone(this, m_store.all(), [this](const storage::Result<QList<DownloadRecord>>& records) {
        if (!records) {
            emit storeFailed(records.error());
        } else {
            for (const DownloadRecord& record : *records) {
                append(record);
                Entry& entry = *m_entries.back();
                if (m_options.holdLoaded && entry.status == DownloadStatus::Queued)
                    entry.status = DownloadStatus::Paused;
            }
        }
        emit loaded();
        startNext();
        if (m_options.watchMs > 0) m_watchTimer.start();
    });
}

void DownloadQueue::append(const DownloadRecord& record) {
    auto entry = std::make_unique<Entry>();
    entry->record = record;
    if (record.state == DownloadState::Paused) entry->status = DownloadStatus::Paused;
    if (record.state == DownloadState::Failed) {
        entry->status = DownloadStatus::Failed;
        entry->problem = Problem::fromJson(record.problem);
    }
    m_entries.push_back(std::move(entry));
    emit changed(record.id);
}

void DownloadQueue::add(const DownloadRecord& record, Added then) {
    for (const DownloadFile& file : record.files) {
        if (!QFileInfo::exists(file.target)) continue;
        const Problem problem = problemOf(Fault::TargetExists, file.target, {});
        if (then) then(storage::Error{storage::ErrorCode::Invalid, problem.message, problem.hint, {}});
        return;
    }
    storage::whenDone(this, m_store.add(record),
                      [this, then = std::move(then)](const storage::Result<DownloadRecord>& stored) {
                          if (stored) append(*stored);
                          if (then) then(stored ? storage::Result<qint64>(stored->id) : stored.error());
                          startNext();
                      });
}

DownloadQueue::Entry* DownloadQueue::entry(qint64 id) const {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [id](const auto& entry) { return entry->record.id == id; });
    return found == m_entries.end() ? nullptr : found->get();
}

int DownloadQueue::running() const {
    return int(std::count_if(m_entries.begin(), m_entries.end(),
                             [](const auto& entry) { return entry->isActive(); }));
}

void DownloadQueue::startNext() {
    // Starting may end in a failure at once, so the list is looked at anew each time.
    while (!m_stopping && running() < m_options.mostRunning) {
        const auto next = std::find_if(m_entries.begin(), m_entries.end(), [](const auto& entry) {
            return entry->status == DownloadStatus::Queued && !entry->isActive();
        });
        if (next == m_entries.end()) break;
        begin(**next);
    }
    checkIdle();
}

void DownloadQueue::checkIdle() {
    const bool busy = std::any_of(m_entries.begin(), m_entries.end(), [this](const auto& entry) {
        return entry->isActive() || (!m_stopping && entry->status == DownloadStatus::Queued);
    });
    if (!busy) emit idle();
}

void DownloadQueue::startFile(Entry& entry) {
    // A target that is there was put there when all parts were right: a kill came between two renames.
    while (entry.at < entry.record.files.size() && QFileInfo::exists(entry.record.files.at(entry.at).target))
        ++entry.at;
    if (entry.at == entry.record.files.size()) return verify(entry);
    auto* download =
        new Download(entry.record.files.at(entry.at), m_hub, m_network, m_limiter, m_options.download);
    entry.current = download;
    entry.clock.invalidate();
    connectDownload(entry.record.id, *download);
    download->start();
    emit changed(entry.record.id);
}

void DownloadQueue::connectDownload(qint64 id, Download& download) {
    connect(&download, &Download::progressed, this, [this, id] {
        Entry* entry = this->entry(id);
        if (!entry || !entry->current || entry->stopping) return;
        entry->status = DownloadStatus::Running;
        measure(*entry);
        emit changed(id);
    });
    connect(&download, &Download::noted, this, [this, id] {
        Entry* entry = this->entry(id);
        if (!entry || !entry->current) return;
        entry->record.files[entry->at] = entry->current->file();
        watch(m_store.setProgress(entry->current->file()));
    });
    connect(&download, &Download::waiting, this, [this, id](int milliseconds, const Problem& problem) {
        Entry* entry = this->entry(id);
        if (!entry) return;
        entry->status = DownloadStatus::Waiting;
        entry->waitMs = milliseconds;
        entry->problem = problem;
        emit changed(id);
    });
    connect(&download, &Download::checking, this, [this, id] {
        Entry* entry = this->entry(id);
        if (!entry) return;
        entry->status = DownloadStatus::Checking;
        emit changed(id);
    });
    connect(&download, &Download::checked, this, [this, id] {
        if (Entry* entry = this->entry(id)) onChecked(*entry);
    });
    connect(&download, &Download::stopped, this, [this, id] { onStopped(id); });
    connect(&download, &Download::failed, this, [this, id](const Problem& problem) {
        Entry* entry = this->entry(id);
        // Stopped at the moment of failing: stopped() follows and decides.
        if (entry && !entry->stopping) failEntry(id, problem);
    });
}

void DownloadQueue::measure(Entry& entry) {
    const qint64 received = entry.current->received();
    if (!entry.clock.isValid()) {
        entry.clock.start();
        entry.measured = received;
        entry.speed = 0;
        return;
    }
    const double seconds = double(entry.clock.elapsed()) / 1000;
    if (seconds < 0.5) return;
    const double now = std::max(0.0, double(received - entry.measured) / seconds);
    const double weight = entry.speed > 0 ? std::min(1.0, seconds / speedWindow) : 1;
    entry.speed += (now - entry.speed) * weight;
    entry.clock.restart();
    entry.measured = received;
}

void DownloadQueue::release(Entry& entry) {
    if (!entry.current) return;
    entry.startedOver += entry.current->startedOver();
    entry.current->disconnect(this);
    entry.current->setParent(this);  // it may have called us
    entry.current->deleteLater();
    entry.current = nullptr;
    entry.stopping = false;
}

void DownloadQueue::onChecked(Entry& entry) {
    if (entry.stopping) return;  // stopped() follows
    release(entry);
    ++entry.at;
    startFile(entry);
}

void DownloadQueue::verify(Entry& entry) {
    entry.verifying = true;
    entry.status = DownloadStatus::Checking;
    emit changed(entry.record.id);
    QStringList parts;
    QStringList targets;
    for (const DownloadFile& file : std::as_const(entry.record.files)) {
        targets << file.target;
        parts << (QFileInfo::exists(file.target) ? file.target : PartFile::partName(file.target));
    }
    if (!m_options.verify) return publish(entry);
    m_options.verify(parts, targets, [this, id = entry.record.id](const std::optional<Problem>& problem) {
        Entry* judged = this->entry(id);
        if (!judged || !judged->verifying) return;
        if (problem) return failEntry(id, *problem);
        publish(*judged);
    });
}

void DownloadQueue::publish(Entry& entry) {
    QStringList targets;
    for (const DownloadFile& file : std::as_const(entry.record.files)) targets << file.target;
    m_worker.post([this, targets, id = entry.record.id] {
        std::optional<Problem> problem;
        // The first part, by which a model is found, comes last: until then nobody sees a model.
        for (auto target = targets.crbegin(); target != targets.crend() && !problem; ++target) {
            if (!QFileInfo::exists(*target)) problem = PartFile::publish(*target);
        }
        m_worker.reply([this, id, problem] {
            if (problem) return failEntry(id, *problem);
            finishEntry(id);
        });
    });
}

void DownloadQueue::finishEntry(qint64 id) {
    Entry* done = entry(id);
    if (!done) return;
    QStringList targets;
    for (const DownloadFile& file : std::as_const(done->record.files)) targets << file.target;
    m_over.insert(id);
    watch(m_store.remove(id));
    letGo(*done);
    std::erase_if(m_entries, [id](const auto& entry) { return entry->record.id == id; });
    emit finished(id, targets);
    startNext();
}

void DownloadQueue::failEntry(qint64 id, const Problem& problem) {
    Entry* failed = entry(id);
    if (!failed) return;
    release(*failed);
    failed->verifying = false;
    failed->then = Entry::Then::Nothing;
    failed->status = DownloadStatus::Failed;
    failed->problem = problem;
    setState(*failed, DownloadState::Failed);
    letGo(*failed);
    emit changed(id);
    startNext();
}

void DownloadQueue::pause(qint64 id) {
    Entry* paused = entry(id);
    const bool mayPause = paused && !paused->verifying && paused->status != DownloadStatus::Failed &&
                          paused->status != DownloadStatus::Elsewhere;
    if (!mayPause || isElsewhere(*paused)) return;
    paused->status = DownloadStatus::Paused;
    paused->then = Entry::Then::Nothing;
    setState(*paused, DownloadState::Paused);
    if (paused->current && !paused->stopping) {
        paused->stopping = true;
        paused->current->stop();
    }
    if (!paused->current) letGo(*paused);
    emit changed(id);
    startNext();
}

void DownloadQueue::resume(qint64 id) {
    Entry* resumed = entry(id);
    const bool rests =
        resumed && (resumed->status == DownloadStatus::Paused || resumed->status == DownloadStatus::Failed);
    if (!rests) return;
    const bool unusable = resumed->problem && (resumed->problem->action == Action::StartOver ||
                                               resumed->problem->fault == Fault::VerifyFailed);
    if (unusable) discard(*resumed);
    resumed->status = DownloadStatus::Queued;
    resumed->problem.reset();
    setState(*resumed, DownloadState::Queued);
    emit changed(id);
    startNext();
}

void DownloadQueue::onStopped(qint64 id) {
    Entry* stopped = entry(id);
    if (!stopped) return;
    release(*stopped);
    letGo(*stopped);
    if (stopped->then == Entry::Then::Discard) {
        discard(*stopped);
        m_over.insert(id);
        watch(m_store.remove(id));
        std::erase_if(m_entries, [id](const auto& entry) { return entry->record.id == id; });
        emit removed(id);
    } else if (m_stopping) {
        stopped->status = DownloadStatus::Queued;
    }
    startNext();
}

void DownloadQueue::cancel(qint64 id) {
    Entry* cancelled = entry(id);
    if (!cancelled || cancelled->verifying || cancelled->status == DownloadStatus::Elsewhere) return;
    if (isElsewhere(*cancelled)) return;
    cancelled->then = Entry::Then::Discard;
    if (!cancelled->current) return onStopped(id);
    cancelled->status = DownloadStatus::Paused;
    if (!cancelled->stopping) {
        cancelled->stopping = true;
        cancelled->current->stop();
    }
}

/// Removes what was fetched and what is known of it.
void DownloadQueue::discard(Entry& entry) {
    for (DownloadFile& file : entry.record.files) {
        PartFile::discard(file.target);
        file.linkedSha256.clear();
        file.revisionFound.clear();
        file.etag.clear();
        file.lastModified.clear();
        file.received = 0;
        file.pieces.clear();
        watch(m_store.setProgress(file));
    }
}

void DownloadQueue::move(qint64 id, qsizetype place) {
    const auto from = std::find_if(m_entries.begin(), m_entries.end(),
                                   [id](const auto& entry) { return entry->record.id == id; });
    if (from == m_entries.end()) return;
    auto moved = std::move(*from);
    m_entries.erase(from);
    const auto at = std::clamp<qsizetype>(place, 0, qsizetype(m_entries.size()));
    m_entries.insert(m_entries.begin() + at, std::move(moved));
    QList<qint64> ids;
    for (const auto& entry : m_entries) ids << entry->record.id;
    watch(m_store.setOrder(ids));
    emit changed(id);
}

void DownloadQueue::stopAll() {
    m_stopping = true;
    for (const auto& entry : m_entries) {
        if (entry->verifying || entry->claiming) {  // the next run asks again
            entry->verifying = false;
            entry->status = DownloadStatus::Queued;
            letGo(*entry);
        }
        if (!entry->current || entry->stopping) continue;
        entry->stopping = true;
        entry->current->stop();
    }
    checkIdle();
}

void DownloadQueue::setMostRunning(int most) {
    m_options.mostRunning = std::max(1, most);
    startNext();
}

void DownloadQueue::setState(Entry& entry, DownloadState state) {
    entry.record.state = state;
    watch(m_store.setState(entry.record.id, state, entry.problem ? entry.problem->toJson() : QJsonObject()));
}

void DownloadQueue::watch(const QFuture<storage::Result<void>>& stored) {
    storage::whenDone(this, stored, [this](const storage::Result<void>& result) {
        if (!result && result.error().code != storage::ErrorCode::NotFound) emit storeFailed(result.error());
    });
}

DownloadInfo DownloadQueue::infoOf(const Entry& entry) const {
    DownloadInfo info;
    info.id = entry.record.id;
    info.name = entry.record.name;
    info.status = entry.status;
    info.problem = entry.problem;
    info.details = entry.record.details;
    info.startedOver = entry.startedOver + (entry.current ? entry.current->startedOver() : 0);
    info.waitMs = entry.status == DownloadStatus::Waiting ? entry.waitMs : 0;
    bool allKnown = true;
    for (qsizetype i = 0; i < entry.record.files.size(); ++i) {
        const DownloadFile& file = entry.record.files.at(i);
        const bool isCurrent = entry.current && i == entry.at;
        const qint64 total = isCurrent ? entry.current->total() : file.bytes;
        info.targets << file.target;
        info.received += isCurrent ? entry.current->received() : file.received;
        info.total += total > 0 ? total : file.received;
        allKnown = allKnown && (total > 0 || (i < entry.at && file.received > 0));
    }
    if (!allKnown) info.total = 0;
    if (entry.status == DownloadStatus::Running) info.bytesPerSecond = entry.speed;
    if (info.bytesPerSecond > 0 && info.total > 0)
        info.secondsLeft = qint64(double(info.total - info.received) / info.bytesPerSecond);
    return info;
}

QList<DownloadInfo> DownloadQueue::all() const {
    QList<DownloadInfo> infos;
    for (const auto& entry : m_entries) infos << infoOf(*entry);
    return infos;
}

std::optional<DownloadInfo> DownloadQueue::find(qint64 id) const {
    const Entry* found = entry(id);
    return found ? std::optional(infoOf(*found)) : std::nullopt;
}

}  // namespace kinglet::library
