// Exact sums of products where bytes multiply to pairs of 16 bits: how many of those are added before they
// are widened depends on how large a format's values are.
#pragma once

#include "inference/kernels/x86/group.h"

namespace kinglet::kernels::x86 {
namespace {

/// Adds 16 values' products with one activation row to an exact sum; q[i] holds values 4 i .. 4 i + 3 of each
/// row.
template <Depth depth>
KINGLET_INLINE Ints add_half(Ints sum, const Ints q[4], const std::int8_t* x, Ints factors) {
    if constexpr (depth == Depth::is_signed) {
        unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
            const Ints signed_x = with_signs8(broadcast4(x + 4 * i()), q[i()]);
            const Ints pairs = add_pairs8(magnitudes8(q[i()]), signed_x);
            sum = add32(sum, add_pairs16(pairs, factors));
        });
        return sum;
    }
    const Ints p0 = add_pairs8(q[0], broadcast4(x));
    const Ints p1 = add_pairs8(q[1], broadcast4(x + 4));
    const Ints p2 = add_pairs8(q[2], broadcast4(x + 8));
    const Ints p3 = add_pairs8(q[3], broadcast4(x + 12));
    const Ints first = add16(p0, p1);
    const Ints second = add16(p2, p3);
    if constexpr (depth == Depth::two) {
        sum = add32(sum, add_pairs16(first, factors));
        return add32(sum, add_pairs16(second, factors));
    } else {
        return add32(sum, add_pairs16(add16(first, second), factors));
    }
}

/// The same for 32 values whose products all fit 16 bits together.
KINGLET_INLINE Ints sum_eight(const Ints q[8], const std::int8_t* x) {
    Ints p[8];
    unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA { p[i()] = add_pairs8(q[i()], broadcast4(x + 4 * i())); });
    const Ints a = add16(add16(p[0], p[1]), add16(p[2], p[3]));
    const Ints b = add16(add16(p[4], p[5]), add16(p[6], p[7]));
    return add_pairs16(add16(a, b), all16(1));
}

/// Exact sum over 32 values with integer scales and offsets folded in.
template <class Format>
KINGLET_INLINE Ints group_sum(const Ints q[8], const GroupScales& s, const std::int8_t* x,
                              const std::int16_t* sums) {
    Ints sum;
    if constexpr (Format::kDepth == Depth::eight && !Format::kHalves) {
        sum = sum_eight(q, x);
    } else {
        const Ints ones = all16(1);
        sum = add_half<Format::kDepth>(zero_ints(), q, x, Format::kHalves ? s.half[0] : ones);
        sum = add_half<Format::kDepth>(sum, q + 4, x + 16, Format::kHalves ? s.half[1] : ones);
    }
    if constexpr (Format::kOffset) sum = add32(sum, add_pairs16(broadcast4(sums), s.offset));
    return sum;
}

/// How the sums of a format's groups are computed.
template <class Format>
struct Sums {
    /// Vectors that the values of a group take while they wait for several activation rows; of signed bytes
    /// the magnitudes follow after the first eight.
    static constexpr int kVectors = Format::kDepth == Depth::is_signed ? 16 : 8;

    static KINGLET_INLINE void keep(const Ints q[8], Ints kept[kVectors]) {
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
            kept[i()] = q[i()];
            if constexpr (Format::kDepth == Depth::is_signed) kept[8 + i()] = magnitudes8(q[i()]);
        });
    }

    /// The sum of group `group` with one activation row.
    static KINGLET_INLINE Ints one(const Ints q[8], const GroupScales& s, const Row& x, std::size_t group) {
        return group_sum<Format>(q, s, x.q + 32 * group, x.sums + 2 * group);
    }

    /// The same for N rows, from values that were kept; the vectors of weights are loaded once for all.
    template <int N>
    static KINGLET_INLINE void several(const Ints q[kVectors], const GroupScales& s, const Row (&x)[N],
                                       std::size_t group, Ints (&sums)[N]) {
        const Ints ones = all16(1);
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA { sums[n()] = zero_ints(); });
        // Adds the products of `count` vectors, summed in 16 bits before they are widened.
        const auto add = [&](auto from, auto count, auto first_value, Ints factors) KINGLET_INLINE_LAMBDA {
            Ints wide[N];
            unrolled<count()>([&](auto v) KINGLET_INLINE_LAMBDA {
                const Ints w = q[from() + v()];
                unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                    const std::int8_t* values = x[n()].q + 32 * group + first_value() + 4 * v();
                    const Ints pairs = add_pairs8(w, broadcast4(values));
                    wide[n()] = v() == 0 ? pairs : add16(wide[n()], pairs);
                    computed(wide[n()]);
                });
            });
            unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                sums[n()] = add32(sums[n()], add_pairs16(wide[n()], factors));
            });
        };
        const auto add_offset = [&](Ints factors) KINGLET_INLINE_LAMBDA {
            unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                const Ints both = broadcast4(x[n()].sums + 2 * group);
                sums[n()] = add32(sums[n()], add_pairs16(both, factors));
            });
        };
        constexpr std::integral_constant<int, 0> zero;
        constexpr std::integral_constant<int, 8> eight;
        if constexpr (Format::kDepth == Depth::is_signed) {
            unrolled<8>([&](auto v) KINGLET_INLINE_LAMBDA {
                const Ints w = q[v()];
                const Ints aw = q[8 + v()];
                const Ints factors = Format::kHalves ? s.half[v() / 4] : ones;
                unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                    const Ints sx = with_signs8(broadcast4(x[n()].q + 32 * group + 4 * v()), w);
                    const Ints pairs = add_pairs8(aw, sx);
                    sums[n()] = add32(sums[n()], add_pairs16(pairs, factors));
                    computed(sums[n()]);
                });
            });
        } else if constexpr (Format::kDepth == Depth::eight && !Format::kHalves) {
            add(zero, eight, zero, ones);
        } else {
            // As many vectors at a time as their products fit 16 bits, but never over the border of a scale.
            constexpr int span = Format::kDepth == Depth::two ? 2 : 4;
            unrolled<8 / span>([&](auto i) KINGLET_INLINE_LAMBDA {
                add(std::integral_constant<int, span * i()>{}, std::integral_constant<int, span>{},
                    std::integral_constant<int, 4 * span * i()>{},
                    Format::kHalves ? s.half[i() * span / 4] : ones);
            });
        }
        if constexpr (Format::kOffset) add_offset(s.offset);
    }
};

}  // namespace
}  // namespace kinglet::kernels::x86
