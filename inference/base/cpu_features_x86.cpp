#include "inference/base/cpu_features.h"

#include <cstdint>

#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif

namespace kinglet {
namespace {

struct Registers {
    std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
    Registers r;
#if defined(_MSC_VER)
    int out[4];
    __cpuidex(out, static_cast<int>(leaf), static_cast<int>(subleaf));
    r.eax = static_cast<std::uint32_t>(out[0]);
    r.ebx = static_cast<std::uint32_t>(out[1]);
    r.ecx = static_cast<std::uint32_t>(out[2]);
    r.edx = static_cast<std::uint32_t>(out[3]);
#else
    __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
#endif
    return r;
}

/// Which register states the operating system saves (XCR0). Only to be called where OSXSAVE is set.
std::uint64_t saved_states() {
#if defined(_MSC_VER)
    return _xgetbv(0);
#else
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (static_cast<std::uint64_t>(high) << 32) | low;
#endif
}

constexpr bool bit(std::uint32_t word, int index) {
    return ((word >> index) & 1U) != 0;
}

}  // namespace

CpuFeatures detect_cpu_features() {
    CpuFeatures f;
    const std::uint32_t highest = cpuid(0, 0).eax;
    if (highest < 7) return f;
    const Registers one = cpuid(1, 0);
    if (!bit(one.ecx, 27)) return f;  // OSXSAVE: without it wide registers are not kept
    const std::uint64_t states = saved_states();
    const bool ymm = (states & 0x6) == 0x6;
    const bool zmm = ymm && (states & 0xE0) == 0xE0;
    const Registers seven = cpuid(7, 0);
    const Registers seven_one = seven.eax >= 1 ? cpuid(7, 1) : Registers{};
    f.fma = ymm && bit(one.ecx, 12);
    f.f16c = ymm && bit(one.ecx, 29);
    f.avx2 = ymm && bit(seven.ebx, 5);
    f.avx_vnni = ymm && bit(seven_one.eax, 4);
    f.avx512f = zmm && bit(seven.ebx, 16);
    f.avx512dq = zmm && bit(seven.ebx, 17);
    f.avx512bw = zmm && bit(seven.ebx, 30);
    f.avx512vl = zmm && bit(seven.ebx, 31);
    f.avx512_vnni = zmm && bit(seven.ecx, 11);
    return f;
}

}  // namespace kinglet
