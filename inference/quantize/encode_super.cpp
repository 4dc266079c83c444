// Formats with blocks of 256 values, whose groups have scales that are whole multiples of the block's.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "inference/kernels/half.h"
#include "inference/quantize/encoders.h"
#include "inference/quantize/fit.h"
#include "inference/tensor/blocks.h"

namespace kinglet::quantize {
namespace {

constexpr int length = static_cast<int>(kSuperBlock);

/// How often the block's scales are fitted again to what its groups chose.
constexpr int rounds = 2;

float as_stored(float value) {
    return kernels::half_to_float(kernels::float_to_half(value));
}

int whole(float x, int low, int high) {
    return std::clamp(static_cast<int>(std::lrintf(std::clamp(x, -1e6F, 1e6F))), low, high);
}

// --- Q4_K and Q5_K: eight groups of 32 with a 6-bit scale and a 6-bit minimum.

constexpr int k_group = 32;
constexpr int k_groups = length / k_group;
constexpr int k_most = 63;

/// A block before it is packed: value = d * scale[g] * q - dmin * min[g].
struct KBlock {
    float d = 0.0F;
    float dmin = 0.0F;
    int scale[k_groups] = {};
    int min[k_groups] = {};
    float error = std::numeric_limits<float>::infinity();

    Fit fit(int g) const { return {d * static_cast<float>(scale[g]), dmin * static_cast<float>(min[g])}; }
};

/// The best multiples for given d and dmin, near those that the groups want.
KBlock choose_multiples(const float* x, const float* weights, const Fit* wanted, float d, float dmin,
                        float high) {
    KBlock block;
    block.d = as_stored(d);
    block.dmin = as_stored(dmin);
    block.error = 0.0F;
    for (int g = 0; g < k_groups; ++g) {
        const int s = block.d > 0.0F ? whole(wanted[g].scale / block.d, 0, k_most) : 0;
        const int m = block.dmin > 0.0F ? whole(wanted[g].min / block.dmin, 0, k_most) : 0;
        float least = std::numeric_limits<float>::infinity();
        for (int si = std::max(s - 1, 0); si <= std::min(s + 1, k_most); ++si) {
            for (int mi = std::max(m - 1, 0); mi <= std::min(m + 1, k_most); ++mi) {
                const Fit fit{block.d * static_cast<float>(si), block.dmin * static_cast<float>(mi)};
                const float error =
                    error_of<k_group>(x + g * k_group, weights + g * k_group, fit, 0.0F, high);
                if (error < least) {
                    least = error;
                    block.scale[g] = si;
                    block.min[g] = mi;
                }
            }
        }
        block.error += least;
    }
    return block;
}

/// d and dmin that suit the levels and multiples of a block best.
Fit refit(const float* x, const float* weights, const KBlock& block, float high) {
    double aa = 0.0;
    double ab = 0.0;
    double bb = 0.0;
    double ax = 0.0;
    double bx = 0.0;
    for (int g = 0; g < k_groups; ++g) {
        const Fit fit = block.fit(g);
        const float inverse = fit.scale != 0.0F ? 1.0F / fit.scale : 0.0F;
        for (int i = g * k_group; i < (g + 1) * k_group; ++i) {
            const float a =
                static_cast<float>(block.scale[g]) * level((x[i] + fit.min) * inverse, 0.0F, high);
            const auto b = static_cast<float>(block.min[g]);
            const double w = weights[i];
            aa += w * a * a;
            ab += w * a * b;
            bb += w * b * b;
            ax += w * a * x[i];
            bx += w * b * x[i];
        }
    }
    const double determinant = aa * bb - ab * ab;
    if (determinant > 1e-9 * aa * bb) {
        return {static_cast<float>((ax * bb - bx * ab) / determinant),
                static_cast<float>((ax * ab - bx * aa) / determinant)};
    }
    return {aa > 0.0 ? static_cast<float>(ax / aa) : 0.0F, block.dmin};
}

KBlock fit_k_block(const float* x, float high) {
    float weights[length];
    Fit wanted[k_groups];
    float scale = 0.0F;
    float min = 0.0F;
    for (int g = 0; g < k_groups; ++g) {
        importance<k_group>(x + g * k_group, weights + g * k_group);
        wanted[g] = fit_affine<k_group>(x + g * k_group, weights + g * k_group, high, true);
        scale = std::max(scale, wanted[g].scale);
        min = std::max(min, wanted[g].min);
    }
    constexpr auto most = static_cast<float>(k_most);
    KBlock best = choose_multiples(x, weights, wanted, scale / most, min / most, high);
    for (int i = 0; i < rounds; ++i) {
        const Fit next = refit(x, weights, best, high);
        if (!(next.scale > 0.0F) || next.min < 0.0F) break;
        const KBlock block = choose_multiples(x, weights, wanted, next.scale, next.min, high);
        if (!(block.error < best.error)) break;
        best = block;
    }
    return best;
}

/// The 6-bit scales and minima in 12 bytes: see BlockQ4_K.
void pack_multiples(const KBlock& block, std::uint8_t* packed) {
    for (int g = 0; g < 4; ++g) {
        packed[g] = static_cast<std::uint8_t>(block.scale[g] | ((block.scale[g + 4] >> 4) << 6));
        packed[g + 4] = static_cast<std::uint8_t>(block.min[g] | ((block.min[g + 4] >> 4) << 6));
        packed[g + 8] = static_cast<std::uint8_t>((block.scale[g + 4] & 15) | ((block.min[g + 4] & 15) << 4));
    }
}

void k_levels(const float* x, const KBlock& block, float high, int* q) {
    for (int g = 0; g < k_groups; ++g) {
        const Fit fit = block.fit(g);
        const float inverse = fit.scale != 0.0F ? 1.0F / fit.scale : 0.0F;
        for (int i = g * k_group; i < (g + 1) * k_group; ++i) {
            q[i] = static_cast<int>(level((x[i] + fit.min) * inverse, 0.0F, high));
        }
    }
}

/// What Q4_K and Q5_K share: the head and the low four bits of the levels, which it leaves in q.
template <class Block>
void encode_k_block(const float* x, float high, Block& out, int* q) {
    const KBlock block = fit_k_block(x, high);
    k_levels(x, block, high, q);
    out.d = kernels::float_to_half(block.d);
    out.dmin = kernels::float_to_half(block.dmin);
    pack_multiples(block, out.scales);
    for (int pair = 0; pair < k_groups / 2; ++pair) {
        const int* low = q + 2 * pair * k_group;
        for (int i = 0; i < k_group; ++i) {
            out.qs[pair * k_group + i] =
                static_cast<std::uint8_t>((low[i] & 15) | ((low[i + k_group] & 15) << 4));
        }
    }
}

// --- Q6_K: sixteen groups of 16 with a signed 8-bit scale.

constexpr int six_group = 16;
constexpr int six_groups = length / six_group;
constexpr float six_low = -32.0F;
constexpr float six_high = 31.0F;

struct SixBlock {
    float d = 0.0F;
    int scale[six_groups] = {};
    float error = std::numeric_limits<float>::infinity();
};

SixBlock choose_scales(const float* x, const float* weights, const Fit* wanted, float d) {
    SixBlock block;
    block.d = as_stored(d);
    block.error = 0.0F;
    for (int g = 0; g < six_groups; ++g) {
        const int s = block.d != 0.0F ? whole(wanted[g].scale / block.d, -128, 127) : 0;
        float least = std::numeric_limits<float>::infinity();
        for (int si = std::max(s - 1, -128); si <= std::min(s + 1, 127); ++si) {
            const Fit fit{block.d * static_cast<float>(si), 0.0F};
            const float error =
                error_of<six_group>(x + g * six_group, weights + g * six_group, fit, six_low, six_high);
            if (error < least) {
                least = error;
                block.scale[g] = si;
            }
        }
        block.error += least;
    }
    return block;
}

void six_levels(const float* x, const SixBlock& block, int* q) {
    for (int g = 0; g < six_groups; ++g) {
        const float scale = block.d * static_cast<float>(block.scale[g]);
        const float inverse = scale != 0.0F ? 1.0F / scale : 0.0F;
        for (int i = g * six_group; i < (g + 1) * six_group; ++i) {
            q[i] = static_cast<int>(level(x[i] * inverse, six_low, six_high));
        }
    }
}

/// The d that suits the levels and scales of a block best.
float refit(const float* x, const float* weights, const SixBlock& block) {
    int q[length];
    six_levels(x, block, q);
    double ax = 0.0;
    double aa = 0.0;
    for (int i = 0; i < length; ++i) {
        const double a = static_cast<double>(block.scale[i / six_group]) * q[i];
        ax += weights[i] * a * x[i];
        aa += weights[i] * a * a;
    }
    return aa > 0.0 ? static_cast<float>(ax / aa) : 0.0F;
}

SixBlock fit_six_block(const float* x) {
    float weights[length];
    Fit wanted[six_groups];
    float extreme = 0.0F;
    for (int g = 0; g < six_groups; ++g) {
        importance<six_group>(x + g * six_group, weights + g * six_group);
        wanted[g] = fit_symmetric<six_group>(x + g * six_group, weights + g * six_group, six_low, six_high);
        if (std::fabs(wanted[g].scale) > std::fabs(extreme)) extreme = wanted[g].scale;
    }
    SixBlock best = choose_scales(x, weights, wanted, extreme / -128.0F);
    for (int i = 0; i < rounds; ++i) {
        const SixBlock block = choose_scales(x, weights, wanted, refit(x, weights, best));
        if (!(block.error < best.error)) break;
        best = block;
    }
    return best;
}

void encode_six(const float* x, BlockQ6_K& out) {
    const SixBlock block = fit_six_block(x);
    int q[length];
    six_levels(x, block, q);
    out.d = kernels::float_to_half(block.d);
    for (int g = 0; g < six_groups; ++g) out.scales[g] = static_cast<std::int8_t>(block.scale[g]);
    for (int half = 0; half < 2; ++half) {
        const int* run = q + 128 * half;
        for (int i = 0; i < 32; ++i) {
            const int a = run[i] + 32;
            const int b = run[i + 32] + 32;
            const int c = run[i + 64] + 32;
            const int d = run[i + 96] + 32;
            out.ql[64 * half + i] = static_cast<std::uint8_t>((a & 15) | ((c & 15) << 4));
            out.ql[64 * half + 32 + i] = static_cast<std::uint8_t>((b & 15) | ((d & 15) << 4));
            out.qh[32 * half + i] =
                static_cast<std::uint8_t>((a >> 4) | ((b >> 4) << 2) | ((c >> 4) << 4) | ((d >> 4) << 6));
        }
    }
}

template <class Block, class Encode>
void each_block(const float* x, void* blocks, std::size_t count, Encode encode) {
    auto* out = static_cast<std::byte*>(blocks);
    for (std::size_t b = 0; b < count / kSuperBlock; ++b) {
        Block block;
        encode(x + b * kSuperBlock, block);
        std::memcpy(out + b * sizeof(Block), &block, sizeof(Block));
    }
}

}  // namespace

void encode_q4_k(const float* x, void* blocks, std::size_t count) {
    each_block<BlockQ4_K>(x, blocks, count, [](const float* in, BlockQ4_K& block) {
        int q[length];
        encode_k_block(in, 15.0F, block, q);
    });
}

void encode_q5_k(const float* x, void* blocks, std::size_t count) {
    each_block<BlockQ5_K>(x, blocks, count, [](const float* in, BlockQ5_K& block) {
        int q[length];
        encode_k_block(in, 31.0F, block, q);
        for (int i = 0; i < k_group; ++i) {
            int bits = 0;
            for (int g = 0; g < k_groups; ++g) bits |= (q[g * k_group + i] >> 4) << g;
            block.qh[i] = static_cast<std::uint8_t>(bits);
        }
    });
}

void encode_q6_k(const float* x, void* blocks, std::size_t count) {
    each_block<BlockQ6_K>(x, blocks, count, encode_six);
}

}  // namespace kinglet::quantize
