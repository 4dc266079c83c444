#include "tests/bench/limits.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>

#include "app/machine/limits.h"
#include "inference/base/cpu_features.h"
#include "inference/base/page_buffer.h"

namespace kinglet::bench {
namespace {

constexpr std::uint64_t kRounds = 4'000'000;

#if defined(__x86_64__)
// Sums are variables, not an array, which compilers would keep in memory; and they must not know that all
// sums are the same.
#define KINGLET_STEP(sum)                 \
    __asm__ volatile("" : "+x"(weights)); \
    sum = _mm256_fmadd_ps(weights, values, sum)
/// kRounds times 96 products.
__attribute__((target("avx2,fma"))) float float_products() {
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
    __m256 s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;
    __m256 weights = _mm256_set1_ps(0.5F);
    const __m256 values = _mm256_set1_ps(0.25F);
    for (std::uint64_t i = 0; i < kRounds; ++i) {
        KINGLET_STEP(s0);
        KINGLET_STEP(s1);
        KINGLET_STEP(s2);
        KINGLET_STEP(s3);
        KINGLET_STEP(s4);
        KINGLET_STEP(s5);
        KINGLET_STEP(s6);
        KINGLET_STEP(s7);
        KINGLET_STEP(s8);
        KINGLET_STEP(s9);
        KINGLET_STEP(s10);
        KINGLET_STEP(s11);
    }
    s0 = _mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3));
    s4 = _mm256_add_ps(_mm256_add_ps(s4, s5), _mm256_add_ps(s6, s7));
    s8 = _mm256_add_ps(_mm256_add_ps(s8, s9), _mm256_add_ps(s10, s11));
    return _mm256_cvtss_f32(_mm256_add_ps(_mm256_add_ps(s0, s4), s8));
}
#undef KINGLET_STEP

__attribute__((target("avx2"))) std::uint64_t read_all(const std::byte* p, std::size_t bytes) {
    const auto at = [&](std::size_t i) { return reinterpret_cast<const __m256i*>(p + i); };
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
    for (std::size_t i = 0; i + 128 <= bytes; i += 128) {
        a = _mm256_add_epi64(a, _mm256_loadu_si256(at(i)));
        b = _mm256_add_epi64(b, _mm256_loadu_si256(at(i + 32)));
        c = _mm256_add_epi64(c, _mm256_loadu_si256(at(i + 64)));
        d = _mm256_add_epi64(d, _mm256_loadu_si256(at(i + 96)));
    }
    const __m256i total = _mm256_add_epi64(_mm256_add_epi64(a, b), _mm256_add_epi64(c, d));
    return static_cast<std::uint64_t>(_mm256_extract_epi64(total, 0) + _mm256_extract_epi64(total, 3));
}

bool has_avx2() {
    const CpuFeatures features = detect_cpu_features();
    return features.avx2 && features.fma;
}
#else
float float_products() {
    return 0;
}
std::uint64_t read_all(const std::byte*, std::size_t) {
    return 0;
}
bool has_avx2() {
    return false;
}
#endif

std::atomic<std::uint64_t> sink{0};

/// Seconds of the fastest of some runs.
template <class Work>
double fastest(Work work) {
    double best = 1e30;
    for (int i = 0; i < 7; ++i) {
        const auto start = std::chrono::steady_clock::now();
        sink += static_cast<std::uint64_t>(work());
        best =
            std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

std::uint64_t additions(std::uint64_t count) {
    std::uint64_t sum = 0;
#define KINGLET_STEP \
    ++sum;           \
    __asm__ volatile("" : "+r"(sum))
    for (std::uint64_t i = 0; i < count; i += 8) {
        KINGLET_STEP;
        KINGLET_STEP;
        KINGLET_STEP;
        KINGLET_STEP;
        KINGLET_STEP;
        KINGLET_STEP;
        KINGLET_STEP;
        KINGLET_STEP;
    }
#undef KINGLET_STEP
    return sum;
}

Roof measure_roof() {
    Roof roof;
    constexpr std::uint64_t steps = 20'000'000;
    roof.cycles_per_s = steps / fastest([] { return additions(steps); });
    roof.int8_products_per_s = machine::measure_int8_gops(1) * 1e9 / 2;
    PageBuffer memory;
    if (has_avx2() && memory.resize(std::size_t{96} << 20)) {
        std::fill_n(memory.data(), memory.size(), std::byte{1});
        roof.read_bytes_per_s = static_cast<double>(memory.size()) /
                                fastest([&] { return read_all(memory.data(), memory.size()); });
        roof.float_products_per_s = 96.0 * kRounds / fastest([] { return float_products(); });
    }
    return roof;
}

}  // namespace

const Roof& roof() {
    static const Roof measured = measure_roof();
    return measured;
}

}  // namespace kinglet::bench
