// Formats with blocks of 32 values.
#include "inference/kernels/avx2/block_bits.h"
#include "inference/kernels/avx2/functions.h"

namespace kinglet::kernels::avx2 {
namespace {

/// What most of these formats have in common; each names what differs.
struct SmallBlock {
    static constexpr int kGroups = 1;
    static constexpr bool kHalves = false;
    static constexpr Min kMin = Min::none;
    static constexpr bool kOffset = false;

    /// State of a format with one half-precision scale at its start.
    template <class Block>
    static KINGLET_INLINE __m256 begin(const Block& block) {
        return block.halves(0);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, __m256 d) {
        GroupScales s;
        s.scale = d;
        return s;
    }
};

/// The same with a scale and a constant to add, both at the start.
struct SmallBlockWithMin : SmallBlock {
    static constexpr Min kMin = Min::whole;

    template <class Block>
    static KINGLET_INLINE TwoHalves begin(const Block& block) {
        return two_halves(block.words(0));
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const TwoHalves& numbers) {
        GroupScales s;
        s.scale = numbers.first;
        s.min = _mm256_sub_ps(_mm256_setzero_ps(), numbers.second);
        return s;
    }
};

/// Nibbles with the fifth bits that lie, 32 to a word, before them.
template <class Block>
KINGLET_INLINE void five_bits(const Block& block, std::size_t high_offset, __m256i q[8]) {
    split_nibbles(block, high_offset + 4, q);
    const __m256i word = block.words(high_offset);
    unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
        // Byte i / 2 of the lane in all four bytes; each byte looks at a bit of its own.
        constexpr int byte = i() / 2;
        const __m256i spread = _mm256_setr_epi8(
            byte, byte, byte, byte, byte + 4, byte + 4, byte + 4, byte + 4,  //
            byte + 8, byte + 8, byte + 8, byte + 8, byte + 12, byte + 12, byte + 12,
            byte + 12,                                                       //
            byte, byte, byte, byte, byte + 4, byte + 4, byte + 4, byte + 4,  //
            byte + 8, byte + 8, byte + 8, byte + 8, byte + 12, byte + 12, byte + 12, byte + 12);
        const __m256i own = _mm256_set1_epi32(i() % 2 == 0 ? 0x08040201 : static_cast<int>(0x80402010U));
        const __m256i masked = _mm256_and_si256(_mm256_shuffle_epi8(word, spread), own);
        const __m256i high = _mm256_and_si256(_mm256_cmpeq_epi8(masked, own), _mm256_set1_epi8(16));
        q[i()] = _mm256_or_si256(q[i()], high);
    });
}

struct Q4_0 : SmallBlock {
    static constexpr std::size_t kBytes = 18;
    static constexpr Depth kDepth = Depth::eight;
    static constexpr bool kOffset = true;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        split_nibbles(block, 2, q);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, __m256 d) {
        GroupScales s;
        s.scale = d;
        s.offset = _mm256_set1_epi16(-8);
        return s;
    }
};

struct Q4_1 : SmallBlockWithMin {
    static constexpr std::size_t kBytes = 20;
    static constexpr Depth kDepth = Depth::eight;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        split_nibbles(block, 4, q);
    }
};

struct Q5_0 : SmallBlock {
    static constexpr std::size_t kBytes = 22;
    static constexpr Depth kDepth = Depth::four;
    static constexpr bool kOffset = true;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        five_bits(block, 2, q);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, __m256 d) {
        GroupScales s;
        s.scale = d;
        s.offset = _mm256_set1_epi16(-16);
        return s;
    }
};

struct Q5_1 : SmallBlockWithMin {
    static constexpr std::size_t kBytes = 24;
    static constexpr Depth kDepth = Depth::four;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        five_bits(block, 4, q);
    }
};

struct Q8_0 : SmallBlock {
    static constexpr std::size_t kBytes = 34;
    static constexpr Depth kDepth = Depth::is_signed;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        words8(block, 2, q);
    }
};

struct IQ4_NL : SmallBlock {
    static constexpr std::size_t kBytes = 18;
    static constexpr Depth kDepth = Depth::is_signed;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        split_nibbles(block, 2, q);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA { q[i()] = levels_of(q[i()]); });
    }
};

}  // namespace

void matmul_q4_0(const MatmulArgs& args) {
    matmul_plain<Q4_0>(args);
}
void matmul_q4_1(const MatmulArgs& args) {
    matmul_plain<Q4_1>(args);
}
void matmul_q5_0(const MatmulArgs& args) {
    matmul_plain<Q5_0>(args);
}
void matmul_q5_1(const MatmulArgs& args) {
    matmul_plain<Q5_1>(args);
}
void matmul_q8_0(const MatmulArgs& args) {
    matmul_plain<Q8_0>(args);
}
void matmul_iq4_nl(const MatmulArgs& args) {
    matmul_plain<IQ4_NL>(args);
}
void matmul_packed_q4_0(const MatmulArgs& args) {
    matmul_packed<Q4_0>(args);
}
void matmul_packed_q4_1(const MatmulArgs& args) {
    matmul_packed<Q4_1>(args);
}
void matmul_packed_q5_0(const MatmulArgs& args) {
    matmul_packed<Q5_0>(args);
}
void matmul_packed_q5_1(const MatmulArgs& args) {
    matmul_packed<Q5_1>(args);
}
void matmul_packed_q8_0(const MatmulArgs& args) {
    matmul_packed<Q8_0>(args);
}
void matmul_packed_iq4_nl(const MatmulArgs& args) {
    matmul_packed<IQ4_NL>(args);
}

}  // namespace kinglet::kernels::avx2
