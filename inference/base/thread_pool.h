// A fork-join pool: one thread asks for chunks of work to be done and works along until all are.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace kinglet {

/// Threads that share out chunks of work. Its owner (a Model or Session) calls parallel_for from one thread
/// at a time. Workers that find nothing to do spin for some microseconds, then sleep in the kernel, so an
/// idle pool costs nothing and a machine whose cores are busy elsewhere is not fought for.
class ThreadPool {
  public:
    /// A pool that computes on `threads` threads, the calling one included; 0 counts as 1. Where the system
    /// refuses a thread the pool is smaller than asked.
    explicit ThreadPool(unsigned threads);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// Threads that compute, the calling one included.
    unsigned size() const;

    /// Calls body(chunk, worker) once for every chunk in [0, chunks), on several threads at once and in no
    /// certain order, and returns when all are done; what they wrote is then visible. worker is in [0,
    /// size()) and no two running calls share one: index per-thread scratch by it. body must not throw nor
    /// call parallel_for.
    template <class Body>
    void parallel_for(std::size_t chunks, Body&& body) {
        run(
            chunks,
            [](void* context, std::size_t chunk, unsigned worker) {
                (*static_cast<std::remove_reference_t<Body>*>(context))(chunk, worker);
            },
            const_cast<void*>(static_cast<const void*>(&body)));
    }

  private:
    using ChunkFunction = void (*)(void* context, std::size_t chunk, unsigned worker);
    void run(std::size_t chunks, ChunkFunction function, void* context);

    struct State;
    std::unique_ptr<State> state_;
};

/// A sensible number of threads for this machine: its fast physical cores, at least 1.
unsigned default_thread_count();

}  // namespace kinglet
