// A file that appears under its name only when it is complete.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "inference/base/result.h"

namespace kinglet::gguf {

/// Written beside the destination under a temporary name; commit() flushes it to the disk and renames it.
/// Destroyed without commit(), it removes what it wrote.
class AtomicFile {
  public:
    /// Who may read the file: models are nothing private, conversations are.
    enum class Readers { everybody, owner };
    /// Creates the temporary file. Errors: permission_denied, not_found (no such folder), io.
    static Result<AtomicFile> create(const std::filesystem::path& destination,
                                     Readers readers = Readers::everybody);

    AtomicFile() = default;
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&& other) noexcept;
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile();

    bool is_open() const { return handle_ >= 0; }
    Status write(std::span<const std::byte> bytes);
    Status commit();

  private:
    void discard();

    std::filesystem::path destination_;
    std::filesystem::path temporary_;
    int handle_ = -1;
};

}  // namespace kinglet::gguf
