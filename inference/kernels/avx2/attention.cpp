// Attention over a cache of keys and values: scores of a stretch of positions, then their weighted values,
// with running sums kept relative to the largest score so far.
#include "inference/kernels/avx2/functions.h"
#include "inference/kernels/avx2/vector_math.h"

namespace kinglet::kernels::avx2 {
namespace {

/// Positions handled at a time: their scores stay in registers' reach, their keys and values in the
/// first-level cache while all queries of the group pass.
constexpr std::size_t kStretch = 32;

/// Most queries that share a pass over the keys.
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

/// scores[j] = q . k_(first + j) for a stretch.
template <class Stored>
inline void score_stretch(const AttentionArgs& a, const float* q, std::size_t first, std::size_t count,
                          float* scores) {
    for (std::size_t j = 0; j < count; ++j) {
        const Stored* k = position<Stored>(a.k, a.k_stride, first + j);
        __m256 s0 = _mm256_setzero_ps();
        __m256 s1 = s0;
        std::size_t i = 0;
        for (; i + 16 <= a.k_dim; i += 16) {
            s0 = _mm256_fmadd_ps(load8(q + i), load8(k + i), s0);
            s1 = _mm256_fmadd_ps(load8(q + i + 8), load8(k + i + 8), s1);
        }
        for (; i + 8 <= a.k_dim; i += 8) s0 = _mm256_fmadd_ps(load8(q + i), load8(k + i), s0);
        float sum = sum_of(_mm256_add_ps(s0, s1));
        for (; i < a.k_dim; ++i) sum += q[i] * load1(k + i);
        scores[j] = sum;
    }
}

/// out = shrink * out + sum_j weights[j] v_(first + j).
template <class Stored>
inline void add_values(const AttentionArgs& a, std::size_t first, std::size_t count, const float* weights,
                       float shrink, float* out) {
    const Stored* v = position<Stored>(a.v, a.v_stride, first);
    std::size_t i = 0;
    for (; i + 16 <= a.v_dim; i += 16) {
        __m256 s0 = _mm256_mul_ps(_mm256_loadu_ps(out + i), _mm256_set1_ps(shrink));
        __m256 s1 = _mm256_mul_ps(_mm256_loadu_ps(out + i + 8), _mm256_set1_ps(shrink));
        for (std::size_t j = 0; j < count; ++j) {
            const Stored* row = position<Stored>(v, a.v_stride, j);
            const __m256 w = _mm256_broadcast_ss(weights + j);
            s0 = _mm256_fmadd_ps(w, load8(row + i), s0);
            s1 = _mm256_fmadd_ps(w, load8(row + i + 8), s1);
        }
        _mm256_storeu_ps(out + i, s0);
        _mm256_storeu_ps(out + i + 8, s1);
    }
    for (; i < a.v_dim; ++i) {
        float sum = out[i] * shrink;
        for (std::size_t j = 0; j < count; ++j)
            sum += weights[j] * load1(position<Stored>(v, a.v_stride, j) + i);
        out[i] = sum;
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

template <class Stored>
inline void attend(const AttentionArgs& a, const float* q, std::size_t queries, float* out) {
    Running running[kQueries];
    for (std::size_t i = 0; i < queries; ++i) {
        running[i] = Running{-__builtin_inff(), 0.0F};
        for (std::size_t d = 0; d < a.v_dim; ++d) out[i * a.out_stride + d] = 0.0F;
    }
    alignas(32) float scores[kStretch];
    for (std::size_t first = 0; first < a.length; first += kStretch) {
        const std::size_t left = a.length - first;
        const std::size_t count = left < kStretch ? left : kStretch;
        for (std::size_t i = 0; i < queries; ++i) {
            score_stretch<Stored>(a, q + i * a.q_stride, first, count, scores);
            const float shrink = weigh(a, scores, count, running[i]);
            add_values<Stored>(a, first, count, scores, shrink, out + i * a.out_stride);
        }
    }
    if (a.length == 0) return;
    for (std::size_t i = 0; i < queries; ++i) scale(out + i * a.out_stride, a.v_dim, 1.0F / running[i].total);
}

template <class Stored>
inline void attention(const AttentionArgs& a) {
    for (std::size_t i = 0; i < a.count; i += kQueries) {
        const std::size_t left = a.count - i;
        attend<Stored>(a, a.q + i * a.q_stride, left < kQueries ? left : kQueries, a.out + i * a.out_stride);
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
