// Exact sums of products where one instruction multiplies four bytes and adds them to 32 bits (VNNI).
#pragma once

#include "inference/kernels/x86/group.h"

namespace kinglet::kernels::x86 {
namespace {

/// The same as in sums16.h. One factor of the instruction is unsigned: signed bytes count from -128, and what
/// that adds to a sum is taken off through the sum of the activations.
template <class Format>
struct Sums {
    static constexpr int kVectors = 8;
    static constexpr bool kShifted = Format::kDepth == Depth::is_signed;

    static KINGLET_INLINE void keep(const Ints q[8], Ints kept[kVectors]) {
        unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
            kept[i()] = kShifted ? bit_xor(q[i()], all8(-128)) : q[i()];
        });
    }

    static KINGLET_INLINE Ints one(const Ints q[8], const GroupScales& s, const Row& x, std::size_t group) {
        Ints kept[kVectors];
        keep(q, kept);
        const Row rows[1] = {x};
        Ints sums[1];
        several<1>(kept, s, rows, group, sums);
        return sums[0];
    }

    template <int N>
    static KINGLET_INLINE void several(const Ints q[kVectors], const GroupScales& s, const Row (&x)[N],
                                       std::size_t group, Ints (&sums)[N]) {
        static_assert(!(kShifted && (Format::kOffset || Format::kHalves)));
        // Adds the products of vectors [from, from + count).
        const auto add = [&](auto from, auto count, Ints(&to)[N]) KINGLET_INLINE_LAMBDA {
            unrolled<count()>([&](auto v) KINGLET_INLINE_LAMBDA {
                constexpr int at = from() + v();
                unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                    to[n()] = add_products8(to[n()], q[at], broadcast4(x[n()].q + 32 * group + 4 * at));
                });
            });
        };
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            if constexpr (Format::kOffset || kShifted) {
                const Ints offset = kShifted ? all16(-128) : s.offset;
                sums[n()] = add_pairs16(broadcast4(x[n()].sums + 2 * group), offset);
            } else {
                sums[n()] = zero_ints();
            }
        });
        if constexpr (Format::kHalves) {
            unrolled<2>([&](auto half) KINGLET_INLINE_LAMBDA {
                Ints part[N];
                unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA { part[n()] = zero_ints(); });
                add(std::integral_constant<int, 4 * half()>{}, std::integral_constant<int, 4>{}, part);
                unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                    sums[n()] = add32(sums[n()], mul32(part[n()], s.half[half()]));
                });
            });
        } else {
            add(std::integral_constant<int, 0>{}, std::integral_constant<int, 8>{}, sums);
        }
    }
};

}  // namespace
}  // namespace kinglet::kernels::x86
