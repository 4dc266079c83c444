// The tables that need AVX-VNNI or AVX-512, with emulated instructions, for any program that links them.
#include "inference/base/cpu_features.h"
#include "inference/kernels/avx2/avx2_table.h"
#include "inference/kernels/emulated.h"
#include "inference/kernels/x86/tables.h"

namespace kinglet::kernels {

// What the second compilation of inference/kernels/x86 exports (see CMakeLists.txt).
namespace emulated_avxvnni {
extern const std::span<const Product> small_blocks, super_blocks, half_blocks;
}
namespace emulated_avx512 {
extern const std::span<const Product> small_blocks, super_blocks, half_blocks, floats;
}
namespace emulated_avx512vnni {
extern const std::span<const Product> small_blocks, super_blocks, half_blocks;
}

std::span<const KernelTable* const> emulated_tables() {
    const CpuFeatures cpu = detect_cpu_features();
    if (!cpu.avx2 || !cpu.fma || !cpu.f16c) return {};
    namespace a = emulated_avxvnni;
    namespace b = emulated_avx512;
    namespace c = emulated_avx512vnni;
    static const KernelTable avxvnni =
        with_products(avx2_table(), "avxvnni", {a::small_blocks, a::super_blocks, a::half_blocks});
    static const KernelTable avx512 =
        with_products(avx2_table(), "avx512", {b::small_blocks, b::super_blocks, b::half_blocks, b::floats});
    static const KernelTable avx512vnni =
        with_products(avx512, "avx512vnni", {c::small_blocks, c::super_blocks, c::half_blocks});
    static const KernelTable* const all[] = {&avxvnni, &avx512, &avx512vnni};
    return all;
}

}  // namespace kinglet::kernels
