// Pages of 4 KiB: huge ones need a privilege on Windows that an ordinary account lacks.
#include <windows.h>

#include "inference/base/page_buffer.h"

namespace kinglet {

bool PageBuffer::resize(std::size_t bytes) {
    release();
    if (bytes == 0) return true;
    void* memory = VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (memory == nullptr) return false;
    data_ = static_cast<std::byte*>(memory);
    size_ = bytes;
    return true;
}

void PageBuffer::release() {
    if (data_ != nullptr) VirtualFree(data_, 0, MEM_RELEASE);
    data_ = nullptr;
    size_ = 0;
}

}  // namespace kinglet
