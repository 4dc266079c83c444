#include "inference/engine/resident_weights.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "inference/arch/matrices.h"
#include "inference/kernels/matmul.h"

namespace kinglet::engine {
namespace {

/// Where matrices begin: whole cache lines.
constexpr std::size_t kAlignment = 64;

/// Bytes that a thread copies at a time.
constexpr std::size_t kPiece = std::size_t{1} << 20;

std::size_t round_up(std::size_t value, std::size_t step) {
    return (value + step - 1) / step * step;
}

/// Room for a matrix in either layout; the packed one has whole panels.
std::size_t room(const TensorView& matrix) {
    return round_up(round_up(matrix.rows(), kernels::kPanelRows) * matrix.row_stride(), kAlignment);
}

/// The different matrices in the order of the file. Some models use one twice.
std::map<const std::byte*, std::vector<TensorView*>> matrices_of(arch::Description& model,
                                                                 std::size_t layers) {
    std::map<const std::byte*, std::vector<TensorView*>> found;
    arch::for_each_matrix(
        model, [&](TensorView& matrix) { found[matrix.data].push_back(&matrix); }, layers);
    return found;
}

void copy(const TensorView& from, ThreadPool& pool, std::byte* to) {
    const std::size_t bytes = from.size_bytes();
    pool.parallel_for((bytes + kPiece - 1) / kPiece, [&](std::size_t piece, unsigned) {
        const std::size_t at = piece * kPiece;
        std::memcpy(to + at, from.data + at, std::min(kPiece, bytes - at));
    });
}

/// A matrix's copy at `to`, packed where there is a kernel for that. Planes (experts) are computed with one
/// by one, so their rows must not share panels.
TensorView resident(const TensorView& matrix, const kernels::KernelTable& table, ThreadPool& pool,
                    std::byte* to) {
    TensorView made = matrix;
    const bool whole_panels = matrix.rows() == matrix.dims[1] || matrix.dims[1] % kernels::kPanelRows == 0;
    if (whole_panels && kernels::packed_bytes(table, matrix) != 0) {
        made.packed = kernels::pack_weights(table, pool, matrix, to).data;
    } else {
        copy(matrix, pool, to);
        made.data = to;
    }
    return made;
}

}  // namespace

std::uint64_t ResidentWeights::bytes(const arch::Description& model, std::size_t layers) {
    std::map<const std::byte*, std::size_t> rooms;
    arch::for_each_matrix(
        model, [&](const TensorView& matrix) { rooms[matrix.data] = room(matrix); }, layers);
    std::uint64_t total = 0;
    for (const auto& [data, bytes] : rooms) total += bytes;
    return total;
}

Result<bool> ResidentWeights::make(arch::Description& model, std::size_t layers, const gguf::ModelFile& file,
                                   const kernels::KernelTable& table, ThreadPool& pool,
                                   const std::function<void(float)>& on_progress,
                                   const std::stop_token& stop) {
    const auto total = static_cast<std::size_t>(bytes(model, layers));
    if (!memory_.resize(total)) return false;
    std::size_t done = 0;
    for (const auto& [data, views] : matrices_of(model, layers)) {
        if (stop.stop_requested()) return fail(ErrorCode::cancelled, "Loading was stopped");
        const TensorView matrix = *views.front();
        const std::span<const std::byte> bytes(data, matrix.size_bytes());
        file.preload(bytes);
        const TensorView made = resident(matrix, table, pool, memory_.data() + done);
        for (TensorView* view : views) {
            view->data = made.data;
            view->packed = made.packed;
        }
        file.release(bytes);
        done += room(matrix);
        if (on_progress) on_progress(static_cast<float>(done) / static_cast<float>(total));
    }
    return true;
}

}  // namespace kinglet::engine
