// Reads the structure of a safetensors file from a span of bytes: eight bytes of length, a JSON header, data.
// Pure: no files. Nothing in the bytes is trusted. Format: github.com/huggingface/safetensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/result.h"

namespace kinglet::convert {

/// Element types that weights are made of; everything else a file may hold is `other`.
enum class Element : std::uint8_t { f32, f16, bf16, f64, other };

/// Bytes of one value; 0 for `other`.
std::size_t element_bytes(Element element);

/// One tensor as the file states it. `data` lies in the bytes that were parsed.
struct SourceTensor {
    std::string name;
    Element element = Element::other;
    std::string element_name;          ///< as the file spells it
    std::vector<std::uint64_t> shape;  ///< slowest-varying dimension first; empty = one value
    std::span<const std::byte> data;

    std::uint64_t count() const;
};

/// All tensors of a file, in the order of their names. `name` is how errors call the file. Errors: truncated,
/// bad_format (header that is no JSON, a name given twice, extents that overlap, lie outside or do not fit
/// shape and type), too_large.
Result<std::vector<SourceTensor>> parse_safetensors(std::span<const std::byte> bytes,
                                                    const std::string& name);

}  // namespace kinglet::convert
