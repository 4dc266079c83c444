// Sees what one thread asks of the system while it handles events: files, waits, locks. And can make the disk
// or the engine stand still, to see who else does then.
#pragma once

#include <string>
#include <vector>

namespace kinglet::test {

/// False where the C library's functions cannot be stood in for (another system than Linux, or a sanitizer
/// does so already): nothing is seen then.
bool watchAvailable();

/// Call on the thread to watch. Calls on files below `folder` count from now on.
void beginWatch(const std::string& folder);
void endWatch();
/// Around each handler of that thread; what is done between handlers does not count.
void handlerBegins();
void handlerEnds();

/// What was seen since beginWatch().
struct WatchReport {
    /// Calls in handlers that reach the disk: function, path and who called.
    std::vector<std::string> files;
    /// Calls in handlers that sleep until another thread has done something, or for a time.
    std::vector<std::string> waits;
    /// Locks that handlers take and that the thread "engine" holds while it computes (longer than it takes to
    /// hand something over, on its own clock), or the thread "database" while it calls upon the disk.
    int sharedLocks = 0;
    /// That this very instrument works: locks taken in handlers, and what the other threads did.
    int locks = 0;
    int engineLocks = 0;  ///< those that it computes under
    int filesElsewhere = 0;
};
WatchReport watchReport();

/// Holds the thread "database" in its next call upon the disk, or the thread "engine" with the lock that it
/// computes under, until called with false.
void hangDisk(bool hang);
void hangEngine(bool hang);
/// Whether a thread stands there now.
bool diskHangs();
bool engineHangs();

}  // namespace kinglet::test
