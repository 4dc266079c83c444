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

/// Queries whose scores fill a vector, and so the most that are computed together.
constexpr int kTogether = 8;

/// One position's key or value as it is stored, in rows of any length.
template <class Stored>
struct FloatRow {
    static constexpr bool kBlocks = false;
    const Stored* at;

    static std::size_t bytes(std::size_t dim) { return dim * sizeof(Stored); }
    explicit FloatRow(const char* place) : at(reinterpret_cast<const Stored*>(place)) {}
    /// Values [i, i + 8).
    __m256 load8(std::size_t i) const {
        if constexpr (sizeof(Stored) == sizeof(float))
            return _mm256_loadu_ps(at + i);
        else
            return load_halves(at + i);
    }
    /// Values [i, i + n), n < 8, and zeros.
    __m256 load_part(std::size_t i, std::size_t n) const {
        alignas(32) Stored part[8] = {};
        for (std::size_t j = 0; j < n; ++j) part[j] = at[i + j];
        return FloatRow(reinterpret_cast<const char*>(part)).load8(0);
    }
};

/// What Q8_0 and Q4_0 have in common: blocks of 32 integers, each behind its scale; rows are whole blocks.
template <std::size_t block_bytes>
struct BlockRow {
    static constexpr bool kBlocks = true;
    const char* at;

    static std::size_t bytes(std::size_t dim) { return dim / 32 * block_bytes; }
    explicit BlockRow(const char* place) : at(place) {}
    /// Scale of the block that holds value i.
    float scale(std::size_t i) const {
        std::uint16_t bits;
        __builtin_memcpy(&bits, at + i / 32 * block_bytes, sizeof(bits));
        return _cvtsh_ss(bits);
    }
    __m128i bytes8(std::size_t i, std::size_t byte) const {
        return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at + i / 32 * block_bytes + 2 + byte));
    }
};

struct Q8Row : BlockRow<34> {
    using BlockRow::BlockRow;
    /// Integers [i, i + 8), without their scale.
    __m256 load8(std::size_t i) const { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes8(i, i % 32))); }
};

struct Q4Row : BlockRow<18> {
    using BlockRow::BlockRow;
    /// The first half of a block's values lies in the low nibbles, the second in the high ones.
    __m256 load8(std::size_t i) const {
        const __m128i by = _mm_cvtsi32_si128(i % 32 < 16 ? 0 : 4);
        const __m128i nibbles = _mm_and_si128(_mm_srl_epi16(bytes8(i, i % 16), by), _mm_set1_epi8(15));
        return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_sub_epi8(nibbles, _mm_set1_epi8(8))));
    }
};

/// Scores, later weights, of N queries and a stretch of positions, position by position: a vector holds those
/// of 8 / N positions, and lane l belongs to query l % N. Nothing but the end of a pass crosses lanes.
using Flat = float[kStretch * kTogether];

/// What N queries know of the positions so far, in lanes like those of Flat: the largest score, the same in
/// all lanes of a query, and the sum of the weights, which is that of all lanes of a query.
struct Running {
    __m256 largest;
    __m256 total;
};

/// Up to kTogether queries with their results. Where a width of N is more than there are, the last one
/// stands in: what is computed of it again is the same.
struct Queries {
    const float* q[kTogether];
    float* out[kTogether];
};

/// The sums of eight vectors' lanes, in order.
inline __m256 eight_sums(const __m256 v[8]) {
    const __m256 a = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    const __m256 b = _mm256_hadd_ps(_mm256_hadd_ps(v[4], v[5]), _mm256_hadd_ps(v[6], v[7]));
    return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}

/// Each lane joined with all lanes of its query.
template <int N, class Join>
KINGLET_INLINE __m256 over_lanes(__m256 v, Join join) {
    if constexpr (N <= 4) v = join(v, _mm256_permute2f128_ps(v, v, 0x01));
    if constexpr (N <= 2) v = join(v, _mm256_permute_ps(v, 0x4E));
    if constexpr (N == 1) v = join(v, _mm256_permute_ps(v, 0xB1));
    return v;
}

/// Asks for the key and the value of a position while others are computed: the processor's own prefetching
/// ends with each page, and asking for many at once would wait for memory itself.
template <class Row>
KINGLET_INLINE void prefetch(const AttentionArgs& a, std::size_t position) {
    const std::size_t t = position < a.length ? position : a.length - 1;
    const auto ask = [t](const void* base, std::size_t stride, std::size_t bytes) KINGLET_INLINE_LAMBDA {
        const auto* place = static_cast<const char*>(base) + t * stride;
        for (std::size_t at = 0; at < bytes; at += 64) _mm_prefetch(place + at, _MM_HINT_T0);
    };
    ask(a.k, a.k_stride, Row::bytes(a.k_dim));
    ask(a.v, a.v_stride, Row::bytes(a.v_dim));
}

/// q . k of N queries for the 8 / N positions from `first` on; `last` stands in for those beyond it.
template <class Row, int N>
KINGLET_INLINE __m256 products(const AttentionArgs& a, const float* const* q, std::size_t first,
                               std::size_t last) {
    constexpr int kKeys = kTogether / N;
    const char* places[kKeys];
    unrolled<kKeys>([&](auto k) KINGLET_INLINE_LAMBDA {
        const std::size_t t = first + static_cast<std::size_t>(k());
        places[k()] = static_cast<const char*>(a.k) + (t < last ? t : last) * a.k_stride;
    });
    __m256 sums[8];
    unrolled<8>([&](auto n) KINGLET_INLINE_LAMBDA { sums[n()] = _mm256_setzero_ps(); });
    const auto add = [&](std::size_t i, auto&& query, auto&& key) KINGLET_INLINE_LAMBDA {
        __m256 keys[kKeys];
        unrolled<kKeys>([&](auto k) KINGLET_INLINE_LAMBDA { keys[k()] = key(k()); });
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            __m256 values = query(q[n()] + i);
            // Or the compiler would load it again for each key.
            if constexpr (kKeys > 1) __asm__("" : "+x"(values));
            unrolled<kKeys>([&](auto k) KINGLET_INLINE_LAMBDA {
                __m256& sum = sums[k() * N + n()];
                sum = _mm256_fmadd_ps(values, keys[k()], sum);
            });
        });
    };
    const auto whole = [](const float* at) KINGLET_INLINE_LAMBDA { return _mm256_loadu_ps(at); };
    std::size_t i = 0;
    if constexpr (Row::kBlocks) {
        for (; i < a.k_dim; i += 32) {
            __m256 scales[kKeys];
            unrolled<kKeys>([&](auto k) KINGLET_INLINE_LAMBDA {
                scales[k()] = _mm256_set1_ps(Row(places[k()]).scale(i));
            });
            unrolled<4>([&](auto part) KINGLET_INLINE_LAMBDA {
                add(i + 8 * part(), whole, [&](int k) KINGLET_INLINE_LAMBDA {
                    return _mm256_mul_ps(scales[k], Row(places[k]).load8(i + 8 * part()));
                });
            });
        }
    } else {
        for (; i + 8 <= a.k_dim; i += 8)
            add(i, whole, [&](int k) KINGLET_INLINE_LAMBDA { return Row(places[k]).load8(i); });
        if (const std::size_t rest = a.k_dim - i; rest != 0) {
            const __m256i mask = first_lanes(rest);
            add(
                i, [mask](const float* at) KINGLET_INLINE_LAMBDA { return _mm256_maskload_ps(at, mask); },
                [&](int k) KINGLET_INLINE_LAMBDA { return Row(places[k]).load_part(i, rest); });
        }
    }
    return eight_sums(sums);
}

/// Scores of positions [first, first + count); the largest of each lane is given back. Lanes beyond the last
/// position score less than any.
template <class Row, int N>
inline __m256 score(const AttentionArgs& a, const Queries& queries, std::size_t first, std::size_t count,
                    float* flat) {
    const __m256 least = _mm256_set1_ps(-__builtin_inff());
    __m256 largest = least;
    const auto keep = [&](std::size_t j, __m256 scores) KINGLET_INLINE_LAMBDA {
        scores = _mm256_mul_ps(scores, _mm256_set1_ps(a.scale));
        if (a.softcap != 0.0F) {
            const __m256 cap = _mm256_set1_ps(a.softcap);
            scores = _mm256_mul_ps(cap, tanh_of(_mm256_div_ps(scores, cap)));
        }
        if (const std::size_t lanes = (count - j) * N; lanes < 8)
            scores = _mm256_blendv_ps(least, scores, _mm256_castsi256_ps(first_lanes(lanes)));
        _mm256_storeu_ps(flat + j * N, scores);
        largest = _mm256_max_ps(largest, scores);
    };
    const std::size_t last = first + count - 1;
    if constexpr (N == 8 && !Row::kBlocks) {
        // Four queries and two keys at a time need fewer loads than eight and one; but blocks cost more to
        // decode.
        for (std::size_t j = 0; j < count; j += 2) {
            prefetch<Row>(a, first + j + kStretch);
            prefetch<Row>(a, first + j + 1 + kStretch);
            const __m256 low = products<Row, 4>(a, queries.q, first + j, last);
            const __m256 high = products<Row, 4>(a, queries.q + 4, first + j, last);
            keep(j, _mm256_permute2f128_ps(low, high, 0x20));
            if (j + 1 < count) keep(j + 1, _mm256_permute2f128_ps(low, high, 0x31));
        }
    } else {
        for (std::size_t j = 0; j < count; j += kTogether / N) {
            unrolled<kTogether / N>([&](auto k) KINGLET_INLINE_LAMBDA {
                prefetch<Row>(a, first + j + kStretch + static_cast<std::size_t>(k()));
            });
            keep(j, products<Row, N>(a, queries.q, first + j, last));
        }
    }
    return largest;
}

/// Scores to weights relative to the new largest score; gives back by how much older sums shrink.
template <int N>
inline __m256 weigh(float* flat, std::size_t count, __m256 largest, Running& running) {
    largest = over_lanes<N>(largest, [](__m256 x, __m256 y) { return _mm256_max_ps(x, y); });
    largest = _mm256_max_ps(largest, running.largest);
    const __m256 shrink = exp_of(_mm256_sub_ps(running.largest, largest));
    running.total = _mm256_mul_ps(running.total, shrink);
    running.largest = largest;
    for (std::size_t at = 0; at < count * N; at += 8) {
        const __m256 weights = exp_of(_mm256_sub_ps(_mm256_loadu_ps(flat + at), largest));
        _mm256_storeu_ps(flat + at, weights);
        running.total = _mm256_add_ps(running.total, weights);
    }
    return shrink;
}

/// V vectors of the results of N queries from place i on: shrunk, with the weighted values of all positions
/// added; the weights of a position lie kStep behind those of the one before. With lanes below 8 they are the
/// end of a row, a single vector.
template <class Row, int N, int V, int kStep, bool kEnd>
inline void add_vectors(const AttentionArgs& a, float* const* out, std::size_t i, std::size_t lanes,
                        std::size_t first, std::size_t count, const float* shrink, const float* flat) {
    const __m256i mask = first_lanes(lanes);
    __m256 sums[N * V];
    unrolled<N * V>([&](auto at) KINGLET_INLINE_LAMBDA {
        const float* from = out[at() / V] + i + 8 * (at() % V);
        const __m256 before = kEnd ? _mm256_maskload_ps(from, mask) : _mm256_loadu_ps(from);
        sums[at()] = _mm256_mul_ps(before, _mm256_set1_ps(shrink[at() / V]));
    });
    const auto* place = static_cast<const char*>(a.v) + first * a.v_stride;
    for (const float* end = flat + count * kStep; flat != end; flat += kStep, place += a.v_stride) {
        const Row row(place);
        __m256 values[V];
        unrolled<V>([&](auto v) KINGLET_INLINE_LAMBDA {
            if constexpr (kEnd)
                values[v()] = row.load_part(i, lanes);
            else
                values[v()] = row.load8(i + 8 * v());
        });
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            const __m256 weight = _mm256_broadcast_ss(flat + n());
            unrolled<V>([&](auto v) KINGLET_INLINE_LAMBDA {
                __m256& sum = sums[n() * V + v()];
                sum = _mm256_fmadd_ps(weight, values[v()], sum);
            });
        });
    }
    unrolled<N * V>([&](auto at) KINGLET_INLINE_LAMBDA {
        float* to = out[at() / V] + i + 8 * (at() % V);
        if constexpr (kEnd)
            _mm256_maskstore_ps(to, mask, sums[at()]);
        else
            _mm256_storeu_ps(to, sums[at()]);
    });
}

/// The weights times the scale that each position's block has which holds value i.
template <class Row, int N>
inline void scale_weights(const AttentionArgs& a, std::size_t first, std::size_t count, std::size_t i,
                          const float* flat, float* scaled) {
    const auto* place = static_cast<const char*>(a.v) + first * a.v_stride;
    for (std::size_t j = 0; j < count; ++j, place += a.v_stride) {
        const float scale = Row(place).scale(i);
        if constexpr (N == 8) {
            const __m256 weights = _mm256_load_ps(flat + 8 * j);
            _mm256_store_ps(scaled + 8 * j, _mm256_mul_ps(_mm256_set1_ps(scale), weights));
        } else {
            for (std::size_t n = 0; n < N; ++n) scaled[j * N + n] = scale * flat[j * N + n];
        }
    }
}

/// One stretch with N queries.
template <class Row, int N>
inline void attend_stretch(const AttentionArgs& a, const Queries& queries, std::size_t first,
                           std::size_t count, Running& running) {
    constexpr int kVectors = kTogether / N;
    alignas(32) Flat flat;
    alignas(32) float shrink[8];
    const __m256 largest = score<Row, N>(a, queries, first, count, flat);
    _mm256_store_ps(shrink, weigh<N>(flat, count, largest, running));
    std::size_t i = 0;
    if constexpr (Row::kBlocks) {
        // A block's scale goes into the weights once, not into each of its values.
        constexpr int kOfBlock = kVectors < 4 ? kVectors : 4;
        alignas(32) Flat scaled;
        for (; i < a.v_dim; i += 32) {
            scale_weights<Row, N>(a, first, count, i, flat, scaled);
            for (std::size_t part = 0; part < 32; part += 8 * kOfBlock)
                add_vectors<Row, N, kOfBlock, N, false>(a, queries.out, i + part, 8, first, count, shrink,
                                                        scaled);
        }
    } else {
        if constexpr (N == 8) {
            // As with keys: two vectors and four queries need fewer loads than one and eight.
            for (; i + 16 <= a.v_dim; i += 16) {
                add_vectors<Row, 4, 2, 8, false>(a, queries.out, i, 8, first, count, shrink, flat);
                add_vectors<Row, 4, 2, 8, false>(a, queries.out + 4, i, 8, first, count, shrink + 4,
                                                 flat + 4);
            }
        }
        for (; i + 8 * kVectors <= a.v_dim; i += 8 * kVectors)
            add_vectors<Row, N, kVectors, N, false>(a, queries.out, i, 8, first, count, shrink, flat);
        for (; i + 8 <= a.v_dim; i += 8)
            add_vectors<Row, N, 1, N, false>(a, queries.out, i, 8, first, count, shrink, flat);
        if (i < a.v_dim)
            add_vectors<Row, N, 1, N, true>(a, queries.out, i, a.v_dim - i, first, count, shrink, flat);
    }
}

/// The results of `count` queries from their sums.
template <int N>
inline void finish(const AttentionArgs& a, const Queries& queries, std::size_t count,
                   const Running& running) {
    alignas(32) float totals[8];
    _mm256_store_ps(totals,
                    over_lanes<N>(running.total, [](__m256 x, __m256 y) { return _mm256_add_ps(x, y); }));
    for (std::size_t n = 0; n < count; ++n) scale(queries.out[n], a.v_dim, 1.0F / totals[n]);
}

/// Queries that are computed together, in the least width that holds them.
struct Group {
    Queries queries;
    std::size_t count;
    int width;
    Running running;
};

inline Group group_of(const AttentionArgs& a, std::size_t query, std::size_t left) {
    Group group;
    group.width = left > 4 ? 8 : left > 2 ? 4 : left > 1 ? 2 : 1;
    group.count = left < kTogether ? left : kTogether;
    for (std::size_t n = 0; n < kTogether; ++n) {
        const std::size_t here = query + (n < group.count ? n : group.count - 1);
        group.queries.q[n] = a.q + here * a.q_stride;
        group.queries.out[n] = a.out + here * a.out_stride;
    }
    for (std::size_t n = 0; n < group.count; ++n) {
        for (std::size_t d = 0; d < a.v_dim; ++d) group.queries.out[n][d] = 0.0F;
    }
    group.running = {_mm256_set1_ps(-__builtin_inff()), _mm256_setzero_ps()};
    return group;
}

/// f(integral_constant<width>) for the width of a group.
template <class Function>
KINGLET_INLINE void with_width(int width, Function&& f) {
    switch (width) {
        case 8:
            return f(std::integral_constant<int, 8>{});
        case 4:
            return f(std::integral_constant<int, 4>{});
        case 2:
            return f(std::integral_constant<int, 2>{});
        default:
            return f(std::integral_constant<int, 1>{});
    }
}

/// All positions with queries [query, query + queries).
template <class Row>
inline void attend(const AttentionArgs& a, std::size_t query, std::size_t queries) {
    Group groups[kQueries / kTogether];
    std::size_t used = 0;
    for (std::size_t i = 0; i < queries; i += groups[used++].count)
        groups[used] = group_of(a, query + i, queries - i);
    for (std::size_t first = 0; first < a.length; first += kStretch) {
        const std::size_t left = a.length - first;
        const std::size_t count = left < kStretch ? left : kStretch;
        for (std::size_t g = 0; g < used; ++g) {
            with_width(groups[g].width, [&](auto width) {
                attend_stretch<Row, width()>(a, groups[g].queries, first, count, groups[g].running);
            });
        }
    }
    if (a.length == 0) return;
    for (std::size_t g = 0; g < used; ++g) {
        with_width(groups[g].width, [&](auto width) {
            finish<width()>(a, groups[g].queries, groups[g].count, groups[g].running);
        });
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
