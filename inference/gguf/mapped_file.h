// A file's bytes in memory, mapped and read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "inference/base/result.h"

namespace kinglet::gguf {

/// A whole file mapped for reading; unmapped with the object. The file must not be cut short while it is
/// mapped.
class MappedFile {
  public:
    /// Errors: not_found, permission_denied, not_a_file (a folder, a device ...), truncated (no bytes at
    /// all), io.
    static Result<MappedFile> open(const std::filesystem::path& path);

    MappedFile() = default;
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    std::span<const std::byte> bytes() const { return {data_, size_}; }

    /// Brings these bytes into memory now, so that first use does not wait for the disk; a hint where the
    /// system cannot be told to.
    void preload(std::uint64_t offset, std::uint64_t length) const;

    /// Lets go of the memory that these bytes take; they are read from the disk again when they are used.
    void release(std::uint64_t offset, std::uint64_t length) const;

  private:
    /// The whole pages that hold these bytes.
    std::span<std::byte> pages(std::uint64_t offset, std::uint64_t length) const;

    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Bytes of the machine's memory; 0 where unknown.
std::uint64_t physical_memory();

}  // namespace kinglet::gguf
