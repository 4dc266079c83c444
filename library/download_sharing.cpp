// The list of downloads as one of several: who runs what, and what the others did.
#include <QFileInfo>
#include <algorithm>

#include "library/download_queue_p.h"
#include "storage/futures.h"

namespace kinglet::library {

using storage::DownloadFile;
using storage::DownloadRecord;
using storage::DownloadState;

/// Makes a queued download ours and starts it, unless another process has it.
void DownloadQueue::begin(Entry& entry) {
    const qint64 id = entry.record.id;
    entry.problem.reset();
    entry.at = 0;
    if (!m_locks.take(id)) {
        entry.status = DownloadStatus::Elsewhere;
        emit changed(id);
        return;
    }
    entry.status = DownloadStatus::Running;
    if (!m_locks.areShared()) return startFile(entry);
    // Whoever had it before may have fetched more of it than we know, or all of it.
    entry.claiming = true;
    storage::whenDone(this, m_store.find(id),
                      [this, id](const storage::Result<DownloadRecord>& stored) { begin(id, stored); });
}

void DownloadQueue::begin(qint64 id, const storage::Result<DownloadRecord>& stored) {
    Entry* begun = entry(id);
    if (!begun || !begun->claiming) return;
    begun->claiming = false;
    if (!stored && stored.error().code == storage::ErrorCode::NotFound) return dropGone(id);
    if (stored) begun->record.files = stored->files;
    if (m_stopping || begun->status != DownloadStatus::Running) return onStopped(id);
    startFile(*begun);
}

/// Whether another process has begun with it since we looked last; from here on it has not.
bool DownloadQueue::isElsewhere(Entry& entry) {
    if (m_locks.take(entry.record.id)) return false;
    entry.status = DownloadStatus::Elsewhere;
    emit changed(entry.record.id);
    return true;
}

/// Others may take it now.
void DownloadQueue::letGo(Entry& entry) {
    entry.claiming = false;
    m_locks.release(entry.record.id);
}

void DownloadQueue::lookForOthers() {
    if (m_stopping) return;
    storage::whenDone(this, m_store.changesOfOthers(), [this](const storage::Result<qint64>& changes) {
        const bool waits = std::any_of(m_entries.begin(), m_entries.end(), [](const auto& entry) {
            return entry->status == DownloadStatus::Elsewhere;
        });
        if (!changes || (*changes == m_others && !waits)) return;
        m_others = *changes;
        storage::whenDone(this, m_store.all(), [this](const storage::Result<QList<DownloadRecord>>& records) {
            if (records && !m_stopping) merge(*records);
        });
    });
}

void DownloadQueue::merge(const QList<DownloadRecord>& records) {
    QSet<qint64> there;
    for (const DownloadRecord& record : records) {
        there.insert(record.id);
        if (m_over.contains(record.id)) continue;
        if (Entry* known = entry(record.id)) {
            mergeInto(*known, record);
        } else {
            append(record);
        }
    }
    m_over.intersect(there);
    QList<qint64> gone;
    for (const auto& entry : m_entries) {
        if (!there.contains(entry->record.id) && !entry->isActive()) gone << entry->record.id;
    }
    for (const qint64 id : std::as_const(gone)) dropGone(id);
    startNext();
}

void DownloadQueue::mergeInto(Entry& entry, const DownloadRecord& record) {
    if (entry.isActive()) return;
    const bool changedState = record.state != entry.record.state;
    entry.record = record;
    if (changedState && record.state == DownloadState::Paused) entry.status = DownloadStatus::Paused;
    if (changedState && record.state == DownloadState::Failed) {
        entry.status = DownloadStatus::Failed;
        entry.problem = Problem::fromJson(record.problem);
    }
    const bool mayBeFree = entry.status == DownloadStatus::Elsewhere;
    if (mayBeFree || (changedState && record.state == DownloadState::Queued))
        entry.status = DownloadStatus::Queued;
    if (changedState || mayBeFree) emit changed(record.id);
}

/// Another process has ended it, well or by cancelling it.
void DownloadQueue::dropGone(qint64 id) {
    Entry* gone = entry(id);
    if (!gone) return;
    QStringList targets;
    for (const DownloadFile& file : std::as_const(gone->record.files)) targets << file.target;
    const bool arrived = std::all_of(targets.begin(), targets.end(),
                                     [](const QString& target) { return QFileInfo::exists(target); });
    letGo(*gone);
    std::erase_if(m_entries, [id](const auto& other) { return other->record.id == id; });
    if (arrived) {
        emit finished(id, targets);
    } else {
        emit removed(id);
    }
    checkIdle();
}

}  // namespace kinglet::library
