// Loops that must disappear, for the files of this folder. In an unnamed namespace for the reason that
// vector_math.h gives.
#pragma once

#include <utility>

#if defined(_MSC_VER)
#define KINGLET_INLINE __forceinline
#define KINGLET_INLINE_LAMBDA
#else
#define KINGLET_INLINE inline __attribute__((always_inline))
#define KINGLET_INLINE_LAMBDA __attribute__((always_inline))
#endif

namespace kinglet::kernels::avx2 {
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
}  // namespace kinglet::kernels::avx2
