// Formats with blocks of 256 values that change their scale every 16, and TQ2_0, which stores its values as
// Q2_K does.
#include "inference/kernels/x86/block_bits.h"

namespace kinglet::kernels::x86 {
namespace {

/// 2-bit values of run g of 32.
template <int g, class Block>
KINGLET_INLINE void crumbs(const Block& block, std::size_t offset, Ints q[8]) {
    words8(block, offset + 32 * (g / 4), q);
    unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA { q[i()] = bits<-2 * (g % 4), 3>(q[i()]); });
}

/// A float scale and 16 signed bytes of integer scales: byte i % 4 of word i / 4 for values 16 i and on.
struct HalfScales {
    Floats d;
    Ints scales[4];
};

/// The scales of group g; `subtracted` is what the stored values are too large by.
template <int g, int subtracted>
KINGLET_INLINE GroupScales half_scales(const HalfScales& state) {
    constexpr int byte = 2 * (g % 2);
    GroupScales s;
    s.scale = state.d;
    s.half[0] = factor_of_byte<byte>(state.scales[g / 2]);
    s.half[1] = factor_of_byte<byte + 1>(state.scales[g / 2]);
    const Ints both = both_factors(s.half[0], s.half[1]);
    s.offset = mul16(both, all16(-subtracted));
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
        Floats d;
        Floats dmin;
        Ints packed[4];
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
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        crumbs<g>(block, 16, q);
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const State& state) {
        constexpr int byte = 2 * (g % 2);
        const Ints scale = low_nibbles(state.packed[g / 2]);
        const Ints min = high_nibbles(state.packed[g / 2]);
        GroupScales s;
        s.scale = state.d;
        s.half[0] = factor_of_byte<byte>(scale);
        s.half[1] = factor_of_byte<byte + 1>(scale);
        s.min = state.dmin;
        s.min_halves = both_factors(factor_of_byte<byte>(min), factor_of_byte<byte + 1>(min));
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
        const Ints first = block.words(96);
        const Ints second = block.words(100);
        const Ints upper = block.words(104);
        const Ints offset = all8(32);
        const auto scale = [offset](Ints low, Ints high)
                               KINGLET_INLINE_LAMBDA { return sub8(bit_or(low, high), offset); };
        HalfScales s;
        s.d = block.halves(108);
        s.scales[0] = scale(low_nibbles(first), bits<4, 0x30>(upper));
        s.scales[1] = scale(low_nibbles(second), bits<2, 0x30>(upper));
        s.scales[2] = scale(high_nibbles(first), bits<0, 0x30>(upper));
        s.scales[3] = scale(high_nibbles(second), bits<-2, 0x30>(upper));
        return s;
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        crumbs<g>(block, 32, q);
        Ints high[8];
        words8(block, 0, high);
        unrolled<8>([&](auto i)
                        KINGLET_INLINE_LAMBDA { q[i()] = bit_or(q[i()], bits<2 - g, 4>(high[i()])); });
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
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        constexpr int run = g % 4;
        Ints high[8];
        words8(block, 64 * (g / 4) + 32 * (run % 2), q);
        words8(block, 128 + 32 * (g / 4), high);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
            const Ints low = run < 2 ? low_nibbles(q[i()]) : high_nibbles(q[i()]);
            q[i()] = bit_or(low, bits<4 - 2 * run, 0x30>(high[i()]));
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
    static KINGLET_INLINE Floats begin(const Block& block) {
        return block.halves(64);
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        crumbs<g>(block, 0, q);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, Floats d) {
        GroupScales s;
        s.scale = d;
        s.offset = all16(-1);
        return s;
    }
};

constexpr Product kHalfProducts[] = {
    product<Q2_K>(DType::q2_k),
    product<Q3_K>(DType::q3_k),
    product<Q6_K>(DType::q6_k),
    product<TQ2_0>(DType::tq2_0),
};

}  // namespace
}  // namespace kinglet::kernels::x86

namespace kinglet::kernels::KINGLET_KERNEL_SET {

constinit const std::span<const Product> half_blocks{x86::kHalfProducts};

}  // namespace kinglet::kernels::KINGLET_KERNEL_SET
