// Reads the structure of a GGUF file (versions 2 and 3) from a span of bytes. Pure: no files, no globals.
// Nothing in the bytes is trusted: every length and count is checked against what is left before anything is
// allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inference/base/result.h"
#include "inference/gguf/metadata.h"

namespace kinglet::gguf {

inline constexpr int max_dimensions = 4;

/// What the file says of one tensor.
struct TensorInfo {
    std::string_view name;
    std::uint32_t type = 0;  ///< GGUF's number of the element type; always one that the dtype table knows
    int dimension_count = 0;
    /// Fastest-varying first (GGUF's order: columns, rows, experts); 1 from dimension_count on.
    std::array<std::uint64_t, max_dimensions> dimensions{1, 1, 1, 1};
    std::uint64_t offset = 0;  ///< from the beginning of the tensor data
    std::uint64_t bytes = 0;
};

/// The parsed structure of a file. It views the bytes it was parsed from, which must outlive it.
class File {
  public:
    /// `name` is how errors call the file. Errors: bad_format, truncated, unsupported, too_large; with the
    /// offset.
    static Result<File> parse(std::span<const std::byte> bytes, std::string name);

    int version() const { return version_; }
    std::uint64_t alignment() const { return alignment_; }
    const std::string& name() const { return metadata_.file(); }
    const Metadata& metadata() const { return metadata_; }

    /// In the order of the file.
    std::span<const TensorInfo> tensors() const { return tensors_; }
    /// The tensor of that name, or nullptr.
    const TensorInfo* find_tensor(std::string_view name) const;
    /// The tensor's bytes; wholly inside the file.
    std::span<const std::byte> data(const TensorInfo& tensor) const;
    /// Where the tensor data begins in the file.
    std::uint64_t data_offset() const { return data_offset_; }

  private:
    friend class Parser;

    int version_ = 0;
    std::uint64_t alignment_ = 32;
    std::uint64_t data_offset_ = 0;
    std::span<const std::byte> bytes_;
    Metadata metadata_;
    std::vector<TensorInfo> tensors_;
    std::unordered_map<std::string_view, std::size_t> tensor_index_;
};

}  // namespace kinglet::gguf
