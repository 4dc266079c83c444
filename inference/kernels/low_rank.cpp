#include "inference/kernels/low_rank.h"

#include <cassert>

namespace kinglet::kernels {

bool add_low_rank(const KernelTable& table, ThreadPool& pool, Activations& x, const MatmulJob& job) {
    const std::size_t rows = job.weights.rows;
    const std::size_t stride = job.y_stride != 0 ? job.y_stride : rows;
    AlignedBuffer<float> inner, outer;
    for (const LowRank& part : job.additions) {
        const std::size_t rank = part.a.rows();
        assert(part.a.cols() == x.cols() && part.b.cols() == rank && part.b.rows() == rows);
        if (!inner.ensure(x.n() * rank) || !outer.ensure(x.n() * rows)) return false;
        if (!matmul(table, pool, x, WeightMatrix(part.a), inner.data())) return false;
        Activations narrow;
        narrow.assign(inner.data(), x.n(), rank);
        if (!matmul(table, pool, narrow, WeightMatrix(part.b), outer.data())) return false;
        const auto add = [&](std::size_t i) {
            table.axpy(job.y + i * stride, outer.data() + i * rows, rows, part.scale);
        };
        if (x.n() < 4) {
            for (std::size_t i = 0; i < x.n(); ++i) add(i);
        } else {
            pool.parallel_for(x.n(), [&](std::size_t i, unsigned) { add(i); });
        }
    }
    return true;
}

}  // namespace kinglet::kernels
