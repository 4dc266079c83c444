// Writes a GGUF file, version 3: values and tensors are announced first, then the tensors' bytes follow in
// order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/result.h"
#include "inference/gguf/atomic_file.h"
#include "inference/gguf/metadata.h"

namespace kinglet::gguf {

/// Collects a header, then streams the tensors through an AtomicFile: no half file is ever seen under the
/// name.
class Writer {
  public:
    /// Metadata, in order of calling. Keys must differ.
    void add_u32(std::string_view key, std::uint32_t value);
    void add_u64(std::string_view key, std::uint64_t value);
    void add_i32(std::string_view key, std::int32_t value);
    void add_f32(std::string_view key, float value);
    void add_bool(std::string_view key, bool value);
    void add_string(std::string_view key, std::string_view value);
    void add_strings(std::string_view key, std::span<const std::string> values);
    void add_i32s(std::string_view key, std::span<const std::int32_t> values);
    void add_f32s(std::string_view key, std::span<const float> values);
    void add_bools(std::string_view key, std::span<const bool> values);
    /// A value as another file has it.
    void add(std::string_view key, const Value& value);

    /// Announces a tensor of `bytes` bytes; dimensions fastest-varying first.
    void add_tensor(std::string_view name, std::uint32_t type, std::span<const std::uint64_t> dimensions,
                    std::uint64_t bytes);

    /// Opens the temporary file and writes the header.
    Status begin(const std::filesystem::path& destination);
    /// The next bytes of the tensor being written, in as many pieces as is convenient; tensors in the order
    /// they were announced, each exactly as long as announced (padding is added here).
    Status write(std::span<const std::byte> bytes);
    /// Flushes to the disk and gives the file its name.
    Status finish();

    /// The header's bytes as begin() writes them, padded to where the data begins.
    std::vector<std::byte> header() const;

  private:
    struct Tensor {
        std::string name;
        std::uint32_t type;
        std::vector<std::uint64_t> dimensions;
        std::uint64_t bytes;
    };

    void add_raw(std::string_view key, ValueType type, std::span<const std::byte> value);
    template <class T>
    void add_scalar(std::string_view key, ValueType type, T value);
    Status next_tensor();

    std::vector<std::byte> pairs_;
    std::uint64_t pair_count_ = 0;
    std::vector<Tensor> tensors_;
    AtomicFile file_;
    std::size_t current_ = 0;
    std::uint64_t written_ = 0;
};

}  // namespace kinglet::gguf
