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
    std::uint32_t part = 0;  ///< which of the joined files holds it, from 0; 0 where there is one file
};

/// The parsed structure of a file. It views the bytes it was parsed from, which must outlive it.
class File {
  public:
    /// `name` is how errors call the file. Errors: bad_format, truncated, unsupported, too_large; with the
    /// offset.
    static Result<File> parse(std::span<const std::byte> bytes, std::string name);

    /// Several parsed files as one: the metadata of the first, the tensors of all in their order. Errors:
    /// bad_format where two hold a tensor of one name. At least one file.
    static Result<File> join(std::vector<File> files);

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
    /// Where the tensor data begins in the file (of joined ones, in the first).
    std::uint64_t data_offset() const { return parts_.empty() ? 0 : parts_.front().data_offset; }
    /// Where a tensor begins in the file that holds it.
    std::uint64_t position(const TensorInfo& tensor) const {
        return parts_[tensor.part].data_offset + tensor.offset;
    }

  private:
    friend class Parser;

    struct Part {
        std::span<const std::byte> bytes;
        std::uint64_t data_offset = 0;
    };

    int version_ = 0;
    std::uint64_t alignment_ = 32;
    std::vector<Part> parts_;
    Metadata metadata_;
    std::vector<TensorInfo> tensors_;
    std::unordered_map<std::string_view, std::size_t> tensor_index_;
};

}  // namespace kinglet::gguf
