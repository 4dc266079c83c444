// Formats with blocks of 32 values.
#include "inference/kernels/x86/block_bits.h"

namespace kinglet::kernels::x86 {
namespace {

/// What most of these formats have in common; each names what differs.
struct SmallBlock {
    static constexpr int kGroups = 1;
    static constexpr bool kHalves = false;
    static constexpr Min kMin = Min::none;
    static constexpr bool kOffset = false;

    /// State of a format with one half-precision scale at its start.
    template <class Block>
    static KINGLET_INLINE Floats begin(const Block& block) {
        return block.halves(0);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, Floats d) {
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
        s.min = sub(zero_floats(), numbers.second);
        return s;
    }
};

/// Nibbles with the fifth bits that lie, 32 to a word, before them.
template <class Block>
KINGLET_INLINE void five_bits(const Block& block, std::size_t high_offset, Ints q[8]) {
    split_nibbles(block, high_offset + 4, q);
    const Ints word = block.words(high_offset);
    unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
        // Byte i / 2 of the lane in all four bytes; each byte looks at a bit of its own.
        constexpr int byte = i() / 2;
        const Ints spread = repeated(_mm_setr_epi8(
            byte, byte, byte, byte, byte + 4, byte + 4, byte + 4, byte + 4,  //
            byte + 8, byte + 8, byte + 8, byte + 8, byte + 12, byte + 12, byte + 12, byte + 12));
        const Ints own = all32(i() % 2 == 0 ? 0x08040201 : static_cast<int>(0x80402010U));
        const Ints high = where_bit8(look_up8(word, spread), own, 16);
        q[i()] = bit_or(q[i()], high);
    });
}

struct Q4_0 : SmallBlock {
    static constexpr std::size_t kBytes = 18;
    static constexpr Depth kDepth = Depth::eight;
    static constexpr bool kOffset = true;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        split_nibbles(block, 2, q);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, Floats d) {
        GroupScales s;
        s.scale = d;
        s.offset = all16(-8);
        return s;
    }
};

struct Q4_1 : SmallBlockWithMin {
    static constexpr std::size_t kBytes = 20;
    static constexpr Depth kDepth = Depth::eight;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        split_nibbles(block, 4, q);
    }
};

struct Q5_0 : SmallBlock {
    static constexpr std::size_t kBytes = 22;
    static constexpr Depth kDepth = Depth::four;
    static constexpr bool kOffset = true;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        five_bits(block, 2, q);
    }
    template <int, class Block>
    static KINGLET_INLINE GroupScales scales(const Block&, Floats d) {
        GroupScales s;
        s.scale = d;
        s.offset = all16(-16);
        return s;
    }
};

struct Q5_1 : SmallBlockWithMin {
    static constexpr std::size_t kBytes = 24;
    static constexpr Depth kDepth = Depth::four;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        five_bits(block, 4, q);
    }
};

struct Q8_0 : SmallBlock {
    static constexpr std::size_t kBytes = 34;
    static constexpr Depth kDepth = Depth::is_signed;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        words8(block, 2, q);
    }
};

struct IQ4_NL : SmallBlock {
    static constexpr std::size_t kBytes = 18;
    static constexpr Depth kDepth = Depth::is_signed;
    template <int, class Block>
    static KINGLET_INLINE void values(const Block& block, Ints q[8]) {
        split_nibbles(block, 2, q);
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA { q[i()] = levels_of(q[i()]); });
    }
};

constexpr Product kSmallProducts[] = {
    product<Q4_0>(DType::q4_0), product<Q4_1>(DType::q4_1), product<Q5_0>(DType::q5_0),
    product<Q5_1>(DType::q5_1), product<Q8_0>(DType::q8_0), product<IQ4_NL>(DType::iq4_nl),
};

}  // namespace
}  // namespace kinglet::kernels::x86

namespace kinglet::kernels::KINGLET_KERNEL_SET {

constinit const std::span<const Product> small_blocks{x86::kSmallProducts};

}  // namespace kinglet::kernels::KINGLET_KERNEL_SET
