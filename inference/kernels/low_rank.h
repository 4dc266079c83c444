// Low-rank additions to products, as LoRA adapters bring them.
#pragma once

#include "inference/kernels/matmul.h"

namespace kinglet::kernels {

/// y += scale * B (A x) for each of the job's additions, after the product itself. False where memory is
/// short.
[[nodiscard]] bool add_low_rank(const KernelTable& table, ThreadPool& pool, Activations& x,
                                const MatmulJob& job);

}  // namespace kinglet::kernels
