#include "inference/kernels/scalar/scalar_table.h"

namespace kinglet::kernels {

const KernelTable& scalar_table() {
    static const KernelTable table = [] {
        KernelTable t{};
        t.name = "scalar";
        scalar::add_formats(t);
        scalar::add_quantizers(t);
        scalar::add_operations(t);
        scalar::add_attention(t);
        return t;
    }();
    return table;
}

}  // namespace kinglet::kernels
