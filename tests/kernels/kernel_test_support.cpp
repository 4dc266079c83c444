#include "tests/kernels/kernel_test_support.h"

#include <cstdlib>
#include <cstring>

#include "inference/kernels/emulated.h"
#include "inference/kernels/half.h"
#include "inference/kernels/select.h"
#include "inference/tensor/blocks.h"

namespace kinglet::test {
namespace {

void put_half(std::byte* at, float value) {
    const std::uint16_t half = kernels::float_to_half(value);
    std::memcpy(at, &half, sizeof(half));
}

/// Byte offsets of the half-precision fields in a block.
std::vector<std::size_t> half_fields(DType type) {
    switch (type) {
        case DType::q4_0:
        case DType::q5_0:
        case DType::q8_0:
        case DType::iq4_nl:
        case DType::iq4_xs:
        case DType::iq2_xxs:
        case DType::iq2_xs:
        case DType::iq2_s:
        case DType::iq3_xxs:
        case DType::iq3_s:
        case DType::iq1_s:
            return {0};
        case DType::q4_1:
        case DType::q5_1:
        case DType::q4_k:
        case DType::q5_k:
            return {0, 2};
        case DType::q2_k:
            return {offsetof(BlockQ2_K, d), offsetof(BlockQ2_K, dmin)};
        case DType::q3_k:
            return {offsetof(BlockQ3_K, d)};
        case DType::q6_k:
            return {offsetof(BlockQ6_K, d)};
        case DType::tq1_0:
            return {offsetof(BlockTQ1_0, d)};
        case DType::tq2_0:
            return {offsetof(BlockTQ2_0, d)};
        default:
            return {};
    }
}

}  // namespace

std::uint64_t test_seed() {
    static const std::uint64_t seed = [] {
        if (const char* forced = std::getenv("KINGLET_TEST_SEED")) return std::strtoull(forced, nullptr, 10);
        std::random_device device;
        return static_cast<unsigned long long>(device());
    }();
    return seed;
}

std::vector<float> random_floats(std::mt19937_64& random, std::size_t count) {
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    for (float& value : values) value = normal(random) * (random() % 10 == 0 ? 10.0F : 1.0F);
    return values;
}

std::vector<std::byte> random_blocks(std::mt19937_64& random, DType type, std::size_t count) {
    const DTypeInfo& info = dtype_info(type);
    const std::size_t blocks = count / info.block_length;
    std::vector<std::byte> data(blocks * info.block_bytes);
    if (type == DType::f32 || type == DType::f16 || type == DType::bf16) {
        const std::vector<float> values = random_floats(random, count);
        for (std::size_t i = 0; i < count; ++i) {
            if (type == DType::f32) {
                std::memcpy(data.data() + 4 * i, &values[i], 4);
            } else {
                const std::uint16_t bits = type == DType::f16 ? kernels::float_to_half(values[i])
                                                              : kernels::float_to_bf16(values[i]);
                std::memcpy(data.data() + 2 * i, &bits, 2);
            }
        }
        return data;
    }
    for (std::byte& byte : data) byte = static_cast<std::byte>(random());
    std::uniform_real_distribution<float> scale(-0.02F, 0.02F);
    for (std::size_t b = 0; b < blocks; ++b) {
        std::byte* block = data.data() + b * info.block_bytes;
        for (const std::size_t offset : half_fields(type)) put_half(block + offset, scale(random));
        if (type == DType::mxfp4) block[0] = static_cast<std::byte>(120 + random() % 8);
        // The upper bits of a half-precision number whose other bits lie elsewhere.
        if (type == DType::iq1_m) block[55] = (block[55] & std::byte{15}) | std::byte{0x20};
    }
    return data;
}

const std::vector<const kernels::KernelTable*>& tables_to_test() {
    static const std::vector<const kernels::KernelTable*> all = [] {
        std::vector<const kernels::KernelTable*> tables = kernels::available_tables(detect_cpu_features());
        const auto emulated = kernels::emulated_tables();
        tables.insert(tables.end(), emulated.begin(), emulated.end());
        return tables;
    }();
    return all;
}

QuantizedRows::QuantizedRows(const kernels::KernelTable& table, const std::vector<float>& x, std::size_t n,
                             std::size_t cols)
    : x_(x), n_(n), cols_(cols) {
    if (cols % kernels::kActivationBlock != 0) return;
    const std::size_t blocks = cols / kernels::kActivationBlock;
    q_.resize(n * cols);
    scales_.resize(n * blocks);
    sums_.resize(2 * n * blocks);
    weighted_sums_.resize(n * blocks);
    for (std::size_t i = 0; i < n; ++i) {
        table.quantize_row(x.data() + i * cols, cols, q_.data() + i * cols, scales_.data() + i * blocks,
                           sums_.data() + 2 * i * blocks, weighted_sums_.data() + i * blocks);
    }
}

kernels::ActivationRows QuantizedRows::rows() const {
    const std::size_t blocks = cols_ / kernels::kActivationBlock;
    kernels::ActivationRows rows;
    rows.values = x_.data();
    rows.values_stride = cols_;
    rows.n = n_;
    if (q_.empty()) return rows;
    rows.q = q_.data();
    rows.q_stride = cols_;
    rows.scales = scales_.data();
    rows.scales_stride = blocks;
    rows.sums = sums_.data();
    rows.sums_stride = 2 * blocks;
    rows.weighted_sums = weighted_sums_.data();
    rows.weighted_sums_stride = blocks;
    return rows;
}

}  // namespace kinglet::test
