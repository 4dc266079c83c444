// Formats with blocks of 256 values (K-quants).
#include "inference/kernels/avx2/functions.h"
#include "inference/kernels/avx2/panel.h"

namespace kinglet::kernels::avx2 {
namespace {

/// Byte `index` of each lane's word as a number.
template <int index>
KINGLET_INLINE __m256i byte_of(__m256i words) {
    if constexpr (index == 3) return _mm256_srli_epi32(words, 24);
    return _mm256_and_si256(_mm256_srli_epi32(words, 8 * index), _mm256_set1_epi32(255));
}

/// Signed byte `index` of each lane's word, in both 16-bit halves of the lane.
template <int index>
KINGLET_INLINE __m256i signed_byte_twice(__m256i words) {
    const __m256i number = _mm256_srai_epi32(_mm256_slli_epi32(words, 24 - 8 * index), 24);
    return _mm256_blend_epi16(number, _mm256_slli_epi32(number, 16), 0xAA);
}

/// The scales and minima of Q4_K and Q5_K: byte g % 4 of word g / 4.
struct KScales {
    __m256 d;
    __m256 dmin;
    __m256i scale[2];
    __m256i min[2];
};

template <class Block>
KINGLET_INLINE KScales k_scales(const Block& block) {
    __m256i head[4];  // d and dmin, then the 12 bytes of scales
    block.words4(0, head);
    const __m256i six = _mm256_set1_epi8(63);
    const __m256i four = _mm256_set1_epi8(15);
    const __m256i upper = _mm256_set1_epi8(0x30);
    KScales s;
    // Eight pairs of halves: even ones are d, odd ones dmin.
    const __m256i order = _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15,  //
                                           0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    const __m256i parted = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(head[0], order), 0xD8);
    s.d = _mm256_cvtph_ps(_mm256_castsi256_si128(parted));
    s.dmin = _mm256_cvtph_ps(_mm256_extracti128_si256(parted, 1));
    s.scale[0] = _mm256_and_si256(head[1], six);
    s.min[0] = _mm256_and_si256(head[2], six);
    s.scale[1] = _mm256_or_si256(_mm256_and_si256(head[3], four),
                                 _mm256_and_si256(_mm256_srli_epi16(head[1], 2), upper));
    s.min[1] = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(head[3], 4), four),
                               _mm256_and_si256(_mm256_srli_epi16(head[2], 2), upper));
    return s;
}

template <int g>
KINGLET_INLINE GroupScales k_group_scales(const KScales& k) {
    GroupScales s;
    s.scale = _mm256_mul_ps(k.d, _mm256_cvtepi32_ps(byte_of<g % 4>(k.scale[g / 4])));
    s.min = _mm256_mul_ps(k.dmin, _mm256_cvtepi32_ps(byte_of<g % 4>(k.min[g / 4])));
    return s;
}

struct Q4_K {
    static constexpr std::size_t kBytes = 144;
    static constexpr int kGroups = 8;
    static constexpr Depth kDepth = Depth::eight;
    static constexpr bool kHalves = false;
    static constexpr bool kMin = true;
    static constexpr bool kOffset = false;

    template <class Block>
    static KINGLET_INLINE KScales begin(const Block& block) {
        return k_scales(block);
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        const __m256i low = _mm256_set1_epi8(15);
        block.words4(16 + 32 * (g / 2), q);
        block.words4(32 + 32 * (g / 2), q + 4);
        for (int i = 0; i < 8; ++i)
            q[i] = _mm256_and_si256(g % 2 == 0 ? q[i] : _mm256_srli_epi16(q[i], 4), low);
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const KScales& k) {
        return k_group_scales<g>(k);
    }
};

struct Q6_K {
    static constexpr std::size_t kBytes = 210;
    static constexpr int kGroups = 8;
    static constexpr Depth kDepth = Depth::two;
    static constexpr bool kHalves = true;
    static constexpr bool kMin = false;
    static constexpr bool kOffset = true;

    struct State {
        __m256 d;
        __m256i scales[4];
    };
    template <class Block>
    static KINGLET_INLINE State begin(const Block& block) {
        State s;
        s.d = block.halves(208);
        block.words4(192, s.scales);
        return s;
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        constexpr int run = g % 4;
        const __m256i low = _mm256_set1_epi8(15);
        const __m256i upper = _mm256_set1_epi8(0x30);
        __m256i high[8];
        block.words4(64 * (g / 4) + 32 * (run % 2), q);
        block.words4(64 * (g / 4) + 32 * (run % 2) + 16, q + 4);
        block.words4(128 + 32 * (g / 4), high);
        block.words4(144 + 32 * (g / 4), high + 4);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
            const __m256i bottom = _mm256_and_si256(run < 2 ? q[i()] : _mm256_srli_epi16(q[i()], 4), low);
            // The two bits of this run, moved to bits 4 and 5.
            __m256i top = high[i()];
            if constexpr (run < 2) top = _mm256_slli_epi16(top, 4 - 2 * run);
            if constexpr (run == 3) top = _mm256_srli_epi16(top, 2);
            q[i()] = _mm256_or_si256(bottom, _mm256_and_si256(top, upper));
        });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const State& state) {
        GroupScales s;
        s.scale = state.d;
        constexpr int byte = 2 * (g % 2);
        s.half[0] = signed_byte_twice<byte>(state.scales[g / 2]);
        s.half[1] = signed_byte_twice<byte + 1>(state.scales[g / 2]);
        // Values are stored with 32 added: take 32 times the scale off for each activation.
        const __m256i both = _mm256_blend_epi16(s.half[0], s.half[1], 0xAA);
        s.offset = _mm256_sub_epi16(_mm256_setzero_si256(), _mm256_slli_epi16(both, 5));
        return s;
    }
};

}  // namespace

void matmul_q4_k(const MatmulArgs& args) {
    matmul_plain<Q4_K>(args);
}
void matmul_q6_k(const MatmulArgs& args) {
    matmul_plain<Q6_K>(args);
}

}  // namespace kinglet::kernels::avx2
