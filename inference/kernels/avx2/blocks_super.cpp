// Formats with blocks of 256 values and a scale for every 32 of them.
#include "inference/kernels/avx2/block_bits.h"
#include "inference/kernels/avx2/functions.h"

namespace kinglet::kernels::avx2 {
namespace {

/// The scales and minima of Q4_K and Q5_K: byte g % 4 of word g / 4.
struct KScales {
    __m256 d;
    __m256 dmin;
    __m256i scale[2];
    __m256i min[2];
};

struct SuperBlockWithMin {
    static constexpr int kGroups = 8;
    static constexpr bool kHalves = false;
    static constexpr Min kMin = Min::whole;
    static constexpr bool kOffset = false;

    template <class Block>
    static KINGLET_INLINE KScales begin(const Block& block) {
        __m256i head[4];  // d and dmin, then the 12 bytes of scales
        block.words4(0, head);
        const TwoHalves numbers = two_halves(head[0]);
        KScales s;
        s.d = numbers.first;
        s.dmin = numbers.second;
        s.scale[0] = bits<0, 63>(head[1]);
        s.min[0] = bits<0, 63>(head[2]);
        s.scale[1] = _mm256_or_si256(low_nibbles(head[3]), bits<-2, 0x30>(head[1]));
        s.min[1] = _mm256_or_si256(high_nibbles(head[3]), bits<-2, 0x30>(head[2]));
        return s;
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const KScales& k) {
        GroupScales s;
        s.scale = _mm256_mul_ps(k.d, _mm256_cvtepi32_ps(byte_of<g % 4>(k.scale[g / 4])));
        s.min = _mm256_mul_ps(k.dmin, _mm256_cvtepi32_ps(byte_of<g % 4>(k.min[g / 4])));
        return s;
    }
};

/// Nibbles of group g, whose neighbour has the other nibbles of the same 32 bytes.
template <int g, class Block>
KINGLET_INLINE void paired_nibbles(const Block& block, std::size_t offset, __m256i q[8]) {
    words8(block, offset + 32 * (g / 2), q);
    unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
        q[i()] = g % 2 == 0 ? low_nibbles(q[i()]) : high_nibbles(q[i()]);
    });
}

struct Q4_K : SuperBlockWithMin {
    static constexpr std::size_t kBytes = 144;
    static constexpr Depth kDepth = Depth::eight;
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        paired_nibbles<g>(block, 16, q);
    }
};

struct Q5_K : SuperBlockWithMin {
    static constexpr std::size_t kBytes = 176;
    static constexpr Depth kDepth = Depth::four;
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        paired_nibbles<g>(block, 48, q);
        __m256i high[8];
        words8(block, 16, high);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
            q[i()] = _mm256_or_si256(q[i()], bits<4 - g, 16>(high[i()]));
        });
    }
};

struct IQ4_XS {
    static constexpr std::size_t kBytes = 136;
    static constexpr int kGroups = 8;
    static constexpr Depth kDepth = Depth::is_signed;
    static constexpr bool kHalves = false;
    static constexpr Min kMin = Min::none;
    static constexpr bool kOffset = false;

    struct State {
        __m256 d;
        __m256i low;
        __m256i high;
    };
    template <class Block>
    static KINGLET_INLINE State begin(const Block& block) {
        const __m256i head = block.words(0);
        return {two_halves(head).first, block.words(4), _mm256_srli_epi32(head, 16)};
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        split_nibbles(block, 8 + 16 * g, q);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA { q[i()] = levels_of(q[i()]); });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const State& state) {
        const __m256i low = _mm256_and_si256(_mm256_srli_epi32(state.low, 4 * g), _mm256_set1_epi32(15));
        const __m256i high = _mm256_and_si256(_mm256_srli_epi32(state.high, 2 * g), _mm256_set1_epi32(3));
        const __m256i six = _mm256_or_si256(low, _mm256_slli_epi32(high, 4));
        GroupScales s;
        s.scale = _mm256_mul_ps(state.d, _mm256_cvtepi32_ps(_mm256_sub_epi32(six, _mm256_set1_epi32(32))));
        return s;
    }
};

}  // namespace

void matmul_q4_k(const MatmulArgs& args) {
    matmul_plain<Q4_K>(args);
}
void matmul_q5_k(const MatmulArgs& args) {
    matmul_plain<Q5_K>(args);
}
void matmul_iq4_xs(const MatmulArgs& args) {
    matmul_plain<IQ4_XS>(args);
}
void matmul_packed_q4_k(const MatmulArgs& args) {
    matmul_packed<Q4_K>(args);
}
void matmul_packed_q5_k(const MatmulArgs& args) {
    matmul_packed<Q5_K>(args);
}
void matmul_packed_iq4_xs(const MatmulArgs& args) {
    matmul_packed<IQ4_XS>(args);
}

}  // namespace kinglet::kernels::avx2
