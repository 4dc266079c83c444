// Formats with blocks of 32 values.
#include <cstdint>
#include <cstring>

#include "inference/kernels/half.h"
#include "inference/quantize/encoders.h"
#include "inference/quantize/fit.h"
#include "inference/tensor/blocks.h"

namespace kinglet::quantize {
namespace {

constexpr int length = 32;

/// The scale as the block stores it, which is what values must be rounded with.
float stored_half(float value, std::uint16_t& bits) {
    bits = kernels::float_to_half(value);
    return kernels::half_to_float(bits);
}

/// Every value's nearest level.
void levels(const float* x, const Fit& fit, float low, float high, int* q) {
    const float inverse = fit.scale != 0.0F ? 1.0F / fit.scale : 0.0F;
    for (int i = 0; i < length; ++i) q[i] = static_cast<int>(level((x[i] + fit.min) * inverse, low, high));
}

/// Scale and levels of a symmetric block.
std::uint16_t symmetric(const float* x, float low, float high, int* q) {
    float weights[length];
    importance<length>(x, weights);
    Fit fit = fit_symmetric<length>(x, weights, low, high);
    std::uint16_t bits = 0;
    fit.scale = stored_half(fit.scale, bits);
    levels(x, fit, low, high, q);
    return bits;
}

void put_nibbles(const int* q, std::uint8_t* qs) {
    for (int i = 0; i < 16; ++i) qs[i] = static_cast<std::uint8_t>((q[i] & 15) | ((q[i + 16] & 15) << 4));
}

void put_fifth_bits(const int* q, std::uint8_t* qh) {
    for (int i = 0; i < 4; ++i) {
        int bits = 0;
        for (int j = 0; j < 8; ++j) bits |= ((q[8 * i + j] >> 4) & 1) << j;
        qh[i] = static_cast<std::uint8_t>(bits);
    }
}

template <class Block, class Encode>
void each_block(const float* x, void* blocks, std::size_t count, Encode encode) {
    auto* out = static_cast<std::byte*>(blocks);
    for (std::size_t b = 0; b < count / length; ++b) {
        Block block;
        encode(x + b * length, block);
        std::memcpy(out + b * sizeof(Block), &block, sizeof(Block));
    }
}

}  // namespace

void encode_q4_0(const float* x, void* blocks, std::size_t count) {
    each_block<BlockQ4_0>(x, blocks, count, [](const float* in, BlockQ4_0& block) {
        int q[length];
        block.d = symmetric(in, -8.0F, 7.0F, q);
        for (int& value : q) value += 8;
        put_nibbles(q, block.qs);
    });
}

void encode_q5_0(const float* x, void* blocks, std::size_t count) {
    each_block<BlockQ5_0>(x, blocks, count, [](const float* in, BlockQ5_0& block) {
        int q[length];
        block.d = symmetric(in, -16.0F, 15.0F, q);
        for (int& value : q) value += 16;
        put_nibbles(q, block.qs);
        put_fifth_bits(q, block.qh);
    });
}

void encode_q5_1(const float* x, void* blocks, std::size_t count) {
    each_block<BlockQ5_1>(x, blocks, count, [](const float* in, BlockQ5_1& block) {
        float weights[length];
        importance<length>(in, weights);
        Fit fit = fit_affine<length>(in, weights, 31.0F, false);
        fit.scale = stored_half(fit.scale, block.d);
        fit.min = -stored_half(-fit.min, block.m);
        int q[length];
        levels(in, fit, 0.0F, 31.0F, q);
        put_nibbles(q, block.qs);
        put_fifth_bits(q, block.qh);
    });
}

// -128 would fit too, but other programs expect a symmetric range.
void encode_q8_0(const float* x, void* blocks, std::size_t count) {
    each_block<BlockQ8_0>(x, blocks, count, [](const float* in, BlockQ8_0& block) {
        int q[length];
        block.d = symmetric(in, -127.0F, 127.0F, q);
        for (int i = 0; i < length; ++i) block.qs[i] = static_cast<std::int8_t>(q[i]);
    });
}

}  // namespace kinglet::quantize
