// The weights once more, where and how kernels read them fastest.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "inference/arch/description.h"
#include "inference/base/page_buffer.h"
#include "inference/base/result.h"
#include "inference/base/thread_pool.h"
#include "inference/gguf/model_file.h"
#include "inference/kernels/kernel_table.h"

namespace kinglet::engine {

/// A copy of every matrix that is multiplied with, in huge pages and, where the kernels have it, in the
/// packed layout. A mapped file lies in 4 KiB pages, whose page tables alone cost a good part of the time in
/// which a token reads all weights (docs/performance.md). What was copied is let go of in the file's mapping,
/// so that the process holds the weights once.
class ResidentWeights {
  public:
    /// Bytes that the copy takes. Only the first `layers` are computed with here; the rest lies on a device.
    static std::uint64_t bytes(const arch::Description& model, std::size_t layers);

    /// Makes the copy and lets the description's matrices point to it. `file` must be what they point into.
    /// Told 0..1 on the way; true where it was made, false where memory is short (the description is as it
    /// was). Errors: cancelled, after which the description is of no use.
    Result<bool> make(arch::Description& model, std::size_t layers, const gguf::ModelFile& file,
                      const kernels::KernelTable& table, ThreadPool& pool,
                      const std::function<void(float)>& on_progress, const std::stop_token& stop);

  private:
    PageBuffer memory_;
};

}  // namespace kinglet::engine
