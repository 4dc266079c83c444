// Fetching planned models with a terminal to look at.
#pragma once

#include <cstdint>

#include "app/cli/library/environment.h"
#include "library/hub.h"
#include "storage/download_store.h"

namespace kinglet::cli {

struct PullSettings {
    int at_once = 2;
    std::int64_t bytes_per_second = 0;  ///< 0: no limit
    bool all_left = false;              ///< goes on with everything that was left unfinished
    bool json = false;
};

/// Fetches the records, or goes on with them where that had begun, verifies each in a process of its own, and
/// prints what became of them. Returns the exit status: failure where any failed, interrupted after Ctrl+C.
Result<int> run_pull(LibraryEnvironment& environment, const library::Hub& hub,
                     const QList<storage::DownloadRecord>& records, const PullSettings& settings);

}  // namespace kinglet::cli
