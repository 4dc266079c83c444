#include "inference/kernels/matmul.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "inference/kernels/low_rank.h"

namespace kinglet::kernels {
namespace {

/// Weight bytes that one chunk of a product reads: small enough that threads end together and that a chunk
/// stays in the second-level cache while all activations pass, large enough that taking it costs nothing.
constexpr std::size_t kChunkBytes = 48 * 1024;

/// Activation rows that a chunk of weights meets at a time, so that their int8 form stays in the cache as
/// well.
constexpr std::size_t kActivationTile = 64;

/// Weight bytes times activation rows below which other threads are left asleep: waking them would take
/// longer.
constexpr std::size_t kSmall = 16 * 1024;

constexpr std::size_t round_up(std::size_t value, std::size_t step) {
    return (value + step - 1) / step * step;
}

std::size_t plain_stride(const WeightMatrix& w) {
    const DTypeInfo& info = dtype_info(w.type);
    return w.cols / info.block_length * info.block_bytes;
}

/// Rows of a chunk: whole panels, and few enough chunks that each thread gets several.
std::size_t chunk_rows(const WeightMatrix& w, std::size_t n, unsigned threads) {
    const std::size_t row = std::max<std::size_t>(plain_stride(w), 1);
    std::size_t rows = std::max<std::size_t>(kChunkBytes / row, 1);
    // With many activation rows a weight row is more work: fewer rows a chunk keep the threads together at
    // the end.
    if (n > 8) rows = std::min<std::size_t>(rows, 32);
    rows = std::min(rows, std::max<std::size_t>(w.rows / (std::size_t{4} * threads), 1));
    return round_up(rows, 2 * kPanelRows);
}

void add_bias(const MatmulJob& job, std::size_t stride, std::size_t first, std::size_t rows, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        float* y = job.y + i * stride + first;
        for (std::size_t r = 0; r < rows; ++r) y[r] += job.bias[first + r];
    }
}

ActivationRows part_of(const ActivationRows& all, std::size_t first, std::size_t n) {
    ActivationRows part = all;
    part.values += first * all.values_stride;
    if (all.q != nullptr) {
        part.q += first * all.q_stride;
        part.scales += first * all.scales_stride;
        part.sums += first * all.sums_stride;
        part.weighted_sums += first * all.weighted_sums_stride;
    }
    part.n = n;
    return part;
}

void run_chunk(const KernelTable& table, const ActivationRows& x, const MatmulJob& job, std::size_t first,
               std::size_t rows) {
    const WeightMatrix& w = job.weights;
    const DTypeKernels& kernels = table.of(w.type);
    const std::size_t y_stride = job.y_stride != 0 ? job.y_stride : w.rows;
    const bool packed = w.layout == WeightLayout::packed;
    MatmulArgs args;
    args.weights_stride = packed ? packed_panel_bytes(w.type, w.cols) : plain_stride(w);
    args.weights = w.data + (packed ? first / kPanelRows : first) * args.weights_stride;
    args.rows = rows;
    args.cols = w.cols;
    args.y_stride = y_stride;
    for (std::size_t i = 0; i < x.n; i += kActivationTile) {
        args.x = part_of(x, i, std::min(kActivationTile, x.n - i));
        args.y = job.y + i * y_stride + first;
        (packed ? kernels.matmul_packed : kernels.matmul)(args);
    }
    if (job.bias != nullptr) add_bias(job, y_stride, first, rows, x.n);
}

}  // namespace

std::size_t packed_bytes(const KernelTable& table, const TensorView& view) {
    if (table.of(view.type).pack == nullptr || table.of(view.type).matmul_packed == nullptr) return 0;
    return round_up(view.rows(), kPanelRows) / kPanelRows * packed_panel_bytes(view.type, view.cols());
}

WeightMatrix pack_weights(const KernelTable& table, ThreadPool& pool, const TensorView& view,
                          std::byte* out) {
    const DTypeKernels& kernels = table.of(view.type);
    assert(kernels.pack != nullptr);
    const std::size_t panels = round_up(view.rows(), kPanelRows) / kPanelRows;
    const std::size_t panel_bytes = packed_panel_bytes(view.type, view.cols());
    constexpr std::size_t panels_a_chunk = 8;
    pool.parallel_for((panels + panels_a_chunk - 1) / panels_a_chunk, [&](std::size_t chunk, unsigned) {
        const std::size_t end = std::min(panels, (chunk + 1) * panels_a_chunk);
        for (std::size_t p = chunk * panels_a_chunk; p < end; ++p) {
            const std::size_t first = p * kPanelRows;
            kernels.pack(view.row(first), view.row_stride(), std::min(kPanelRows, view.rows() - first),
                         view.cols(), out + p * panel_bytes);
        }
    });
    WeightMatrix packed(view);
    packed.data = out;
    packed.layout = WeightLayout::packed;
    return packed;
}

void Activations::assign(const float* x, std::size_t n, std::size_t cols, std::size_t stride) {
    x_ = x;
    n_ = n;
    cols_ = cols;
    stride_ = stride;
    quantized_ = false;
}

bool Activations::quantize(const KernelTable& table, ThreadPool& pool) {
    if (quantized_) return true;
    assert(cols_ % kActivationBlock == 0);
    const std::size_t blocks = cols_ / kActivationBlock;
    if (!q_.ensure(n_ * cols_) || !scales_.ensure(n_ * blocks) || !sums_.ensure(2 * n_ * blocks) ||
        !weighted_sums_.ensure(n_ * blocks))
        return false;
    const auto quantize_one = [&](std::size_t i) {
        table.quantize_row(x_ + i * stride_, cols_, q_.data() + i * cols_, scales_.data() + i * blocks,
                           sums_.data() + 2 * i * blocks, weighted_sums_.data() + i * blocks);
    };
    if (n_ < 4) {
        for (std::size_t i = 0; i < n_; ++i) quantize_one(i);
    } else {
        pool.parallel_for(n_, [&](std::size_t i, unsigned) { quantize_one(i); });
    }
    quantized_ = true;
    return true;
}

ActivationRows Activations::rows() const {
    ActivationRows rows;
    rows.values = x_;
    rows.values_stride = stride_;
    rows.n = n_;
    if (quantized_) {
        const std::size_t blocks = cols_ / kActivationBlock;
        rows.q = q_.data();
        rows.q_stride = cols_;
        rows.scales = scales_.data();
        rows.scales_stride = blocks;
        rows.sums = sums_.data();
        rows.sums_stride = 2 * blocks;
        rows.weighted_sums = weighted_sums_.data();
        rows.weighted_sums_stride = blocks;
    }
    return rows;
}

bool matmul(const KernelTable& table, ThreadPool& pool, Activations& x, std::span<const MatmulJob> jobs) {
    // Chunks of all jobs are numbered through; jobs are few (query, key, value), so a walk finds a chunk's
    // job.
    constexpr std::size_t most = 16;
    for (std::size_t start = 0; start < jobs.size(); start += most) {
        const std::span<const MatmulJob> group = jobs.subspan(start, std::min(most, jobs.size() - start));
        std::size_t rows_a_chunk[most];
        std::size_t chunks[most];
        std::size_t total = 0;
        std::size_t work = 0;
        for (std::size_t j = 0; j < group.size(); ++j) {
            const WeightMatrix& w = group[j].weights;
            assert(w.cols == x.cols());
            const bool int8 =
                w.layout == WeightLayout::packed || table.of(w.type).activations == ActivationKind::int8;
            if (int8 && !x.quantize(table, pool)) return false;
            rows_a_chunk[j] = chunk_rows(w, x.n(), pool.size());
            chunks[j] = (w.rows + rows_a_chunk[j] - 1) / rows_a_chunk[j];
            total += chunks[j];
            work += w.rows * plain_stride(w) * x.n();
        }
        const ActivationRows rows = x.rows();
        const auto run_numbered = [&](std::size_t chunk, unsigned) {
            std::size_t j = 0;
            while (chunk >= chunks[j]) chunk -= chunks[j++];
            const std::size_t first = chunk * rows_a_chunk[j];
            run_chunk(table, rows, group[j], first, std::min(rows_a_chunk[j], group[j].weights.rows - first));
        };
        if (work < kSmall) {
            for (std::size_t chunk = 0; chunk < total; ++chunk) run_numbered(chunk, 0);
        } else {
            pool.parallel_for(total, run_numbered);
        }
    }
    for (const MatmulJob& job : jobs) {
        if (!job.additions.empty() && !add_low_rank(table, pool, x, job)) return false;
    }
    return true;
}

bool matmul(const KernelTable& table, ThreadPool& pool, Activations& x, const WeightMatrix& weights,
            float* y) {
    MatmulJob job;
    job.weights = weights;
    job.y = y;
    return matmul(table, pool, x, std::span<const MatmulJob>(&job, 1));
}

}  // namespace kinglet::kernels
