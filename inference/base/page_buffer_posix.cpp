#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <limits>

#include "inference/base/page_buffer.h"

namespace kinglet {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} * 1024 * 1024;

}  // namespace

bool PageBuffer::resize(std::size_t bytes) {
    release();
    if (bytes == 0) return true;
    if (bytes > std::numeric_limits<std::size_t>::max() - 2 * kHugePage) return false;
    // Huge pages begin where their size divides the address: what is too much before and after goes back.
    const std::size_t spare = bytes >= kHugePage ? kHugePage : 0;
    void* memory = mmap(nullptr, bytes + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    auto* begin = static_cast<std::byte*>(memory);
    if (spare != 0) {
        const std::size_t before =
            (kHugePage - reinterpret_cast<std::uintptr_t>(begin) % kHugePage) % kHugePage;
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t used = (before + bytes + page - 1) / page * page;
        if (before != 0) munmap(begin, before);
        if (used < bytes + spare) munmap(begin + used, bytes + spare - used);
        begin += before;
#if defined(MADV_HUGEPAGE)
        // Only advice: where huge pages are switched off the memory is as good as any other.
        (void)madvise(begin, bytes, MADV_HUGEPAGE);
#endif
    }
    data_ = begin;
    size_ = bytes;
    return true;
}

void PageBuffer::release() {
    if (data_ != nullptr) munmap(data_, size_);
    data_ = nullptr;
    size_ = 0;
}

}  // namespace kinglet
