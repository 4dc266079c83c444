// What of AtomicFile is the same on every system.
#include "inference/gguf/atomic_file.h"

#include <utility>

namespace kinglet::gguf {

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : destination_(std::move(other.destination_)),
      temporary_(std::move(other.temporary_)),
      handle_(std::exchange(other.handle_, -1)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
    std::swap(destination_, other.destination_);
    std::swap(temporary_, other.temporary_);
    std::swap(handle_, other.handle_);
    return *this;
}

AtomicFile::~AtomicFile() {
    discard();
}

}  // namespace kinglet::gguf
