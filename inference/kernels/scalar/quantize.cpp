// Floats to blocks: the activations' int8 form, and the formats that Kinglet writes.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "inference/kernels/half.h"
#include "inference/kernels/scalar/scalar_table.h"
#include "inference/tensor/blocks.h"

namespace kinglet::kernels::scalar {
namespace {

/// To the nearest integer, ties to even, as the vector units round.
int nearest(float x) {
    return static_cast<int>(std::lrintf(x));
}

float largest_magnitude(const float* x, std::size_t n) {
    float largest = 0.0F;
    for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i]));
    return largest;
}

void quantize_row(const float* x, std::size_t cols, std::int8_t* q, float* scales, std::int16_t* sums,
                  float* weighted_sums) {
    for (std::size_t b = 0; b < cols / kActivationBlock; ++b) {
        const float* in = x + b * kActivationBlock;
        const float largest = largest_magnitude(in, kActivationBlock);
        const float inverse = largest > 0.0F ? 127.0F / largest : 0.0F;
        scales[b] = largest / 127.0F;
        for (std::size_t h = 0; h < 2; ++h) {
            int sum = 0;
            for (std::size_t i = 16 * h; i < 16 * h + 16; ++i) {
                const int value = std::clamp(nearest(in[i] * inverse), -127, 127);
                q[b * kActivationBlock + i] = static_cast<std::int8_t>(value);
                sum += value;
            }
            sums[2 * b + h] = static_cast<std::int16_t>(sum);
        }
        weighted_sums[b] = scales[b] * static_cast<float>(sums[2 * b] + sums[2 * b + 1]);
    }
}

void q8_0_from_float(const float* src, void* dst, std::size_t count) {
    auto* out = static_cast<std::byte*>(dst);
    for (std::size_t b = 0; b < count / 32; ++b) {
        const float* in = src + 32 * b;
        const float d = largest_magnitude(in, 32) / 127.0F;
        const float inverse = d > 0.0F ? 1.0F / d : 0.0F;
        BlockQ8_0 block;
        block.d = float_to_half(d);
        for (std::size_t i = 0; i < 32; ++i) {
            block.qs[i] = static_cast<std::int8_t>(std::clamp(nearest(in[i] * inverse), -127, 127));
        }
        std::memcpy(out + b * sizeof(block), &block, sizeof(block));
    }
}

void q4_0_from_float(const float* src, void* dst, std::size_t count) {
    auto* out = static_cast<std::byte*>(dst);
    for (std::size_t b = 0; b < count / 32; ++b) {
        const float* in = src + 32 * b;
        // The value of largest magnitude becomes -8, the end of the range that has one level more.
        float extreme = 0.0F;
        for (std::size_t i = 0; i < 32; ++i) {
            if (std::fabs(in[i]) > std::fabs(extreme)) extreme = in[i];
        }
        const float d = extreme / -8.0F;
        const float inverse = d != 0.0F ? 1.0F / d : 0.0F;
        BlockQ4_0 block;
        block.d = float_to_half(d);
        for (std::size_t i = 0; i < 16; ++i) {
            const int low = std::clamp(nearest(in[i] * inverse) + 8, 0, 15);
            const int high = std::clamp(nearest(in[i + 16] * inverse) + 8, 0, 15);
            block.qs[i] = static_cast<std::uint8_t>(low | (high << 4));
        }
        std::memcpy(out + b * sizeof(block), &block, sizeof(block));
    }
}

}  // namespace

void add_quantizers(KernelTable& table) {
    table.quantize_row = quantize_row;
    table.dtypes[static_cast<std::size_t>(DType::q8_0)].from_float = q8_0_from_float;
    table.dtypes[static_cast<std::size_t>(DType::q4_0)].from_float = q4_0_from_float;
}

}  // namespace kinglet::kernels::scalar
