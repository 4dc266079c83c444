// Formats with blocks of 256 values that change their scale every 16, and TQ2_0, which stores its values as
// Q2_K does.
#include "inference/kernels/avx2/block_bits.h"
#include "inference/kernels/avx2/functions.h"

namespace kinglet::kernels::avx2 {
namespace {

/// 2-bit values of run g of 32.
template <int g, class Block>
KINGLET_INLINE void crumbs(const Block& block, std::size_t offset, __m256i q[8]) {
    words8(block, offset + 32 * (g / 4), q);
    unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA { q[i()] = bits<-2 * (g % 4), 3>(q[i()]); });
}

/// A float scale and 16 signed bytes of integer scales: byte i % 4 of word i / 4 for values 16 i and on.
struct HalfScales {
    __m256 d;
    __m256i scales[4];
};

/// The scales of group g; `subtracted` is what the stored values are too large by.
template <int g, int subtracted>
KINGLET_INLINE GroupScales half_scales(const HalfScales& state) {
    constexpr int byte = 2 * (g % 2);
    GroupScales s;
    s.scale = state.d;
    s.half[0] = signed_byte_twice<byte>(state.scales[g / 2]);
    s.half[1] = signed_byte_twice<byte + 1>(state.scales[g / 2]);
    const __m256i both = _mm256_blend_epi16(s.half[0], s.half[1], 0xAA);
    s.offset = _mm256_mullo_epi16(both, _mm256_set1_epi16(-subtracted));
    return s;
}

struct Q2_K {
    static constexpr std::size_t kBytes = 84;
    static constexpr int kGroups = 8;
    static constexpr Depth kDepth = Depth::eight;
    static constexpr bool kHalves = true;
    static constexpr Min kMin = Min::halves;
    static constexpr bool kOffset = false;

    struct State {
        __m256 d;
        __m256 dmin;
        __m256i packed[4];
    };
    template <class Block>
    static KINGLET_INLINE State begin(const Block& block) {
        const TwoHalves numbers = two_halves(block.words(80));
        State s;
        s.d = numbers.first;
        s.dmin = numbers.second;
        block.words4(0, s.packed);
        return s;
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        crumbs<g>(block, 16, q);
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const State& state) {
        constexpr int byte = 2 * (g % 2);
        const __m256i scale = low_nibbles(state.packed[g / 2]);
        const __m256i min = high_nibbles(state.packed[g / 2]);
        GroupScales s;
        s.scale = state.d;
        s.half[0] = signed_byte_twice<byte>(scale);
        s.half[1] = signed_byte_twice<byte + 1>(scale);
        s.min = state.dmin;
        s.min_halves =
            _mm256_blend_epi16(signed_byte_twice<byte>(min), signed_byte_twice<byte + 1>(min), 0xAA);
        return s;
    }
};

struct Q3_K {
    static constexpr std::size_t kBytes = 110;
    static constexpr int kGroups = 8;
    static constexpr Depth kDepth = Depth::eight;
    static constexpr bool kHalves = true;
    static constexpr Min kMin = Min::none;
    static constexpr bool kOffset = true;

    template <class Block>
    static KINGLET_INLINE HalfScales begin(const Block& block) {
        const __m256i first = block.words(96);
        const __m256i second = block.words(100);
        const __m256i upper = block.words(104);
        const __m256i offset = _mm256_set1_epi8(32);
        const auto scale = [offset](__m256i low, __m256i high) KINGLET_INLINE_LAMBDA {
            return _mm256_sub_epi8(_mm256_or_si256(low, high), offset);
        };
        HalfScales s;
        s.d = block.halves(108);
        s.scales[0] = scale(low_nibbles(first), bits<4, 0x30>(upper));
        s.scales[1] = scale(low_nibbles(second), bits<2, 0x30>(upper));
        s.scales[2] = scale(high_nibbles(first), bits<0, 0x30>(upper));
        s.scales[3] = scale(high_nibbles(second), bits<-2, 0x30>(upper));
        return s;
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        crumbs<g>(block, 32, q);
        __m256i high[8];
        words8(block, 0, high);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
            q[i()] = _mm256_or_si256(q[i()], bits<2 - g, 4>(high[i()]));
        });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const HalfScales& state) {
        return half_scales<g, 4>(state);
    }
};

struct Q6_K {
    static constexpr std::size_t kBytes = 210;
    static constexpr int kGroups = 8;
    static constexpr Depth kDepth = Depth::two;
    static constexpr bool kHalves = true;
    static constexpr Min kMin = Min::none;
    static constexpr bool kOffset = true;

    template <class Block>
    static KINGLET_INLINE HalfScales begin(const Block& block) {
        HalfScales s;
        s.d = block.halves(208);
        block.words4(192, s.scales);
        return s;
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        constexpr int run = g % 4;
        __m256i high[8];
        words8(block, 64 * (g / 4) + 32 * (run % 2), q);
        words8(block, 128 + 32 * (g / 4), high);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
            const __m256i low = run < 2 ? low_nibbles(q[i()]) : high_nibbles(q[i()]);
            q[i()] = _mm256_or_si256(low, bits<4 - 2 * run, 0x30>(high[i()]));
        });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const HalfScales& state) {
        return half_scales<g, 32>(state);
    }
};

struct TQ2_0 {
    static constexpr std::size_t kBytes = 66;
    static constexpr int kGroups = 8;
    static constexpr Depth kDepth = Depth::eight;
    static constexpr bool kHalves = false;
    static constexpr Min kMin = Min::none;
    static constexpr bool kOffset = true;

    template <class Block>
    static KINGLET_INLINE __m256 begin(const Block& block) {
        return block.halves(64);
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        crumbs<g>(block, 0, q);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, __m256 d) {
        GroupScales s;
        s.scale = d;
        s.offset = _mm256_set1_epi16(-1);
        return s;
    }
};

}  // namespace

void matmul_q2_k(const MatmulArgs& args) {
    matmul_plain<Q2_K>(args);
}
void matmul_q3_k(const MatmulArgs& args) {
    matmul_plain<Q3_K>(args);
}
void matmul_q6_k(const MatmulArgs& args) {
    matmul_plain<Q6_K>(args);
}
void matmul_tq2_0(const MatmulArgs& args) {
    matmul_plain<TQ2_0>(args);
}
void matmul_packed_q2_k(const MatmulArgs& args) {
    matmul_packed<Q2_K>(args);
}
void matmul_packed_q3_k(const MatmulArgs& args) {
    matmul_packed<Q3_K>(args);
}
void matmul_packed_q6_k(const MatmulArgs& args) {
    matmul_packed<Q6_K>(args);
}
void matmul_packed_tq2_0(const MatmulArgs& args) {
    matmul_packed<TQ2_0>(args);
}

}  // namespace kinglet::kernels::avx2
