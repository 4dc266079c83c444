// Attention over a cache of keys and values: scores of a stretch of positions, then their weighted values,
// with running sums kept relative to the largest score so far.
#include "inference/kernels/avx2/functions.h"
#include "inference/kernels/avx2/vector_math.h"

namespace kinglet::kernels::avx2 {
namespace {

using x86::unrolled;

/// Positions handled at a time: their keys and values stay in the first-level cache while all queries pass.
constexpr std::size_t kStretch = 32;

/// Most queries that share a pass over the cache.
constexpr std::size_t kQueries = 16;

/// One position's key or value as it is stored. Rows of floats have any length; kBlocks marks rows of blocks
/// of 32 integers with a scale, which are a whole number of blocks long.
template <class Stored>
struct FloatRow {
    static constexpr bool kBlocks = false;
    const Stored* at;

    FloatRow(const void* base, std::size_t stride, std::size_t t)
        : at(reinterpret_cast<const Stored*>(static_cast<const char*>(base) + t * stride)) {}
    __m256 load8(std::size_t i) const {
        if constexpr (sizeof(Stored) == sizeof(float))
            return _mm256_loadu_ps(at + i);
        else
            return load_halves(at + i);
    }
    float load1(std::size_t i) const {
        if constexpr (sizeof(Stored) == sizeof(float))
            return at[i];
        else
            return _cvtsh_ss(at[i]);
    }
};

/// What Q8_0 and Q4_0 have in common: a block begins with its scale.
template <std::size_t block_bytes>
struct BlockRow {
    static constexpr bool kBlocks = true;
    const unsigned char* at;

    BlockRow(const void* base, std::size_t stride, std::size_t t)
        : at(static_cast<const unsigned char*>(base) + t * stride) {}
    float scale(std::size_t block) const {
        std::uint16_t bits;
        __builtin_memcpy(&bits, at + block * block_bytes, sizeof(bits));
        return _cvtsh_ss(bits);
    }
    __m128i bytes8(std::size_t block, std::size_t i) const {
        return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at + block * block_bytes + 2 + i));
    }
};

struct Q8Row : BlockRow<34> {
    using BlockRow::BlockRow;
    /// Integers [8 * part, 8 * part + 8) of a block.
    template <int part>
    __m256 integers(std::size_t block) const {
        return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes8(block, 8 * part)));
    }
};

struct Q4Row : BlockRow<18> {
    using BlockRow::BlockRow;
    /// The first half of a block's values lies in the low nibbles, the second in the high ones.
    template <int part>
    __m256 integers(std::size_t block) const {
        __m128i bytes = bytes8(block, 8 * (part % 2));
        if constexpr (part >= 2) bytes = _mm_srli_epi16(bytes, 4);
        const __m128i nibbles = _mm_and_si128(bytes, _mm_set1_epi8(15));
        return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_sub_epi8(nibbles, _mm_set1_epi8(8))));
    }
};

/// Positions [first, first + count) and the scores, later the weights, that N queries give them.
template <int N>
struct Stretch {
    std::size_t first;
    std::size_t count;
    alignas(32) float scores[N][kStretch];
};

/// Scores of N queries: each vector of a key is loaded (and widened) once for all of them.
template <class Row, int N>
inline void score(const AttentionArgs& a, const float* q, Stretch<N>& stretch) {
    for (std::size_t j = 0; j < stretch.count; ++j) {
        const Row k(a.k, a.k_stride, stretch.first + j);
        __m256 sums[N];
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA { sums[n()] = _mm256_setzero_ps(); });
        const auto add = [&](std::size_t i, __m256 key) KINGLET_INLINE_LAMBDA {
            unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                sums[n()] = _mm256_fmadd_ps(key, _mm256_loadu_ps(q + n() * a.q_stride + i), sums[n()]);
            });
        };
        if constexpr (Row::kBlocks) {
            for (std::size_t block = 0; block < a.k_dim / 32; ++block) {
                const __m256 scale = _mm256_set1_ps(k.scale(block));
                unrolled<4>([&](auto part) KINGLET_INLINE_LAMBDA {
                    add(32 * block + 8 * part(), _mm256_mul_ps(scale, k.template integers<part()>(block)));
                });
            }
            unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA { stretch.scores[n()][j] = sum_of(sums[n()]); });
        } else {
            std::size_t i = 0;
            for (; i + 8 <= a.k_dim; i += 8) add(i, k.load8(i));
            unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                float sum = sum_of(sums[n()]);
                for (std::size_t rest = i; rest < a.k_dim; ++rest)
                    sum += q[n() * a.q_stride + rest] * k.load1(rest);
                stretch.scores[n()][j] = sum;
            });
        }
    }
}

struct Running {
    float largest;
    float total;
};

/// Scores to weights relative to the new largest score; returns by how much older sums shrink.
inline float weigh(const AttentionArgs& a, float* scores, std::size_t count, Running& running) {
    scale(scores, count, a.scale);
    if (a.softcap != 0.0F) softcap(scores, count, a.softcap);
    float largest = running.largest;
    for (std::size_t j = 0; j < count; ++j) largest = scores[j] > largest ? scores[j] : largest;
    __m256 sum = _mm256_setzero_ps();
    for (std::size_t j = 0; j < count; j += 8) {
        const std::size_t left = count - j;
        const __m256i mask = first_lanes(left < 8 ? left : 8);
        const __m256 s = _mm256_maskload_ps(scores + j, mask);
        const __m256 e = exp_of(_mm256_sub_ps(s, _mm256_set1_ps(largest)));
        const __m256 weight = _mm256_and_ps(e, _mm256_castsi256_ps(mask));
        _mm256_maskstore_ps(scores + j, mask, weight);
        sum = _mm256_add_ps(sum, weight);
    }
    const float shrink = _mm256_cvtss_f32(exp_of(_mm256_set1_ps(running.largest - largest)));
    running.total = running.total * shrink + sum_of(sum);
    running.largest = largest;
    return shrink;
}

/// Sixteen values of the results of N queries from place i on: shrunk, with weights[n][j] times
/// row(j) = (values i .. i + 7, values i + 8 .. i + 15) added for every position j.
template <int N, class Values>
inline void add_sixteen(const AttentionArgs& a, std::size_t i, std::size_t count, const float (&shrink)[N],
                        const float (&weights)[N][kStretch], float* out, Values&& row) {
    __m256 low[N];
    __m256 high[N];
    unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
        const float* sums = out + n() * a.out_stride + i;
        low[n()] = _mm256_mul_ps(_mm256_loadu_ps(sums), _mm256_set1_ps(shrink[n()]));
        high[n()] = _mm256_mul_ps(_mm256_loadu_ps(sums + 8), _mm256_set1_ps(shrink[n()]));
    });
    for (std::size_t j = 0; j < count; ++j) {
        __m256 first, second;
        row(j, first, second);
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            const __m256 weight = _mm256_broadcast_ss(&weights[n()][j]);
            low[n()] = _mm256_fmadd_ps(weight, first, low[n()]);
            high[n()] = _mm256_fmadd_ps(weight, second, high[n()]);
        });
    }
    unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
        float* sums = out + n() * a.out_stride + i;
        _mm256_storeu_ps(sums, low[n()]);
        _mm256_storeu_ps(sums + 8, high[n()]);
    });
}

/// out_n = shrink_n * out_n + sum_j weights[n][j] v_(first + j), with the values in blocks.
template <class Row, int N>
inline void add_block_values(const AttentionArgs& a, const Stretch<N>& stretch, const float (&shrink)[N],
                             float* out) {
    alignas(32) float weights[N][kStretch];
    for (std::size_t block = 0; block < a.v_dim / 32; ++block) {
        // The block's scale goes into the weights once, not into each of its values.
        for (std::size_t j = 0; j < stretch.count; ++j) {
            const float scale = Row(a.v, a.v_stride, stretch.first + j).scale(block);
            for (int n = 0; n < N; ++n) weights[n][j] = stretch.scores[n][j] * scale;
        }
        unrolled<2>([&](auto half) KINGLET_INLINE_LAMBDA {
            const auto row = [&](std::size_t j, __m256& first, __m256& second) KINGLET_INLINE_LAMBDA {
                const Row v(a.v, a.v_stride, stretch.first + j);
                first = v.template integers<2 * half()>(block);
                second = v.template integers<2 * half() + 1>(block);
            };
            add_sixteen<N>(a, 32 * block + 16 * half(), stretch.count, shrink, weights, out, row);
        });
    }
}

/// The same for values that are floats, in rows of any length.
template <class Row, int N>
inline void add_values(const AttentionArgs& a, const Stretch<N>& stretch, const float (&shrink)[N],
                       float* out) {
    std::size_t i = 0;
    for (; i + 16 <= a.v_dim; i += 16) {
        const auto row = [&](std::size_t j, __m256& first, __m256& second) KINGLET_INLINE_LAMBDA {
            const Row v(a.v, a.v_stride, stretch.first + j);
            first = v.load8(i);
            second = v.load8(i + 8);
        };
        add_sixteen<N>(a, i, stretch.count, shrink, stretch.scores, out, row);
    }
    for (; i < a.v_dim; ++i) {
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            float& sum = out[n() * a.out_stride + i];
            sum *= shrink[n()];
            for (std::size_t j = 0; j < stretch.count; ++j) {
                sum += stretch.scores[n()][j] * Row(a.v, a.v_stride, stretch.first + j).load1(i);
            }
        });
    }
}

/// One stretch with N queries.
template <class Row, int N>
inline void attend_stretch(const AttentionArgs& a, std::size_t query, std::size_t first, std::size_t count,
                           Running* running) {
    Stretch<N> stretch;
    stretch.first = first;
    stretch.count = count;
    score<Row, N>(a, a.q + query * a.q_stride, stretch);
    float shrink[N];
    for (int n = 0; n < N; ++n) shrink[n] = weigh(a, stretch.scores[n], count, running[n]);
    float* out = a.out + query * a.out_stride;
    if constexpr (Row::kBlocks)
        add_block_values<Row, N>(a, stretch, shrink, out);
    else
        add_values<Row, N>(a, stretch, shrink, out);
}

/// All positions with queries [query, query + queries).
template <class Row>
inline void attend(const AttentionArgs& a, std::size_t query, std::size_t queries) {
    Running running[kQueries];
    for (std::size_t i = 0; i < queries; ++i) {
        running[i].largest = -__builtin_inff();
        running[i].total = 0.0F;
        for (std::size_t d = 0; d < a.v_dim; ++d) a.out[(query + i) * a.out_stride + d] = 0.0F;
    }
    for (std::size_t first = 0; first < a.length; first += kStretch) {
        const std::size_t left = a.length - first;
        const std::size_t count = left < kStretch ? left : kStretch;
        std::size_t i = 0;
        for (; i + 4 <= queries; i += 4) attend_stretch<Row, 4>(a, query + i, first, count, running + i);
        for (; i < queries; ++i) attend_stretch<Row, 1>(a, query + i, first, count, running + i);
    }
    if (a.length == 0) return;
    for (std::size_t i = 0; i < queries; ++i) {
        scale(a.out + (query + i) * a.out_stride, a.v_dim, 1.0F / running[i].total);
    }
}

template <class Row>
inline void attention(const AttentionArgs& a) {
    for (std::size_t i = 0; i < a.count; i += kQueries) {
        const std::size_t left = a.count - i;
        attend<Row>(a, i, left < kQueries ? left : kQueries);
    }
}

}  // namespace

void attention_f32(const AttentionArgs& args) {
    attention<FloatRow<float>>(args);
}
void attention_f16(const AttentionArgs& args) {
    attention<FloatRow<std::uint16_t>>(args);
}
void attention_q8_0(const AttentionArgs& args) {
    attention<Q8Row>(args);
}
void attention_q4_0(const AttentionArgs& args) {
    attention<Q4Row>(args);
}

}  // namespace kinglet::kernels::avx2
