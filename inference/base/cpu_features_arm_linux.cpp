#include <asm/hwcap.h>
#include <sys/auxv.h>

#include "inference/base/cpu_features.h"

namespace kinglet {

CpuFeatures detect_cpu_features() {
    const unsigned long capabilities = getauxval(AT_HWCAP);
    CpuFeatures f;
    f.neon = (capabilities & HWCAP_ASIMD) != 0;
    f.neon_dot = (capabilities & HWCAP_ASIMDDP) != 0;
    return f;
}

}  // namespace kinglet
