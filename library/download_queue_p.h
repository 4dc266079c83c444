// What a DownloadQueue knows of one download.
#pragma once

#include "library/download_queue.h"

namespace kinglet::library {

struct DownloadQueue::Entry {
    /// What happens when the running file has stopped.
    enum class Then { Nothing, Discard };

}  // namespace kinglet::library
