#include "tests/bench/limits.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>

#include "inference/base/cpu_features.h"
#include "inference/base/page_buffer.h"

namespace kinglet::bench {

#if defined(__x86_64__)
__attribute__((target("avx2"))) std::int64_t int8_products_avx2(std::size_t rounds) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sums[8];
    for (__m256i& sum : sums) sum = _mm256_setzero_si256();
    __m256i weights = _mm256_set1_epi8(3);
    __m256i values = _mm256_set1_epi8(5);
    for (std::size_t i = 0; i < rounds; ++i) {
        // The compiler must believe that the operands change, or it computes the product once.
        __asm__ volatile("" : "+x"(weights), "+x"(values));
        for (int pass = 0; pass < 4; ++pass) {
            for (__m256i& sum : sums) {
                __m256i pairs = _mm256_maddubs_epi16(weights, values);
                __asm__ volatile("" : "+x"(pairs));
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    __m256i total = sums[0];
    for (int i = 1; i < 8; ++i) total = _mm256_add_epi32(total, sums[i]);
    return _mm256_extract_epi32(total, 0) + static_cast<std::int64_t>(_mm256_extract_epi32(total, 7));
}
__attribute__((target("avx2,fma"))) float float_products_avx2(std::size_t rounds) {
    __m256 sums[8];
    for (__m256& sum : sums) sum = _mm256_setzero_ps();
    __m256 weights = _mm256_set1_ps(0.5F);
    __m256 values = _mm256_set1_ps(0.25F);
    for (std::size_t i = 0; i < rounds; ++i) {
        __asm__ volatile("" : "+x"(weights), "+x"(values));
        for (int pass = 0; pass < 16; ++pass) {
            for (__m256& sum : sums) sum = _mm256_fmadd_ps(weights, values, sum);
        }
    }
    __m256 total = sums[0];
    for (int i = 1; i < 8; ++i) total = _mm256_add_ps(total, sums[i]);
    return _mm256_cvtss_f32(total);
}

namespace {

__attribute__((target("avx2"))) std::uint64_t read_vectors(const unsigned char* p, std::size_t bytes) {
    __m256i sums[4];
    for (__m256i& sum : sums) sum = _mm256_setzero_si256();
    for (std::size_t i = 0; i + 128 <= bytes; i += 128) {
        for (std::size_t lane = 0; lane < 4; ++lane) {
            const auto* at = reinterpret_cast<const __m256i*>(p + i + 32 * lane);
            sums[lane] = _mm256_add_epi64(sums[lane], _mm256_loadu_si256(at));
        }
    }
    const __m256i total =
        _mm256_add_epi64(_mm256_add_epi64(sums[0], sums[1]), _mm256_add_epi64(sums[2], sums[3]));
    return static_cast<std::uint64_t>(_mm256_extract_epi64(total, 0) + _mm256_extract_epi64(total, 3));
}

bool has_avx2() {
    const CpuFeatures features = detect_cpu_features();
    return features.avx2 && features.fma;
}

}  // namespace
#else
float float_products_avx2(std::size_t) {
    return 0;
}
namespace {
std::uint64_t read_vectors(const unsigned char*, std::size_t) {
    return 0;
}
bool has_avx2() {
    return false;
}
}  // namespace
std::int64_t int8_products_avx2(std::size_t) {
    return 0;
}
#endif

std::uint64_t read_all(const void* memory, std::size_t bytes) {
    const auto* p = static_cast<const unsigned char*>(memory);
    if (has_avx2()) return read_vectors(p, bytes);
    std::uint64_t sums[8] = {};
    for (std::size_t i = 0; i + 64 <= bytes; i += 64) {
        for (std::size_t lane = 0; lane < 8; ++lane) {
            std::uint64_t word;
            std::memcpy(&word, p + i + 8 * lane, 8);
            sums[lane] += word;
        }
    }
    std::uint64_t total = 0;
    for (const std::uint64_t sum : sums) total += sum;
    return total;
}

namespace {

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
    for (std::uint64_t i = 0; i < count; i += 8) {
        for (int k = 0; k < 8; ++k) {
            ++sum;
            __asm__ volatile("" : "+r"(sum));
        }
    }
    return sum;
}

Roof measure_roof() {
    Roof roof;
    constexpr std::uint64_t steps = 20'000'000;
    roof.cycles_per_s = steps / fastest([] { return additions(steps); });
    PageBuffer memory;
    if (memory.resize(std::size_t{96} << 20)) {
        std::fill_n(memory.data(), memory.size(), std::byte{1});
        roof.read_bytes_per_s = static_cast<double>(memory.size()) /
                                fastest([&] { return read_all(memory.data(), memory.size()); });
    }
    if (has_avx2()) {
        constexpr std::size_t rounds = 100'000;
        roof.int8_products_per_s = 1024.0 * rounds / fastest([] { return int8_products_avx2(rounds); });
        roof.float_products_per_s = 1024.0 * rounds / fastest([] { return float_products_avx2(rounds); });
    }
    return roof;
}

}  // namespace

const Roof& roof() {
    static const Roof measured = measure_roof();
    return measured;
}

}  // namespace kinglet::bench
