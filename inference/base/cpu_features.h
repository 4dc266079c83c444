// What this processor (and its operating system) can execute.
#pragma once

namespace kinglet {

/// Instruction sets that matter to the kernels; each is true only where the operating system keeps its
/// registers too.
struct CpuFeatures {
    bool avx2 = false;
    bool fma = false;
    bool f16c = false;
    bool avx_vnni = false;
    bool avx512f = false;
    bool avx512bw = false;
    bool avx512vl = false;
    bool avx512dq = false;
    bool avx512_vnni = false;
    bool neon = false;
    bool neon_dot = false;
};

/// Asks the processor, or its operating system on ARM. All false on other architectures.
CpuFeatures detect_cpu_features();

}  // namespace kinglet
