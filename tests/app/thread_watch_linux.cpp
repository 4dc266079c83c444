// The functions of the C library that reach the disk, sleep or lock, stood in for by ones that look who
// calls. The linker gives a program's own definition to every library in it, Qt's and SQLite's too.
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include "tests/app/thread_watch.h"

namespace kinglet::test {

namespace {

/// Addresses that threads add to without a lock, since locks are what is looked at.
class AddressSet {
  public:
    void add(const void* address) {
        for (auto& slot : slots_) {
            const void* seen = slot.load(std::memory_order_relaxed);
            if (seen == address) return;
            if (!seen && slot.compare_exchange_strong(seen, address)) return;
            if (seen == address) return;
        }
    }
    bool has(const void* address) const {
        return std::any_of(slots_.begin(), slots_.end(),
                           [address](const auto& slot) { return slot.load() == address; });
    }
    int count() const {
        return static_cast<int>(std::count_if(slots_.begin(), slots_.end(),
                                              [](const auto& slot) { return slot.load() != nullptr; }));
    }
    int sharedWith(const AddressSet& other) const {
        return static_cast<int>(std::count_if(slots_.begin(), slots_.end(), [&](const auto& slot) {
            const void* address = slot.load();
            return address && other.has(address);
        }));
    }
    void clear() {
        for (auto& slot : slots_) slot = nullptr;
    }

  private:
    std::array<std::atomic<const void*>, 512> slots_{};
};

struct Sight {
    const char* function = nullptr;
    std::array<char, 200> path{};
    std::array<void*, 24> frames{};
    int depth = 0;
};

/// Written by the watched thread alone.
struct Sights {
    std::array<Sight, 32> kept;
    std::size_t count = 0;
};

enum class Role { unknown, other, engine, database };

std::atomic<bool> watching{false};
std::atomic<bool> disk_hangs{false};
std::atomic<bool> engine_hangs{false};
std::atomic<int> disk_parked{0};
std::atomic<int> engine_parked{0};
std::atomic<int> files_elsewhere{0};
std::string watched_folder;
Sights file_calls;
Sights wait_calls;
AddressSet window_locks;
AddressSet engine_locks;
AddressSet locks_over_disk;

thread_local int handlers = 0;
thread_local bool busy = false;  // within this file: what it calls itself does not count
thread_local Role role = Role::unknown;
thread_local int looks = 0;

/// A lock that this thread holds, and when it took it on the thread's own clock.
struct Hold {
    const void* mutex = nullptr;
    long since_us = 0;
};
thread_local std::array<Hold, 8> held{};
/// How often the engine held a lock for longer than handing something over takes.
thread_local std::array<std::pair<const void*, int>, 32> long_holds{};
constexpr long long_hold_us = 50;
constexpr int often = 5;

long cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000L + now.tv_nsec / 1000;
}

Role my_role() {
    if (role != Role::unknown) return role;
    std::array<char, 32> name{};
    prctl(PR_GET_NAME, name.data());
    if (std::strcmp(name.data(), "engine") == 0) {
        role = Role::engine;
    } else if (std::strcmp(name.data(), "database") == 0) {
        role = Role::database;
    } else if (++looks > 50) {
        role = Role::other;  // threads get their names a moment after they begin
    }
    return role;
}

bool in_handler() {
    return handlers > 0 && !busy && watching.load(std::memory_order_relaxed);
}

void note(Sights& sights, const char* function, const char* path) {
    busy = true;
    if (sights.count < sights.kept.size()) {
        Sight& sight = sights.kept[sights.count];
        sight.function = function;
        std::strncpy(sight.path.data(), path, sight.path.size() - 1);
        sight.depth = backtrace(sight.frames.data(), static_cast<int>(sight.frames.size()));
    }
    ++sights.count;
    busy = false;
}

void park(const std::atomic<bool>& hangs, std::atomic<int>& parked) {
    if (!hangs) return;
    ++parked;
    while (hangs) usleep(500);
    --parked;
}

bool below_folder(const char* path) {
    return path && !watched_folder.empty() &&
           std::strncmp(path, watched_folder.c_str(), watched_folder.size()) == 0;
}

void on_disk(const char* function, const char* path) {
    if (busy || !watching.load(std::memory_order_relaxed) || !below_folder(path)) return;
    if (in_handler()) {
        note(file_calls, function, path);
        return;
    }
    ++files_elsewhere;
    if (my_role() != Role::database) return;
    for (const Hold& hold : held) {
        if (hold.mutex) locks_over_disk.add(hold.mutex);
    }
    park(disk_hangs, disk_parked);
}

void on_disk(const char* function, int fd) {
    if (busy || !watching.load(std::memory_order_relaxed)) return;
    if (handlers == 0 && my_role() != Role::database) return;
    struct stat about {};
    busy = true;
    const bool regular = fstat(fd, &about) == 0 && (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode));
    std::array<char, 400> path{};
    if (regular) {
        const std::string link = "/proc/self/fd/" + std::to_string(fd);
        if (readlink(link.c_str(), path.data(), path.size() - 1) < 0) path[0] = 0;
    }
    busy = false;
    if (regular) on_disk(function, path.data());
}

void on_wait(const char* function) {
    if (in_handler()) note(wait_calls, function, "");
}

void on_lock(const void* mutex) {
    if (busy || !watching.load(std::memory_order_relaxed)) return;
    if (handlers > 0) {
        window_locks.add(mutex);
        return;
    }
    const Role mine = my_role();
    if (mine != Role::engine && mine != Role::database) return;
    const auto free = std::find_if(held.begin(), held.end(), [](const Hold& hold) { return !hold.mutex; });
    if (free != held.end()) *free = {mutex, cpu_us()};
    if (mine == Role::engine && engine_hangs && engine_locks.has(mutex)) park(engine_hangs, engine_parked);
}

void on_unlock(const void* mutex) {
    if (role != Role::engine && role != Role::database) return;
    const auto found =
        std::find_if(held.begin(), held.end(), [mutex](const Hold& hold) { return hold.mutex == mutex; });
    if (found == held.end()) return;
    const bool long_hold = cpu_us() - found->since_us > long_hold_us;
    *found = {};
    if (role != Role::engine || !long_hold) return;
    const auto count = std::find_if(long_holds.begin(), long_holds.end(), [mutex](const auto& entry) {
        return entry.first == mutex || !entry.first;
    });
    if (count == long_holds.end()) return;
    count->first = mutex;
    if (++count->second == often) engine_locks.add(mutex);
}

std::vector<std::string> told(const Sights& sights) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < std::min(sights.count, sights.kept.size()); ++i) {
        const Sight& sight = sights.kept[i];
        std::string line = std::string(sight.function) + ' ' + sight.path.data();
        char** names = backtrace_symbols(sight.frames.data(), sight.depth);
        for (int frame = 2; names && frame < sight.depth; ++frame)
            line += std::string("\n    ") + names[frame];
        std::free(names);
        lines.push_back(line);
    }
    // What is too much to keep is still too much.
    while (lines.size() < sights.count) lines.emplace_back("and another");
    return lines;
}

}  // namespace

bool watchAvailable() {
    return true;
}

void beginWatch(const std::string& folder) {
    std::array<void*, 1> warm{};
    backtrace(warm.data(), 1);  // loads what it needs the first time
    watched_folder = folder;
    file_calls.count = 0;
    wait_calls.count = 0;
    window_locks.clear();
    engine_locks.clear();
    locks_over_disk.clear();
    files_elsewhere = 0;
    watching = true;
}

void endWatch() {
    watching = false;
    hangDisk(false);
    hangEngine(false);
}

void handlerBegins() {
    ++handlers;
}

void handlerEnds() {
    --handlers;
}

WatchReport watchReport() {
    WatchReport report;
    report.files = told(file_calls);
    report.waits = told(wait_calls);
    report.sharedLocks = window_locks.sharedWith(engine_locks) + window_locks.sharedWith(locks_over_disk);
    report.locks = window_locks.count();
    report.engineLocks = engine_locks.count();
    report.filesElsewhere = files_elsewhere;
    return report;
}

void hangDisk(bool hang) {
    disk_hangs = hang;
}
void hangEngine(bool hang) {
    engine_hangs = hang;
}
bool diskHangs() {
    return disk_parked > 0;
}
bool engineHangs() {
    return engine_parked > 0;
}

}  // namespace kinglet::test

// The names below are those of the C library; the labels keep its headers' own declarations out of the way.
namespace {

template <class Function>
Function next(std::atomic<void*>& found, const char* name) {
    void* function = found.load(std::memory_order_relaxed);
    if (!function) {
        function = dlsym(RTLD_NEXT, name);
        found.store(function, std::memory_order_relaxed);
    }
    return reinterpret_cast<Function>(function);
}

}  // namespace

// clang-format off
#define WATCH_EXPORT extern "C" __attribute__((visibility("default")))
/// Stands in for NAME: does `BEFORE`, then the real thing.
#define WATCH(RESULT, NAME, PARAMETERS, ARGUMENTS, BEFORE)                                                   \
    WATCH_EXPORT RESULT watched_##NAME PARAMETERS __asm__(#NAME);                                            \
    RESULT watched_##NAME PARAMETERS {                                                                       \
        static std::atomic<void*> found{nullptr};                                                            \
        BEFORE;                                                                                              \
        return next<RESULT(*) PARAMETERS>(found, #NAME) ARGUMENTS;                                           \
    }

using kinglet::test::on_disk;
using kinglet::test::on_lock;
using kinglet::test::on_unlock;
using kinglet::test::on_wait;

WATCH(int, open, (const char* path, int flags, unsigned mode), (path, flags, mode), on_disk("open", path))
WATCH(int, open64, (const char* path, int flags, unsigned mode), (path, flags, mode), on_disk("open", path))
WATCH(int, openat, (int at, const char* path, int flags, unsigned mode), (at, path, flags, mode), on_disk("openat", path))
WATCH(int, openat64, (int at, const char* path, int flags, unsigned mode), (at, path, flags, mode), on_disk("openat", path))
WATCH(void*, fopen, (const char* path, const char* mode), (path, mode), on_disk("fopen", path))
WATCH(void*, fopen64, (const char* path, const char* mode), (path, mode), on_disk("fopen", path))
WATCH(void*, opendir, (const char* path), (path), on_disk("opendir", path))
WATCH(int, stat, (const char* path, void* about), (path, about), on_disk("stat", path))
WATCH(int, stat64, (const char* path, void* about), (path, about), on_disk("stat", path))
WATCH(int, lstat64, (const char* path, void* about), (path, about), on_disk("lstat", path))
WATCH(int, statx, (int at, const char* path, int flags, unsigned mask, void* about), (at, path, flags, mask, about), on_disk("statx", path))
WATCH(int, access, (const char* path, int mode), (path, mode), on_disk("access", path))
WATCH(int, mkdir, (const char* path, unsigned mode), (path, mode), on_disk("mkdir", path))
WATCH(int, rename, (const char* from, const char* to), (from, to), on_disk("rename", from))
WATCH(int, unlink, (const char* path), (path), on_disk("unlink", path))
WATCH(int, inotify_add_watch, (int fd, const char* path, unsigned mask), (fd, path, mask), on_disk("inotify_add_watch", path))
WATCH(long, read, (int fd, void* to, unsigned long size), (fd, to, size), on_disk("read", fd))
WATCH(long, write, (int fd, const void* from, unsigned long size), (fd, from, size), on_disk("write", fd))
WATCH(int, __open_2, (const char* path, int flags), (path, flags), on_disk("open", path))
WATCH(int, __open64_2, (const char* path, int flags), (path, flags), on_disk("open", path))
WATCH(long, __read_chk, (int fd, void* to, unsigned long size, unsigned long room), (fd, to, size, room), on_disk("read", fd))
WATCH(long, __pread64_chk, (int fd, void* to, unsigned long size, long at, unsigned long room), (fd, to, size, at, room), on_disk("pread", fd))
WATCH(long, pread64, (int fd, void* to, unsigned long size, long at), (fd, to, size, at), on_disk("pread", fd))
WATCH(long, pwrite64, (int fd, const void* from, unsigned long size, long at), (fd, from, size, at), on_disk("pwrite", fd))
WATCH(int, fsync, (int fd), (fd), on_disk("fsync", fd))
WATCH(int, fdatasync, (int fd), (fd), on_disk("fdatasync", fd))

WATCH(int, pthread_cond_wait, (void* condition, void* mutex), (condition, mutex), on_wait("pthread_cond_wait"))
WATCH(int, pthread_cond_timedwait, (void* condition, void* mutex, const void* until), (condition, mutex, until), on_wait("pthread_cond_timedwait"))
WATCH(int, pthread_cond_clockwait, (void* condition, void* mutex, int clock, const void* until), (condition, mutex, clock, until), on_wait("pthread_cond_clockwait"))
WATCH(int, pthread_join, (unsigned long thread, void** result), (thread, result), on_wait("pthread_join"))
WATCH(int, sem_wait, (void* semaphore), (semaphore), on_wait("sem_wait"))
WATCH(int, nanosleep, (const void* time, void* left), (time, left), on_wait("nanosleep"))
WATCH(int, clock_nanosleep, (int clock, int flags, const void* time, void* left), (clock, flags, time, left), on_wait("clock_nanosleep"))
WATCH(int, usleep, (unsigned time), (time), on_wait("usleep"))
WATCH(int, poll, (void* fds, unsigned long count, int timeout), (fds, count, timeout), if (timeout != 0) on_wait("poll"))
WATCH(int, ppoll, (void* fds, unsigned long count, const void* timeout, const void* mask), (fds, count, timeout, mask), on_wait("ppoll"))
WATCH(int, pthread_mutex_unlock, (void* mutex), (mutex), on_unlock(mutex))
// clang-format on

WATCH_EXPORT int watched_mutex_lock(void* mutex) __asm__("pthread_mutex_lock");
int watched_mutex_lock(void* mutex) {
    static std::atomic<void*> found{nullptr};
    const int result = next<int (*)(void*)>(found, "pthread_mutex_lock")(mutex);
    on_lock(mutex);
    return result;
}

/// Qt's semaphores and the standard library's atomics sleep through this one. (So does a QMutex that another
/// thread holds for a moment; it waits for the value 3 to change.)
WATCH_EXPORT long watched_syscall(long number, long a, long b, long c, long d, long e,
                                  long f) __asm__("syscall");
long watched_syscall(long number, long a, long b, long c, long d, long e, long f) {
    static std::atomic<void*> found{nullptr};
    constexpr long command = 0x7f;
    constexpr long wait = 0;
    constexpr long wait_bitset = 9;
    constexpr long of_a_mutex = 3;
    const bool waits = number == SYS_futex && ((b & command) == wait || (b & command) == wait_bitset);
    if (waits && c != of_a_mutex) on_wait("futex");
    return next<long (*)(long, long, long, long, long, long, long)>(found, "syscall")(number, a, b, c, d, e,
                                                                                      f);
}
