#include "inference/tensor/dtype.h"

#include <array>
#include <limits>

#include "inference/tensor/blocks.h"

namespace kinglet {
namespace {

constexpr std::uint32_t kSmall = 32;
constexpr std::uint32_t kSuper = kSuperBlock;

// One row a dtype: number, name, values a block, bytes a block, whether it can be computed with.
constexpr std::array kTable{
    DTypeInfo{DType::f32, "F32", 1, 4, true},
    DTypeInfo{DType::f16, "F16", 1, 2, true},
    DTypeInfo{DType::q4_0, "Q4_0", kSmall, sizeof(BlockQ4_0), true},
    DTypeInfo{DType::q4_1, "Q4_1", kSmall, sizeof(BlockQ4_1), true},
    DTypeInfo{DType::q5_0, "Q5_0", kSmall, sizeof(BlockQ5_0), true},
    DTypeInfo{DType::q5_1, "Q5_1", kSmall, sizeof(BlockQ5_1), true},
    DTypeInfo{DType::q8_0, "Q8_0", kSmall, sizeof(BlockQ8_0), true},
    DTypeInfo{DType::q8_1, "Q8_1", kSmall, 36, false},
    DTypeInfo{DType::q2_k, "Q2_K", kSuper, sizeof(BlockQ2_K), true},
    DTypeInfo{DType::q3_k, "Q3_K", kSuper, sizeof(BlockQ3_K), true},
    DTypeInfo{DType::q4_k, "Q4_K", kSuper, sizeof(BlockQ4_K), true},
    DTypeInfo{DType::q5_k, "Q5_K", kSuper, sizeof(BlockQ5_K), true},
    DTypeInfo{DType::q6_k, "Q6_K", kSuper, sizeof(BlockQ6_K), true},
    DTypeInfo{DType::q8_k, "Q8_K", kSuper, 292, false},
    DTypeInfo{DType::iq2_xxs, "IQ2_XXS", kSuper, sizeof(BlockIQ2_XXS), true},
    DTypeInfo{DType::iq2_xs, "IQ2_XS", kSuper, sizeof(BlockIQ2_XS), true},
    DTypeInfo{DType::iq3_xxs, "IQ3_XXS", kSuper, sizeof(BlockIQ3_XXS), true},
    DTypeInfo{DType::iq1_s, "IQ1_S", kSuper, sizeof(BlockIQ1_S), true},
    DTypeInfo{DType::iq4_nl, "IQ4_NL", kSmall, sizeof(BlockIQ4_NL), true},
    DTypeInfo{DType::iq3_s, "IQ3_S", kSuper, sizeof(BlockIQ3_S), true},
    DTypeInfo{DType::iq2_s, "IQ2_S", kSuper, sizeof(BlockIQ2_S), true},
    DTypeInfo{DType::iq4_xs, "IQ4_XS", kSuper, sizeof(BlockIQ4_XS), true},
    DTypeInfo{DType::i8, "I8", 1, 1, false},
    DTypeInfo{DType::i16, "I16", 1, 2, false},
    DTypeInfo{DType::i32, "I32", 1, 4, false},
    DTypeInfo{DType::i64, "I64", 1, 8, false},
    DTypeInfo{DType::f64, "F64", 1, 8, false},
    DTypeInfo{DType::iq1_m, "IQ1_M", kSuper, sizeof(BlockIQ1_M), true},
    DTypeInfo{DType::bf16, "BF16", 1, 2, true},
    DTypeInfo{DType::tq1_0, "TQ1_0", kSuper, sizeof(BlockTQ1_0), true},
    DTypeInfo{DType::tq2_0, "TQ2_0", kSuper, sizeof(BlockTQ2_0), true},
    DTypeInfo{DType::mxfp4, "MXFP4", kSmall, sizeof(BlockMXFP4), true},
};

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

}  // namespace

std::span<const DTypeInfo> dtype_table() {
    return kTable;
}

const DTypeInfo* find_dtype(std::uint32_t number) {
    for (const DTypeInfo& row : kTable) {
        if (static_cast<std::uint32_t>(row.type) == number) return &row;
    }
    return nullptr;
}

const DTypeInfo* find_dtype(std::string_view name) {
    for (const DTypeInfo& row : kTable) {
        if (same_name(row.name, name)) return &row;
    }
    return nullptr;
}

const DTypeInfo& dtype_info(DType type) {
    // Every enumerator has a row (a test walks them), so the fallback is never taken by correct code.
    const DTypeInfo* row = find_dtype(static_cast<std::uint32_t>(type));
    return row != nullptr ? *row : kTable.front();
}

std::optional<std::uint64_t> row_bytes(DType type, std::uint64_t cols) {
    const DTypeInfo& info = dtype_info(type);
    if (cols % info.block_length != 0) return std::nullopt;
    const std::uint64_t blocks = cols / info.block_length;
    if (blocks > std::numeric_limits<std::uint64_t>::max() / info.block_bytes) return std::nullopt;
    return blocks * info.block_bytes;
}

}  // namespace kinglet
