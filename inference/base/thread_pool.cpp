#include "inference/base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

#include "inference/base/cpu_cores.h"
#include "inference/base/sleep.h"

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
std::uint32_t wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
    for (int i = 0; i < kSpins; ++i) {
        const std::uint32_t now = value.load(std::memory_order_acquire);
        if (now != old) return now;
        relax();
    }
    for (;;) {
        const std::uint32_t now = value.load(std::memory_order_acquire);
        if (now != old) return now;
        sleep_while(value, old);
    }
}

}  // namespace

/// What the threads share. `gate` says whether a job may be joined (kOpen) and how many workers are inside.
/// The caller fills in a job while the gate is shut and nobody is inside, opens it, works along, shuts it
/// when the chunks have run out and waits for those inside only: a worker that has not woken by then (its
/// core may be taken by another program) is not waited for and finds the gate shut.
struct ThreadPool::State {
    static constexpr std::uint32_t kOpen = 0x80000000U;

    ChunkFunction function = nullptr;
    void* context = nullptr;
    std::size_t chunks = 0;
    alignas(64) std::atomic<std::size_t> next{0};
    alignas(64) std::atomic<std::uint32_t> gate{0};
    /// Counts jobs; what idle workers sleep on.
    alignas(64) std::atomic<std::uint32_t> generation{0};
    std::atomic<bool> stopping{false};
    std::vector<std::thread> threads;

    void take_chunks(unsigned worker) {
        for (;;) {
            const std::size_t chunk = next.fetch_add(1, std::memory_order_relaxed);
            if (chunk >= chunks) return;
            function(context, chunk, worker);
        }
    }

    /// False where no job is open.
    bool enter() {
        std::uint32_t now = gate.load(std::memory_order_relaxed);
        while ((now & kOpen) != 0) {
            if (gate.compare_exchange_weak(now, now + 1, std::memory_order_acquire,
                                           std::memory_order_relaxed))
                return true;
        }
        return false;
    }

    void leave() {
        if (gate.fetch_sub(1, std::memory_order_acq_rel) == 1) wake_one(gate);  // shut, and the last one out
    }

    void serve(unsigned worker) {
        std::uint32_t seen = 0;
        for (;;) {
            seen = wait_while(generation, seen);
            if (stopping.load(std::memory_order_acquire)) return;
            if (!enter()) continue;
            take_chunks(worker);
            leave();
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
    wake_all(state_->generation);
    for (std::thread& thread : state_->threads) thread.join();
}

unsigned ThreadPool::size() const {
    return static_cast<unsigned>(state_->threads.size()) + 1;
}

void ThreadPool::run(std::size_t chunks, ChunkFunction function, void* context) {
    State& state = *state_;
    if (state.threads.empty() || chunks <= 1) {
        for (std::size_t chunk = 0; chunk < chunks; ++chunk) function(context, chunk, 0);
        return;
    }
    state.function = function;
    state.context = context;
    state.chunks = chunks;
    state.next.store(0, std::memory_order_relaxed);
    state.gate.store(State::kOpen, std::memory_order_release);
    state.generation.fetch_add(1, std::memory_order_release);
    wake_all(state.generation);
    state.take_chunks(0);
    std::uint32_t inside = state.gate.fetch_and(~State::kOpen, std::memory_order_acq_rel) & ~State::kOpen;
    while (inside != 0) inside = wait_while(state.gate, inside);
}

unsigned default_thread_count() {
    return fast_core_count();
}

}  // namespace kinglet
