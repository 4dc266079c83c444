#include "inference/base/cpu_features.h"

namespace kinglet {

CpuFeatures detect_cpu_features() {
    return {};
}

}  // namespace kinglet
