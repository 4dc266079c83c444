#include "tests/bench/limits.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <cstring>

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
#else
std::int64_t int8_products_avx2(std::size_t) {
    return 0;
}
#endif

std::uint64_t read_all(const void* memory, std::size_t bytes) {
    const auto* p = static_cast<const unsigned char*>(memory);
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

}  // namespace kinglet::bench
