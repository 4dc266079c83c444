// Large memory straight from the operating system, in huge pages where it grants them.
#pragma once

#include <cstddef>
#include <utility>

namespace kinglet {

/// Zeroed memory for weights that every token reads from end to end: with pages of 2 MiB the processor's page
/// tables cost next to nothing, with 4 KiB ones they are what such reading waits for. Movable, freed with its
/// owner.
class PageBuffer {
  public:
    PageBuffer() = default;
    ~PageBuffer() { release(); }
    PageBuffer(PageBuffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    PageBuffer& operator=(PageBuffer&& other) noexcept {
        if (this != &other) {
            release();
            data_ = std::exchange(other.data_, nullptr);
            size_ = std::exchange(other.size_, 0);
        }
        return *this;
    }

    /// Replaces what was held by `bytes` of zeroed memory, aligned to a page at least. False (and an empty
    /// buffer) where memory is short. Pages take up memory only once they are written.
    [[nodiscard]] bool resize(std::size_t bytes);

    std::byte* data() { return data_; }
    const std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }

  private:
    void release();

    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace kinglet
