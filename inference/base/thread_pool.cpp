#include "inference/base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

#include "inference/base/cpu_features.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace kinglet {
namespace {

// About ten microseconds: longer than the gaps between the stages of a layer, far shorter than a time slice,
// so a thread that waits for one whose core is taken sleeps soon and leaves its own core to others.
constexpr int kSpins = 400;

void relax() {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#else
    std::this_thread::yield();
#endif
}

/// Waits until `value` differs from `old`: a short spin, then a futex.
template <class T>
T wait_while(const std::atomic<T>& value, T old) {
    for (int i = 0; i < kSpins; ++i) {
        const T now = value.load(std::memory_order_acquire);
        if (now != old) return now;
        relax();
    }
    for (;;) {
        const T now = value.load(std::memory_order_acquire);
        if (now != old) return now;
        value.wait(old, std::memory_order_acquire);
    }
}

}  // namespace

/// What the threads share. A job is published by a release increment of `generation`; a worker that has seen
/// it takes chunks from `next` until they run out and then takes itself off `working`. The caller returns
/// only when every worker has done so, hence no worker can ever meet the fields of two jobs.
struct ThreadPool::State {
    ChunkFunction function = nullptr;
    void* context = nullptr;
    std::size_t chunks = 0;
    alignas(64) std::atomic<std::size_t> next{0};
    alignas(64) std::atomic<std::uint32_t> generation{0};
    alignas(64) std::atomic<std::uint32_t> working{0};
    std::atomic<bool> stopping{false};
    std::vector<std::thread> threads;

    void take_chunks(unsigned worker) {
        for (;;) {
            const std::size_t chunk = next.fetch_add(1, std::memory_order_relaxed);
            if (chunk >= chunks) return;
            function(context, chunk, worker);
        }
    }

    void serve(unsigned worker) {
        std::uint32_t seen = 0;
        for (;;) {
            seen = wait_while(generation, seen);
            if (stopping.load(std::memory_order_acquire)) return;
            take_chunks(worker);
            if (working.fetch_sub(1, std::memory_order_acq_rel) == 1) working.notify_one();
        }
    }
};

ThreadPool::ThreadPool(unsigned threads) : state_(std::make_unique<State>()) {
    const unsigned workers = std::max(threads, 1U) - 1;
    state_->threads.reserve(workers);
    for (unsigned i = 0; i < workers; ++i) {
        try {
            state_->threads.emplace_back([state = state_.get(), i] { state->serve(i + 1); });
        } catch (const std::system_error&) {
            break;  // the system has no more threads to give: compute with those that there are
        }
    }
}

ThreadPool::~ThreadPool() {
    state_->stopping.store(true, std::memory_order_release);
    state_->generation.fetch_add(1, std::memory_order_acq_rel);
    state_->generation.notify_all();
    for (std::thread& thread : state_->threads) thread.join();
}

unsigned ThreadPool::size() const {
    return static_cast<unsigned>(state_->threads.size()) + 1;
}

void ThreadPool::run(std::size_t chunks, ChunkFunction function, void* context) {
    State& state = *state_;
    const auto workers = static_cast<std::uint32_t>(state.threads.size());
    if (workers == 0 || chunks <= 1) {
        for (std::size_t chunk = 0; chunk < chunks; ++chunk) function(context, chunk, 0);
        return;
    }
    state.function = function;
    state.context = context;
    state.chunks = chunks;
    state.next.store(0, std::memory_order_relaxed);
    state.working.store(workers, std::memory_order_relaxed);
    state.generation.fetch_add(1, std::memory_order_release);
    state.generation.notify_all();
    state.take_chunks(0);
    for (std::uint32_t left = state.working.load(std::memory_order_acquire); left != 0;) {
        left = wait_while(state.working, left);
    }
}

unsigned default_thread_count() {
    return physical_core_count();
}

}  // namespace kinglet
