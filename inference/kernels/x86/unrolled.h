// Loops that must disappear, for files that are compiled for one instruction set. In an unnamed namespace,
// like all that such files share: each gets its own copy, so that no code compiled for a wide machine can be
// merged with code that must run on a narrow one.
#pragma once

#include <utility>

#if defined(KINGLET_EMULATED)
// Inlining the functions that stand in for instructions everywhere would take minutes to compile.
#define KINGLET_INLINE inline
#define KINGLET_INLINE_LAMBDA
#elif defined(_MSC_VER)
#define KINGLET_INLINE __forceinline
#define KINGLET_INLINE_LAMBDA __attribute__((always_inline))
#else
#define KINGLET_INLINE inline __attribute__((always_inline))
#define KINGLET_INLINE_LAMBDA __attribute__((always_inline))
#endif

namespace kinglet::kernels::x86 {
namespace {

/// Runs f(integral_constant<0>) ... f(integral_constant<N - 1>), unrolled: compilers at -O2 would keep the
/// loop and with it the vectors that it indexes in memory.
template <int N, class Function>
KINGLET_INLINE void unrolled(Function&& f) {
    [&]<int... I>(std::integer_sequence<int, I...>) KINGLET_INLINE_LAMBDA {
        (f(std::integral_constant<int, I>{}), ...);
    }
    (std::make_integer_sequence<int, N>{});
}

}  // namespace
}  // namespace kinglet::kernels::x86
