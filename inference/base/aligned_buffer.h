// Memory for vectors: aligned to a cache line, never initialised needlessly, freed with its owner.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace kinglet {

/// Bytes to which AlignedBuffer aligns: a cache line, and the widest vector register.
inline constexpr std::size_t kBufferAlignment = 64;

/// A block of uninitialised, 64-byte aligned memory of trivial values. Movable; empty after a failed resize.
template <class T>
class AlignedBuffer {
  public:
    AlignedBuffer() = default;

    /// Makes room for `count` values; what was held is lost. False (and an empty buffer) where memory is
    /// short.
    [[nodiscard]] bool resize(std::size_t count) {
        data_.reset();
        size_ = 0;
        if (count == 0) return true;
        if (count > static_cast<std::size_t>(-1) / 2 / sizeof(T)) return false;
        void* raw = ::operator new (count * sizeof(T), std::align_val_t{kBufferAlignment}, std::nothrow);
        if (raw == nullptr) return false;
        data_.reset(static_cast<T*>(raw));
        size_ = count;
        return true;
    }

    /// As resize, but keeps the memory where it is large enough already; contents are undefined either way.
    [[nodiscard]] bool ensure(std::size_t count) { return count <= size_ || resize(count); }

    T* data() { return data_.get(); }
    const T* data() const { return data_.get(); }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T& operator[](std::size_t i) { return data_.get()[i]; }
    const T& operator[](std::size_t i) const { return data_.get()[i]; }

  private:
    struct Free {
        void operator()(T* p) const {
            ::operator delete (static_cast<void*>(p), std::align_val_t{kBufferAlignment});
        }
    };
    std::unique_ptr<T, Free> data_;
    std::size_t size_ = 0;
};

}  // namespace kinglet
