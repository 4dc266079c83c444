#include "inference/kernels/packed.h"

#include <array>
#include <cstring>

#include "inference/tensor/dtype.h"

namespace kinglet::kernels {
namespace {

/// A run of bytes in a block and the size of the units by which its rows alternate.
struct PackedField {
    std::size_t offset;
    std::size_t bytes;
    std::size_t unit;
};

// Numbers of two bytes alternate by two, everything that is read as words by four.
constexpr std::array kQ4_0{PackedField{0, 2, 2}, PackedField{2, 16, 4}};
constexpr std::array kQ4_1{PackedField{0, 20, 4}};
constexpr std::array kQ5_0{PackedField{0, 2, 2}, PackedField{2, 20, 4}};
constexpr std::array kQ5_1{PackedField{0, 24, 4}};
constexpr std::array kQ8_0{PackedField{0, 2, 2}, PackedField{2, 32, 4}};
constexpr std::array kQ2_K{PackedField{0, 84, 4}};
constexpr std::array kQ3_K{PackedField{0, 108, 4}, PackedField{108, 2, 2}};
constexpr std::array kQ4_K{PackedField{0, 144, 4}};
constexpr std::array kQ5_K{PackedField{0, 176, 4}};
constexpr std::array kQ6_K{PackedField{0, 208, 4}, PackedField{208, 2, 2}};
constexpr std::array kIQ4_NL{PackedField{0, 2, 2}, PackedField{2, 16, 4}};
constexpr std::array kIQ4_XS{PackedField{0, 136, 4}};
constexpr std::array kTQ2_0{PackedField{0, 64, 4}, PackedField{64, 2, 2}};

template <std::size_t bytes>
void copy_unit(std::byte* to, const std::byte* from) {
    std::memcpy(to, from, bytes);
}

void pack_block(const std::byte* rows, std::size_t row_stride, std::size_t row_count,
                const PackedField& field, std::byte* panel) {
    for (std::size_t at = 0; at < field.bytes; at += field.unit) {
        std::byte* to = panel + kPanelRows * (field.offset + at);
        const std::byte* from = rows + field.offset + at;
        for (std::size_t r = 0; r < row_count; ++r, to += field.unit, from += row_stride) {
            field.unit == 4 ? copy_unit<4>(to, from) : copy_unit<2>(to, from);
        }
    }
}

/// DTypeKernels::pack of a dtype whose block has the given fields.
template <DType type, auto& fields>
void pack(const std::byte* rows, std::size_t row_stride, std::size_t row_count, std::size_t cols,
          std::byte* panel) {
    const DTypeInfo& info = dtype_info(type);
    if (row_count < kPanelRows) std::memset(panel, 0, packed_panel_bytes(type, cols));
    for (std::size_t b = 0; b < cols / info.block_length; ++b) {
        for (const PackedField& field : fields) {
            pack_block(rows + b * info.block_bytes, row_stride, row_count, field, panel);
        }
        panel += kPanelRows * info.block_bytes;
    }
}

struct Packed {
    DType type;
    PackFunction pack;
};

// One row a dtype that has a packed layout.
constexpr std::array kPacked{
    Packed{DType::q4_0, pack<DType::q4_0, kQ4_0>},       Packed{DType::q4_1, pack<DType::q4_1, kQ4_1>},
    Packed{DType::q5_0, pack<DType::q5_0, kQ5_0>},       Packed{DType::q5_1, pack<DType::q5_1, kQ5_1>},
    Packed{DType::q8_0, pack<DType::q8_0, kQ8_0>},       Packed{DType::q2_k, pack<DType::q2_k, kQ2_K>},
    Packed{DType::q3_k, pack<DType::q3_k, kQ3_K>},       Packed{DType::q4_k, pack<DType::q4_k, kQ4_K>},
    Packed{DType::q5_k, pack<DType::q5_k, kQ5_K>},       Packed{DType::q6_k, pack<DType::q6_k, kQ6_K>},
    Packed{DType::iq4_nl, pack<DType::iq4_nl, kIQ4_NL>}, Packed{DType::iq4_xs, pack<DType::iq4_xs, kIQ4_XS>},
    Packed{DType::tq2_0, pack<DType::tq2_0, kTQ2_0>},
};

}  // namespace

PackFunction pack_function(DType type) {
    for (const Packed& row : kPacked) {
        if (row.type == type) return row.pack;
    }
    return nullptr;
}

std::size_t packed_panel_bytes(DType type, std::size_t cols) {
    if (pack_function(type) == nullptr) return 0;
    const DTypeInfo& info = dtype_info(type);
    return kPanelRows * (cols / info.block_length) * info.block_bytes;
}

}  // namespace kinglet::kernels
