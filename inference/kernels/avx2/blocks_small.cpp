// Formats with blocks of 32 values.
#include "inference/kernels/avx2/functions.h"
#include "inference/kernels/avx2/panel.h"

namespace kinglet::kernels::avx2 {
namespace {

/// The 32 values of 16 bytes that hold the first half in their low nibbles and the second in their high ones.
template <class Block>
KINGLET_INLINE void nibbles(const Block& block, std::size_t offset, __m256i q[8]) {
    const __m256i low = _mm256_set1_epi8(15);
    __m256i bytes[4];
    block.words4(offset, bytes);
    unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
        q[i()] = _mm256_and_si256(bytes[i()], low);
        q[4 + i()] = _mm256_and_si256(_mm256_srli_epi16(bytes[i()], 4), low);
    });
}

struct Q4_0 {
    static constexpr std::size_t kBytes = 18;
    static constexpr int kGroups = 1;
    static constexpr Depth kDepth = Depth::eight;
    static constexpr bool kHalves = false;
    static constexpr bool kMin = false;
    static constexpr bool kOffset = true;

    template <class Block>
    static KINGLET_INLINE __m256 begin(const Block& block) {
        return block.halves(0);
    }
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        nibbles(block, 2, q);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, __m256 d) {
        GroupScales s;
        s.scale = d;
        s.offset = _mm256_set1_epi16(-8);
        return s;
    }
};

struct Q8_0 {
    static constexpr std::size_t kBytes = 34;
    static constexpr int kGroups = 1;
    static constexpr Depth kDepth = Depth::is_signed;
    static constexpr bool kHalves = false;
    static constexpr bool kMin = false;
    static constexpr bool kOffset = false;

    template <class Block>
    static KINGLET_INLINE __m256 begin(const Block& block) {
        return block.halves(0);
    }
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        block.words4(2, q);
        block.words4(18, q + 4);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, __m256 d) {
        GroupScales s;
        s.scale = d;
        return s;
    }
};

}  // namespace

void matmul_q4_0(const MatmulArgs& args) {
    matmul_plain<Q4_0>(args);
}
void matmul_q8_0(const MatmulArgs& args) {
    matmul_plain<Q8_0>(args);
}

}  // namespace kinglet::kernels::avx2
