// Attention over a cache of keys and values: scores of a stretch of positions, then their weighted values,
// with running sums kept relative to the largest score so far.
#include "inference/kernels/avx2/functions.h"
#include "inference/kernels/avx2/unrolled.h"
#include "inference/kernels/avx2/vector_math.h"

namespace kinglet::kernels::avx2 {
namespace {

/// Positions handled at a time: their keys and values stay in the first-level cache while all queries pass.
constexpr std::size_t kStretch = 32;

/// Most queries that share a pass over the cache.
constexpr std::size_t kQueries = 16;

inline __m256 load8(const float* p) {
    return _mm256_loadu_ps(p);
}
inline __m256 load8(const std::uint16_t* p) {
    return load_halves(p);
}
inline float load1(const float* p) {
    return *p;
}
inline float load1(const std::uint16_t* p) {
    return _cvtsh_ss(*p);
}

template <class Stored>
inline const Stored* position(const void* base, std::size_t stride, std::size_t t) {
    return reinterpret_cast<const Stored*>(static_cast<const char*>(base) + t * stride);
}

/// Positions [first, first + count) and the scores, later the weights, that N queries give them.
template <int N>
struct Stretch {
    std::size_t first;
    std::size_t count;
    alignas(32) float scores[N][kStretch];
};

/// Scores of N queries: each vector of a key is loaded (and widened) once for all of them.
template <class Stored, int N>
inline void score(const AttentionArgs& a, const float* q, Stretch<N>& stretch) {
    for (std::size_t j = 0; j < stretch.count; ++j) {
        const Stored* k = position<Stored>(a.k, a.k_stride, stretch.first + j);
        __m256 sums[N];
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA { sums[n()] = _mm256_setzero_ps(); });
        std::size_t i = 0;
        for (; i + 8 <= a.k_dim; i += 8) {
            const __m256 key = load8(k + i);
            unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                sums[n()] = _mm256_fmadd_ps(key, _mm256_loadu_ps(q + n() * a.q_stride + i), sums[n()]);
            });
        }
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            float sum = sum_of(sums[n()]);
            for (std::size_t rest = i; rest < a.k_dim; ++rest)
                sum += q[n() * a.q_stride + rest] * load1(k + rest);
            stretch.scores[n()][j] = sum;
        });
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

/// out_n = shrink_n * out_n + sum_j weights[n][j] v_(first + j).
template <class Stored, int N>
inline void add_values(const AttentionArgs& a, const Stretch<N>& stretch, const float (&shrink)[N],
                       float* out) {
    const void* v = position<char>(a.v, a.v_stride, stretch.first);
    std::size_t i = 0;
    for (; i + 16 <= a.v_dim; i += 16) {
        __m256 low[N];
        __m256 high[N];
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            const float* sums = out + n() * a.out_stride + i;
            low[n()] = _mm256_mul_ps(_mm256_loadu_ps(sums), _mm256_set1_ps(shrink[n()]));
            high[n()] = _mm256_mul_ps(_mm256_loadu_ps(sums + 8), _mm256_set1_ps(shrink[n()]));
        });
        for (std::size_t j = 0; j < stretch.count; ++j) {
            const Stored* row = position<Stored>(v, a.v_stride, j) + i;
            const __m256 first = load8(row);
            const __m256 second = load8(row + 8);
            unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                const __m256 weight = _mm256_broadcast_ss(&stretch.scores[n()][j]);
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
    for (; i < a.v_dim; ++i) {
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            float& sum = out[n() * a.out_stride + i];
            sum *= shrink[n()];
            for (std::size_t j = 0; j < stretch.count; ++j) {
                sum += stretch.scores[n()][j] * load1(position<Stored>(v, a.v_stride, j) + i);
            }
        });
    }
}

/// One stretch with N queries.
template <class Stored, int N>
inline void attend_stretch(const AttentionArgs& a, std::size_t query, std::size_t first, std::size_t count,
                           Running* running) {
    Stretch<N> stretch;
    stretch.first = first;
    stretch.count = count;
    score<Stored, N>(a, a.q + query * a.q_stride, stretch);
    float shrink[N];
    for (int n = 0; n < N; ++n) shrink[n] = weigh(a, stretch.scores[n], count, running[n]);
    add_values<Stored, N>(a, stretch, shrink, a.out + query * a.out_stride);
}

/// All positions with queries [query, query + queries).
template <class Stored>
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
        for (; i + 4 <= queries; i += 4) attend_stretch<Stored, 4>(a, query + i, first, count, running + i);
        for (; i < queries; ++i) attend_stretch<Stored, 1>(a, query + i, first, count, running + i);
    }
    if (a.length == 0) return;
    for (std::size_t i = 0; i < queries; ++i) {
        scale(a.out + (query + i) * a.out_stride, a.v_dim, 1.0F / running[i].total);
    }
}

template <class Stored>
inline void attention(const AttentionArgs& a) {
    for (std::size_t i = 0; i < a.count; i += kQueries) {
        const std::size_t left = a.count - i;
        attend<Stored>(a, i, left < kQueries ? left : kQueries);
    }
}

}  // namespace

void attention_f32(const AttentionArgs& args) {
    attention<float>(args);
}
void attention_f16(const AttentionArgs& args) {
    attention<std::uint16_t>(args);
}

}  // namespace kinglet::kernels::avx2
