// Formats whose values are words of a table, by number: each lane looks up its own row's word.
#include "inference/kernels/grids.h"
#include "inference/kernels/x86/block_bits.h"

namespace kinglet::kernels::avx2 {
namespace {

using namespace x86;

/// What these formats have in common; each names what differs.
struct GridBlock {
    static constexpr int kGroups = 8;
    static constexpr Depth kDepth = Depth::is_signed;
    static constexpr bool kHalves = false;
    static constexpr Min kMin = Min::none;
    static constexpr bool kOffset = false;

    /// State of a format with one half-precision scale at its start.
    template <class Block>
    static KINGLET_INLINE __m256 begin(const Block& block) {
        return block.halves(0);
    }
};

/// The words of four bytes or of eight that lanes number: q[0] is the first four bytes, q[1] the others.
template <std::size_t count>
KINGLET_INLINE void look_up(const Grid<std::uint32_t, count>& grid, __m256i number, __m256i q[1]) {
    q[0] = _mm256_i32gather_epi32(reinterpret_cast<const int*>(grid.words), number, 4);
}
template <std::size_t count>
KINGLET_INLINE void look_up(const Grid<std::uint64_t, count>& grid, __m256i number, __m256i q[2]) {
    const int* words = reinterpret_cast<const int*>(grid.words);
    q[0] = _mm256_i32gather_epi32(words, number, 8);
    q[1] = _mm256_i32gather_epi32(words + 1, number, 8);
}

/// The `mask` bits of each lane from bit `from` on.
template <int from, int mask>
KINGLET_INLINE __m256i field(__m256i words) {
    return _mm256_and_si256(_mm256_srli_epi32(words, from), _mm256_set1_epi32(mask));
}

/// Those bits moved up by `to`.
template <int from, int mask, int to>
KINGLET_INLINE __m256i moved(__m256i words) {
    return _mm256_slli_epi32(field<from, mask>(words), to);
}

/// Negates of each lane's eight values those whose bits are set in its lowest byte.
KINGLET_INLINE void negate(__m256i signs, __m256i q[2]) {
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12,  //
                                            0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12);
    const __m256i all = _mm256_shuffle_epi8(signs, spread);
    const __m256i one = _mm256_set1_epi8(1);
    const auto apply = [&](__m256i& values, int bits) KINGLET_INLINE_LAMBDA {
        const __m256i own = _mm256_set1_epi32(bits);
        const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(all, own), own);
        values = _mm256_sign_epi8(values, _mm256_or_si256(set, one));
    };
    apply(q[0], 0x08040201);
    apply(q[1], static_cast<int>(0x80402010U));
}

/// Eight signs from the seven that are stored in the lowest bits: the number of negative values is even.
KINGLET_INLINE __m256i whole_signs(__m256i seven) {
    __m256i odd = _mm256_xor_si256(seven, _mm256_srli_epi32(seven, 4));
    odd = _mm256_xor_si256(odd, _mm256_srli_epi32(odd, 2));
    odd = _mm256_xor_si256(odd, _mm256_srli_epi32(odd, 1));
    return _mm256_or_si256(seven, moved<0, 1, 7>(odd));
}

/// 2 s + 1 of each lane as a float.
KINGLET_INLINE __m256 odd_number(__m256i s) {
    const __m256i number = _mm256_add_epi32(_mm256_add_epi32(s, s), _mm256_set1_epi32(1));
    return _mm256_cvtepi32_ps(number);
}

/// 2 s + 1 of each lane in both its 16-bit halves.
KINGLET_INLINE __m256i odd_number_twice(__m256i s) {
    const __m256i number = _mm256_add_epi32(_mm256_add_epi32(s, s), _mm256_set1_epi32(1));
    return _mm256_or_si256(number, _mm256_slli_epi32(number, 16));
}

/// The bytes of a group's words: byte g of successive bytes at an offset.
template <int g, class Block>
KINGLET_INLINE __m256i byte_at(const Block& block, std::size_t offset) {
    return byte_of<g % 4>(block.words(offset + 4 * (g / 4)));
}

struct IQ2_XXS : GridBlock {
    static constexpr std::size_t kBytes = 66;
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        const __m256i numbers = block.words(2 + 8 * g);
        const __m256i tail = block.words(6 + 8 * g);
        unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
            look_up(kGridIQ2_XXS, byte_of<i()>(numbers), q + 2 * i());
            negate(whole_signs(field<7 * i(), 127>(tail)), q + 2 * i());
        });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block& block, __m256 d) {
        const __m256 multiple = odd_number(_mm256_srli_epi32(block.words(6 + 8 * g), 28));
        GroupScales s;
        s.scale = _mm256_mul_ps(_mm256_mul_ps(d, _mm256_set1_ps(0.125F)), multiple);
        return s;
    }
};

/// The scales of formats that have a nibble for each 16 values.
template <int g, class Block>
KINGLET_INLINE GroupScales nibble_scales(const Block& block, std::size_t offset, __m256 d) {
    const __m256i both = byte_at<g>(block, offset);
    GroupScales s;
    s.scale = _mm256_mul_ps(d, _mm256_set1_ps(0.125F));
    s.half[0] = odd_number_twice(field<0, 15>(both));
    s.half[1] = odd_number_twice(field<4, 15>(both));
    return s;
}

struct IQ2_XS : GridBlock {
    static constexpr std::size_t kBytes = 74;
    static constexpr bool kHalves = true;
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
            const __m256i pair = block.words(2 + 8 * g + 4 * (i() / 2));
            constexpr int from = 16 * (i() % 2);
            look_up(kGridIQ2_XS, field<from, 511>(pair), q + 2 * i());
            negate(whole_signs(field<from + 9, 127>(pair)), q + 2 * i());
        });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block& block, __m256 d) {
        return nibble_scales<g>(block, 66, d);
    }
};

struct IQ2_S : GridBlock {
    static constexpr std::size_t kBytes = 82;
    static constexpr bool kHalves = true;
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        const __m256i low = block.words(2 + 4 * g);
        const __m256i signs = block.words(34 + 4 * g);
        const __m256i high = byte_at<g>(block, 66);
        unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
            const __m256i number = _mm256_or_si256(byte_of<i()>(low), moved<2 * i(), 3, 8>(high));
            look_up(kGridIQ2_S, number, q + 2 * i());
            negate(byte_of<i()>(signs), q + 2 * i());
        });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block& block, __m256 d) {
        return nibble_scales<g>(block, 74, d);
    }
};

struct IQ3_XXS : GridBlock {
    static constexpr std::size_t kBytes = 98;
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        const __m256i tail = block.words(66 + 4 * g);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
            const __m256i numbers = block.words(2 + 8 * g + 4 * (i() / 4));
            look_up(kGridIQ3_XXS, byte_of<i() % 4>(numbers), q + i());
        });
        unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
            negate(whole_signs(field<7 * i(), 127>(tail)), q + 2 * i());
        });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block& block, __m256 d) {
        const __m256 multiple = odd_number(_mm256_srli_epi32(block.words(66 + 4 * g), 28));
        GroupScales s;
        s.scale = _mm256_mul_ps(_mm256_mul_ps(d, _mm256_set1_ps(0.25F)), multiple);
        return s;
    }
};

struct IQ3_S : GridBlock {
    static constexpr std::size_t kBytes = 110;
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        const __m256i high = byte_at<g>(block, 66);
        const __m256i signs = block.words(74 + 4 * g);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
            const __m256i low = byte_of<i() % 4>(block.words(2 + 8 * g + 4 * (i() / 4)));
            look_up(kGridIQ3_S, _mm256_or_si256(low, moved<i(), 1, 8>(high)), q + i());
        });
        unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA { negate(byte_of<i()>(signs), q + 2 * i()); });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block& block, __m256 d) {
        GroupScales s;
        s.scale = _mm256_mul_ps(d, odd_number(field<4 * g, 15>(block.words(106))));
        return s;
    }
};

/// Eight values of IQ1_S and IQ1_M in eighths: a word's values a little above, or below where `below` is not
/// 0.
KINGLET_INLINE void look_up_shifted(__m256i number, __m256i below, __m256i q[2]) {
    look_up(kGridIQ1, number, q);
    const __m256i up = _mm256_cmpeq_epi32(below, _mm256_setzero_si256());
    const __m256i shift = _mm256_sub_epi8(_mm256_set1_epi8(-1), _mm256_add_epi8(up, up));
    q[0] = _mm256_add_epi8(q[0], shift);
    q[1] = _mm256_add_epi8(q[1], shift);
}

struct IQ1_S : GridBlock {
    static constexpr std::size_t kBytes = 50;
    template <int g, class Block>
    static KINGLET_INLINE __m256i head(const Block& block) {
        return field<16 * (g % 2), 0xFFFF>(block.words(34 + 4 * (g / 2)));
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        const __m256i low = block.words(2 + 4 * g);
        const __m256i top = head<g>(block);
        const __m256i below = field<15, 1>(top);
        unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
            const __m256i number = _mm256_or_si256(byte_of<i()>(low), moved<3 * i(), 7, 8>(top));
            look_up_shifted(number, below, q + 2 * i());
        });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block& block, __m256 d) {
        GroupScales s;
        s.scale =
            _mm256_mul_ps(_mm256_mul_ps(d, _mm256_set1_ps(0.125F)), odd_number(field<12, 7>(head<g>(block))));
        return s;
    }
};

struct IQ1_M : GridBlock {
    static constexpr std::size_t kBytes = 56;
    static constexpr bool kHalves = true;
    template <class Block>
    static KINGLET_INLINE __m256 begin(const Block& block) {
        // Each lane's half-precision scale, nibble by nibble; then the lanes' low halves side by side.
        const __m256i first = block.words(48);
        const __m256i second = block.words(52);
        const __m256i low = _mm256_or_si256(field<12, 0xF>(first), moved<28, 0xF, 4>(first));
        const __m256i high = _mm256_or_si256(moved<12, 0xF, 8>(second), moved<28, 0xF, 12>(second));
        return two_halves(_mm256_or_si256(low, high)).first;
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, __m256i q[8]) {
        const __m256i low = block.words(4 * g);
        const __m256i heads = block.words(32 + 4 * (g / 2));
        unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
            constexpr int from = 16 * (g % 2) + 4 * i();
            const __m256i number = _mm256_or_si256(byte_of<i()>(low), moved<from, 7, 8>(heads));
            look_up_shifted(number, field<from + 3, 1>(heads), q + 2 * i());
        });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block& block, __m256 d) {
        constexpr int from = 16 * (g / 2 % 2) + 6 * (g % 2);
        const __m256i packed = block.words(48 + 4 * (g / 4));
        GroupScales s;
        s.scale = _mm256_mul_ps(d, _mm256_set1_ps(0.125F));
        s.half[0] = odd_number_twice(field<from, 7>(packed));
        s.half[1] = odd_number_twice(field<from + 3, 7>(packed));
        return s;
    }
};

constexpr Product kGridProducts[] = {
    {DType::iq2_xxs, matmul_plain<IQ2_XXS>, nullptr}, {DType::iq2_xs, matmul_plain<IQ2_XS>, nullptr},
    {DType::iq2_s, matmul_plain<IQ2_S>, nullptr},     {DType::iq3_xxs, matmul_plain<IQ3_XXS>, nullptr},
    {DType::iq3_s, matmul_plain<IQ3_S>, nullptr},     {DType::iq1_s, matmul_plain<IQ1_S>, nullptr},
    {DType::iq1_m, matmul_plain<IQ1_M>, nullptr},
};

}  // namespace

constinit const std::span<const Product> grid_blocks{kGridProducts};

}  // namespace kinglet::kernels::avx2
