#include "inference/base/page_buffer.h"

#include <limits>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#else
#include <cstring>
#include <new>
#endif

namespace kinglet {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} * 1024 * 1024;

}  // namespace

#if defined(__unix__) || defined(__APPLE__)
bool PageBuffer::resize(std::size_t bytes) {
    release();
    if (bytes == 0) return true;
    if (bytes > std::numeric_limits<std::size_t>::max() - 2 * kHugePage) return false;
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
#if defined(MADV_HUGEPAGE)
    // Only advice: where huge pages are switched off the memory is as good as any other.
    if (bytes >= kHugePage) (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    data_ = static_cast<std::byte*>(memory);
    size_ = bytes;
    return true;
}

void PageBuffer::release() {
    if (data_ != nullptr) munmap(data_, size_);
    data_ = nullptr;
    size_ = 0;
}
#else
bool PageBuffer::resize(std::size_t bytes) {
    release();
    if (bytes == 0) return true;
    void* memory = ::operator new (bytes, std::align_val_t{4096}, std::nothrow);
    if (memory == nullptr) return false;
    std::memset(memory, 0, bytes);
    data_ = static_cast<std::byte*>(memory);
    size_ = bytes;
    return true;
}

void PageBuffer::release() {
    ::operator delete (static_cast<void*>(data_), std::align_val_t{4096});
    data_ = nullptr;
    size_ = 0;
}
#endif

}  // namespace kinglet
