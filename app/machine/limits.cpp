#include "app/machine/limits.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "app/machine/small_pages.h"
#include "inference/base/cpu_features.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define KINGLET_X86 1
#endif

namespace kinglet::machine {
namespace {

using Clock = std::chrono::steady_clock;

/// Results go here, so that no compiler may leave the work out.
std::atomic<std::uint64_t> sink{0};

/// Threads that wait for each other. Not std::barrier, whose waiting is that of std::atomic
/// (inference/base/sleep_windows.cpp).
class Barrier {
  public:
    explicit Barrier(int threads) : threads_(threads) {}
    void wait() {
        std::unique_lock lock(mutex_);
        const int round = round_;
        if (++waiting_ == threads_) {
            waiting_ = 0;
            ++round_;
            all_.notify_all();
        } else {
            all_.wait(lock, [&] { return round_ != round; });
        }
    }

  private:
    std::mutex mutex_;
    std::condition_variable all_;
    int threads_;
    int waiting_ = 0;
    int round_ = 0;
};

/// Seconds of the fastest of `rounds` runs of work(thread) on `threads` threads that begin together.
double fastest_round(int threads, int rounds, const std::function<void(int)>& work) {
    double best = 1e30;
    Clock::time_point start;
    Barrier begin(threads + 1), end(threads + 1);
    std::vector<std::jthread> workers;
    for (int thread = 0; thread < threads; ++thread) {
        workers.emplace_back([&, thread] {
            for (int round = 0; round < rounds; ++round) {
                begin.wait();
                work(thread);
                end.wait();
            }
        });
    }
    for (int round = 0; round < rounds; ++round) {
        start = Clock::now();
        begin.wait();
        end.wait();
        best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
    }
    return best;
}

/// Adds words up in eight independent chains: the additions never wait for each other, only for memory. Each
/// chain is a variable of its own, because compilers keep arrays in memory, and then that is what is
/// measured; the same holds for the loops below.
std::uint64_t sum_words(const std::uint64_t* words, std::size_t count) {
    std::uint64_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
    for (std::size_t i = 0; i + 8 <= count; i += 8) {
        const std::uint64_t* at = words + i;
        a += at[0], b += at[1], c += at[2], d += at[3];
        e += at[4], f += at[5], g += at[6], h += at[7];
    }
    return a + b + c + d + e + f + g + h;
}

constexpr std::uint64_t int8_steps = 20'000'000;

/// Operations done by one run of an int8 loop of int8_steps.
std::uint64_t int8_scalar() {
    constexpr std::uint64_t steps = int8_steps / 16;
    std::array<std::int8_t, 64> a{};
    std::array<std::int32_t, 64> sums{};
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::int8_t>(i);
    for (std::uint64_t step = 0; step < steps; ++step) {
        const auto factor = static_cast<std::int8_t>(step);
        for (std::size_t i = 0; i < a.size(); ++i) sums[i] += a[i] * factor;
    }
    for (const std::int32_t sum : sums) sink += static_cast<std::uint32_t>(sum);
    return steps * a.size() * 2;
}

#ifdef KINGLET_X86
// A KINGLET_STEP for each of eight sums.
#define KINGLET_EIGHT_STEPS \
    KINGLET_STEP(s0);       \
    KINGLET_STEP(s1);       \
    KINGLET_STEP(s2);       \
    KINGLET_STEP(s3);       \
    KINGLET_STEP(s4);       \
    KINGLET_STEP(s5);       \
    KINGLET_STEP(s6);       \
    KINGLET_STEP(s7);

__attribute__((target("avx2"))) std::uint64_t int8_avx2() {
    const __m256i ones = _mm256_set1_epi16(1);
    const __m256i b = _mm256_set1_epi8(5);
    __m256i a = _mm256_set1_epi8(3);
    __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    __m256i pair;
// The compiler must not know the values, or it would compute a product once.
#define KINGLET_STEP(sum)              \
    __asm__ volatile("" : "+x"(a));    \
    pair = _mm256_maddubs_epi16(a, b); \
    __asm__ volatile("" : "+x"(pair)); \
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pair, ones))
    for (std::uint64_t step = 0; step < int8_steps; ++step) {
        KINGLET_EIGHT_STEPS
    }
#undef KINGLET_STEP
    s0 = _mm256_add_epi32(_mm256_add_epi32(s0, s1), _mm256_add_epi32(s2, s3));
    s4 = _mm256_add_epi32(_mm256_add_epi32(s4, s5), _mm256_add_epi32(s6, s7));
    const __m256i total = _mm256_add_epi32(s0, s4);
    std::uint64_t word = 0;
    std::memcpy(&word, &total, sizeof word);
    sink += word;
    return int8_steps * 8 * 32 * 2;
}

__attribute__((target("avx512f,avx512vnni"))) std::uint64_t int8_avx512_vnni() {
    const __m512i b = _mm512_set1_epi32(0x05050505);
    __m512i a = _mm512_set1_epi32(0x03030303);
    __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    __m512i s8 = s0, s9 = s0;
#define KINGLET_STEP(sum)           \
    __asm__ volatile("" : "+v"(a)); \
    sum = _mm512_dpbusd_epi32(sum, a, b)
    for (std::uint64_t step = 0; step < int8_steps; ++step) {
        KINGLET_EIGHT_STEPS
        KINGLET_STEP(s8);
        KINGLET_STEP(s9);
    }
#undef KINGLET_STEP
    s0 = _mm512_add_epi32(_mm512_add_epi32(s0, s1), _mm512_add_epi32(s2, s3));
    s4 = _mm512_add_epi32(_mm512_add_epi32(s4, s5), _mm512_add_epi32(s6, s7));
    const __m512i total = _mm512_add_epi32(_mm512_add_epi32(s0, s4), _mm512_add_epi32(s8, s9));
    std::uint64_t word = 0;
    std::memcpy(&word, &total, sizeof word);
    sink += word;
    return int8_steps * 10 * 64 * 2;
}
#endif

using Int8Loop = std::uint64_t (*)();

Int8Loop widest_int8_loop() {
#ifdef KINGLET_X86
    const CpuFeatures cpu = detect_cpu_features();
    if (cpu.avx512f && cpu.avx512_vnni) return int8_avx512_vnni;
    if (cpu.avx2) return int8_avx2;
#endif
    return int8_scalar;
}

}  // namespace

double measure_read_bandwidth_gb_s(int threads, std::size_t wanted) {
    const std::size_t bytes_each =
        std::max<std::size_t>(wanted / static_cast<std::size_t>(threads), wanted / 8);
    const std::size_t bytes = bytes_each * static_cast<std::size_t>(threads);
    void* memory = allocate_small_pages(bytes);
    if (memory == nullptr) return 0;
    auto* const words = static_cast<std::uint64_t*>(memory);
    const std::size_t words_each = bytes_each / sizeof(std::uint64_t);
    const auto part = [&](int thread) { return words + static_cast<std::size_t>(thread) * words_each; };
    fastest_round(threads, 1, [&](int thread) { std::fill_n(part(thread), words_each, std::uint64_t{1}); });
    const double seconds =
        fastest_round(threads, 5, [&](int thread) { sink += sum_words(part(thread), words_each); });
    free_small_pages(memory, bytes);
    return static_cast<double>(bytes) / seconds / 1e9;
}

double measure_int8_gops(int threads) {
    const Int8Loop loop = widest_int8_loop();
    std::atomic<std::uint64_t> operations{0};
    const double seconds = fastest_round(threads, 3, [&](int) { operations = loop(); });
    return static_cast<double>(operations) * threads / seconds / 1e9;
}

std::uint64_t memory_for_weights() {
    return available_memory_bytes() / 10 * 6;
}

}  // namespace kinglet::machine
