// Formats with blocks of 256 values and a scale for every 32 of them.
#include "inference/kernels/x86/block_bits.h"

namespace kinglet::kernels::x86 {
namespace {

/// The scales and minima of Q4_K and Q5_K: byte g % 4 of word g / 4.
struct KScales {
    Floats d;
    Floats dmin;
    Ints scale[2];
    Ints min[2];
};

struct SuperBlockWithMin {
    static constexpr int kGroups = 8;
    static constexpr bool kHalves = false;
    static constexpr Min kMin = Min::whole;
    static constexpr bool kOffset = false;

    template <class Block>
    static KINGLET_INLINE KScales begin(const Block& block) {
        Ints head[4];  // d and dmin, then the 12 bytes of scales
        block.words4(0, head);
        const TwoHalves numbers = two_halves(head[0]);
        KScales s;
        s.d = numbers.first;
        s.dmin = numbers.second;
        s.scale[0] = bits<0, 63>(head[1]);
        s.min[0] = bits<0, 63>(head[2]);
        s.scale[1] = bit_or(low_nibbles(head[3]), bits<-2, 0x30>(head[1]));
        s.min[1] = bit_or(high_nibbles(head[3]), bits<-2, 0x30>(head[2]));
        return s;
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const KScales& k) {
        GroupScales s;
        s.scale = mul(k.d, to_floats(byte_of<g % 4>(k.scale[g / 4])));
        s.min = mul(k.dmin, to_floats(byte_of<g % 4>(k.min[g / 4])));
        return s;
    }
};

/// Nibbles of group g, whose neighbour has the other nibbles of the same 32 bytes.
template <int g, class Block>
KINGLET_INLINE void paired_nibbles(const Block& block, std::size_t offset, Ints q[8]) {
    words8(block, offset + 32 * (g / 2), q);
    unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
        q[i()] = g % 2 == 0 ? low_nibbles(q[i()]) : high_nibbles(q[i()]);
    });
}

struct Q4_K : SuperBlockWithMin {
    static constexpr std::size_t kBytes = 144;
    static constexpr Depth kDepth = Depth::eight;
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        paired_nibbles<g>(block, 16, q);
    }
};

struct Q5_K : SuperBlockWithMin {
    static constexpr std::size_t kBytes = 176;
    static constexpr Depth kDepth = Depth::four;
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        paired_nibbles<g>(block, 48, q);
        Ints high[8];
        words8(block, 16, high);
        unrolled<8>([&](auto i)
                        KINGLET_INLINE_LAMBDA { q[i()] = bit_or(q[i()], bits<4 - g, 16>(high[i()])); });
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
        Floats d;
        Ints low;
        Ints high;
    };
    template <class Block>
    static KINGLET_INLINE State begin(const Block& block) {
        const Ints head = block.words(0);
        return {two_halves(head).first, block.words(4), right32<16>(head)};
    }
    template <int g, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        split_nibbles(block, 8 + 16 * g, q);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA { q[i()] = levels_of(q[i()]); });
    }
    template <int g, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, const State& state) {
        const Ints low = bit_and(right32<4 * g>(state.low), all32(15));
        const Ints high = bit_and(right32<2 * g>(state.high), all32(3));
        const Ints six = bit_or(low, left32<4>(high));
        GroupScales s;
        s.scale = mul(state.d, to_floats(sub32(six, all32(32))));
        return s;
    }
};

constexpr Product kSuperProducts[] = {
    product<Q4_K>(DType::q4_k),
    product<Q5_K>(DType::q5_k),
    product<IQ4_XS>(DType::iq4_xs),
};

}  // namespace
}  // namespace kinglet::kernels::x86

namespace kinglet::kernels::KINGLET_KERNEL_SET {

constinit const std::span<const Product> super_blocks{x86::kSuperProducts};

}  // namespace kinglet::kernels::KINGLET_KERNEL_SET
