// What a DownloadQueue knows of one download.
#pragma once

#include <QElapsedTimer>

#include "library/download_queue.h"

namespace kinglet::library {

struct DownloadQueue::Entry {
    /// What happens when the running file has stopped.
    enum class Then { Nothing, Discard };

    storage::DownloadRecord record;
    DownloadStatus status = DownloadStatus::Queued;
    Download* current = nullptr;
    qsizetype at = 0;  ///< the file that is or will be fetched
    std::optional<Problem> problem;
    Then then = Then::Nothing;
    bool stopping = false;   ///< waits for `current` to stop
    bool verifying = false;  ///< waits for the judge or the renaming, which nothing interrupts
    bool claiming = false;   ///< locked, and waits for what the store knows by now
    int waitMs = 0;
    int startedOver = 0;
    QElapsedTimer clock;
    qint64 measured = 0;  ///< `received` when the clock was started
    double speed = 0;

    bool isActive() const { return current != nullptr || verifying || claiming; }
};

}  // namespace kinglet::library
