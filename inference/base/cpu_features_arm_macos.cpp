#include <sys/sysctl.h>

#include <cstddef>

#include "inference/base/cpu_features.h"

namespace kinglet {

CpuFeatures detect_cpu_features() {
    CpuFeatures f;
    f.neon = true;  // part of the architecture that macOS needs
    int present = 0;
    std::size_t size = sizeof present;
    f.neon_dot =
        sysctlbyname("hw.optional.arm.FEAT_DotProd", &present, &size, nullptr, 0) == 0 && present != 0;
    return f;
}

}  // namespace kinglet
