// The kinds of numbers that a GGUF tensor may hold. One row a dtype; everything else is keyed by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace kinglet {

/// A tensor's element type. The values are the type numbers that GGUF files store.
enum class DType : std::uint32_t {
    f32 = 0,
    f16 = 1,
    q4_0 = 2,
    q4_1 = 3,
    q5_0 = 6,
    q5_1 = 7,
    q8_0 = 8,
    q8_1 = 9,
    q2_k = 10,
    q3_k = 11,
    q4_k = 12,
    q5_k = 13,
    q6_k = 14,
    q8_k = 15,
    iq2_xxs = 16,
    iq2_xs = 17,
    iq3_xxs = 18,
    iq1_s = 19,
    iq4_nl = 20,
    iq3_s = 21,
    iq2_s = 22,
    iq4_xs = 23,
    i8 = 24,
    i16 = 25,
    i32 = 26,
    i64 = 27,
    f64 = 28,
    iq1_m = 29,
    bf16 = 30,
    tq1_0 = 34,
    tq2_0 = 35,
    mxfp4 = 39,
};

/// One past the largest type number: the length of tables that are indexed by it.
inline constexpr std::size_t kDTypeCount = 40;

/// What there is to know about a dtype without touching its data.
struct DTypeInfo {
    DType type;
    /// The name that people and file names use, e.g. "Q4_K".
    std::string_view name;
    /// Values in one block.
    std::uint32_t block_length;
    /// Bytes of one block.
    std::uint32_t block_bytes;
    /// Whether weights of this type can be computed with (kernels exist in every table).
    bool has_kernel;
};

/// All known dtypes, ordered by type number.
std::span<const DTypeInfo> dtype_table();

/// The row of a dtype.
const DTypeInfo& dtype_info(DType type);

/// The row of a type number read from a file; null where the number is not known.
const DTypeInfo* find_dtype(std::uint32_t number);

/// The row of a dtype named as in DTypeInfo::name, upper or lower case; null where there is none.
const DTypeInfo* find_dtype(std::string_view name);

/// Bytes of a row of `cols` values; empty where `cols` is no whole number of blocks or the size does not fit.
std::optional<std::uint64_t> row_bytes(DType type, std::uint64_t cols);

}  // namespace kinglet
