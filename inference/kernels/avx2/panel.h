// Products with quantized weights, eight weight rows at a time: each 32-bit lane of a vector belongs to one
// row, so that no sum ever crosses lanes and a whole tile of results needs no shuffling at its end.
//
// A format says how 16 values of the eight rows are read (four vectors of unsigned or signed bytes, four
// values of every row in each) and what scales they have; everything else is here. All integer sums are exact
// and the float operations of a result come in the same order in every function below, hence its bits do not
// depend on how many rows are computed together.
//
// Like vector_math.h this header lives in an unnamed namespace, so that nothing of it is shared between
// files.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "inference/kernels/avx2/unrolled.h"
#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels::avx2 {
namespace {

constexpr int kRows = static_cast<int>(kPanelRows);

/// Eight rows of a block in the file's layout, `stride` bytes apart.
struct PlainBlock {
    const std::uint8_t* base;
    std::size_t stride;

    /// The 32-bit word at a byte offset of each row.
    KINGLET_INLINE __m256i words(std::size_t offset) const {
        const auto at = [this, offset](int row) {
            int word;
            __builtin_memcpy(&word, base + static_cast<std::size_t>(row) * stride + offset, 4);
            return word;
        };
        return _mm256_setr_epi32(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
    }

    /// The half-precision number at a byte offset of each row.
    KINGLET_INLINE __m256 halves(std::size_t offset) const {
        const auto at = [this, offset](int row) {
            short half;
            __builtin_memcpy(&half, base + static_cast<std::size_t>(row) * stride + offset, 2);
            return half;
        };
        return _mm256_cvtph_ps(_mm_setr_epi16(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)));
    }

    /// Four successive words at a byte offset of each row: out[i] holds word i.
    KINGLET_INLINE void words4(std::size_t offset, __m256i out[4]) const {
        const std::uint8_t* p = base + offset;
        const auto pair = [this, p](std::size_t row) {
            const auto* low = reinterpret_cast<const __m128i*>(p + row * stride);
            const auto* high = reinterpret_cast<const __m128i*>(p + (row + 4) * stride);
            return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(low)),
                                           _mm_loadu_si128(high), 1);
        };
        const __m256i t0 = pair(0);
        const __m256i t1 = pair(1);
        const __m256i t2 = pair(2);
        const __m256i t3 = pair(3);
        const __m256i a = _mm256_unpacklo_epi32(t0, t1);
        const __m256i b = _mm256_unpacklo_epi32(t2, t3);
        const __m256i c = _mm256_unpackhi_epi32(t0, t1);
        const __m256i d = _mm256_unpackhi_epi32(t2, t3);
        out[0] = _mm256_unpacklo_epi64(a, b);
        out[1] = _mm256_unpackhi_epi64(a, b);
        out[2] = _mm256_unpacklo_epi64(c, d);
        out[3] = _mm256_unpackhi_epi64(c, d);
    }
};

/// A block of eight rows in the packed layout (see packed.cpp): the same bytes, already lane by lane.
struct PackedBlock {
    const std::uint8_t* base;

    KINGLET_INLINE __m256i words(std::size_t offset) const {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(base + 8 * offset));
    }
    KINGLET_INLINE __m256 halves(std::size_t offset) const {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(base + 8 * offset)));
    }
    KINGLET_INLINE void words4(std::size_t offset, __m256i out[4]) const {
        out[0] = words(offset);
        out[1] = words(offset + 4);
        out[2] = words(offset + 8);
        out[3] = words(offset + 12);
    }
};

/// How the stored integers of a format become exact sums.
///  - depth: how many products of pairs fit 16 bits (8 for 4-bit values, 4 for 5 bits, 2 for 6 bits); 1 means
///  signed
///    bytes, whose sign goes to the activations.
enum class Depth { eight = 8, four = 4, two = 2, is_signed = 1 };

/// What a format subtracts from its values besides a fixed offset: nothing, one float for 32 values, or a
/// float times an integer of its own for each 16 values.
enum class Min { none, whole, halves };

/// What a format says about 32 values of eight rows besides the values.
struct GroupScales {
    /// Float scale of each row.
    __m256 scale;
    /// What each row subtracts (Min::whole), or the scale of that (Min::halves).
    __m256 min;
    /// For each row the two integers of Min::halves.
    __m256i min_halves;
    /// Integer scales of the first and second 16 values, twice for each row (formats with kHalves).
    __m256i half[2];
    /// For each row two 16-bit factors of the sums of the two half groups (formats with kOffset).
    __m256i offset;
};

KINGLET_INLINE __m256i broadcast4(const void* p) {
    int four;
    __builtin_memcpy(&four, p, 4);
    return _mm256_set1_epi32(four);
}

/// Adds 16 values' products with one activation row to an exact sum; q[i] holds values 4 i .. 4 i + 3 of each
/// row.
template <Depth depth>
KINGLET_INLINE __m256i add_half(__m256i sum, const __m256i q[4], const std::int8_t* x, __m256i factors) {
    if constexpr (depth == Depth::is_signed) {
        unrolled<4>([&](auto i) KINGLET_INLINE_LAMBDA {
            const __m256i signed_x = _mm256_sign_epi8(broadcast4(x + 4 * i()), q[i()]);
            const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(q[i()]), signed_x);
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, factors));
        });
        return sum;
    }
    const __m256i p0 = _mm256_maddubs_epi16(q[0], broadcast4(x));
    const __m256i p1 = _mm256_maddubs_epi16(q[1], broadcast4(x + 4));
    const __m256i p2 = _mm256_maddubs_epi16(q[2], broadcast4(x + 8));
    const __m256i p3 = _mm256_maddubs_epi16(q[3], broadcast4(x + 12));
    const __m256i first = _mm256_add_epi16(p0, p1);
    const __m256i second = _mm256_add_epi16(p2, p3);
    if constexpr (depth == Depth::two) {
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(first, factors));
        return _mm256_add_epi32(sum, _mm256_madd_epi16(second, factors));
    } else {
        return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_add_epi16(first, second), factors));
    }
}

/// The same for 32 values whose products all fit 16 bits together.
KINGLET_INLINE __m256i sum_eight(const __m256i q[8], const std::int8_t* x) {
    __m256i p[8];
    unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
        p[i()] = _mm256_maddubs_epi16(q[i()], broadcast4(x + 4 * i()));
    });
    const __m256i a = _mm256_add_epi16(_mm256_add_epi16(p[0], p[1]), _mm256_add_epi16(p[2], p[3]));
    const __m256i b = _mm256_add_epi16(_mm256_add_epi16(p[4], p[5]), _mm256_add_epi16(p[6], p[7]));
    return _mm256_madd_epi16(_mm256_add_epi16(a, b), _mm256_set1_epi16(1));
}

/// Exact sum over 32 values with integer scales and offsets folded in.
template <class Format>
KINGLET_INLINE __m256i group_sum(const __m256i q[8], const GroupScales& s, const std::int8_t* x,
                                 const std::int16_t* sums) {
    __m256i sum;
    if constexpr (Format::kDepth == Depth::eight && !Format::kHalves) {
        sum = sum_eight(q, x);
    } else {
        const __m256i ones = _mm256_set1_epi16(1);
        sum = add_half<Format::kDepth>(_mm256_setzero_si256(), q, x, Format::kHalves ? s.half[0] : ones);
        sum = add_half<Format::kDepth>(sum, q + 4, x + 16, Format::kHalves ? s.half[1] : ones);
    }
    if constexpr (Format::kOffset) sum = _mm256_add_epi32(sum, _mm256_madd_epi16(broadcast4(sums), s.offset));
    return sum;
}

/// One activation row.
struct Row {
    const std::int8_t* q;
    const float* scales;
    const std::int16_t* sums;
    const float* weighted_sums;
};

KINGLET_INLINE Row row_of(const ActivationRows& x, std::size_t i) {
    return {x.q + i * x.q_stride, x.scales + i * x.scales_stride, x.sums + i * x.sums_stride,
            x.weighted_sums + i * x.weighted_sums_stride};
}

/// From an exact sum to the running result; the one place where floats are added. `at` is the group's number.
template <Min kind>
KINGLET_INLINE __m256 add_group(__m256 result, __m256i sum, const GroupScales& s, const Row& x,
                                std::size_t at) {
    const __m256 x_scale = _mm256_broadcast_ss(x.scales + at);
    result = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_mul_ps(s.scale, x_scale), result);
    if constexpr (kind == Min::whole) {
        result = _mm256_fnmadd_ps(s.min, _mm256_broadcast_ss(x.weighted_sums + at), result);
    } else if constexpr (kind == Min::halves) {
        const __m256i off = _mm256_madd_epi16(broadcast4(x.sums + 2 * at), s.min_halves);
        result = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(off), _mm256_mul_ps(s.min, x_scale), result);
    }
    return result;
}

/// One block of eight weight rows with one activation row, straight from memory; `group` is the block's first
/// group.
template <class Format, class Block>
KINGLET_INLINE __m256 add_block(const Block& block, const Row& x, std::size_t group, __m256 results) {
    const auto state = Format::begin(block);
    unrolled<Format::kGroups>([&](auto g) KINGLET_INLINE_LAMBDA {
        __m256i q[8];
        Format::template values<g>(block, q);
        const GroupScales s = Format::template scales<g>(block, state);
        const std::size_t at = group + static_cast<std::size_t>(g());
        const __m256i sum = group_sum<Format>(q, s, x.q + 32 * at, x.sums + 2 * at);
        results = add_group<Format::kMin>(results, sum, s, x, at);
    });
    return results;
}

/// How far ahead of its use memory is asked for, in bytes of a packed panel. The processor's own prefetching
/// follows simple streams, but a block's fields are read in turns.
constexpr std::size_t kAhead = 4096;

/// Where eight rows of weights are: `block(i)` is their i-th block, `prefetch(i)` asks for what comes kAhead
/// later.
struct PlainPanel {
    const std::uint8_t* base;
    std::size_t stride;
    template <class Format>
    KINGLET_INLINE PlainBlock block(std::size_t i) const {
        return {base + i * Format::kBytes, stride};
    }
    /// The next panel, which follows in memory, from its start to its end: asking for the eight rows at a
    /// time where they are read next costs more than it saves.
    template <class Format>
    KINGLET_INLINE void prefetch(std::size_t i) const {
        const std::uint8_t* ahead = base + kPanelRows * (stride + i * Format::kBytes);
        for (std::size_t at = 0; at < Format::kBytes * kPanelRows; at += 64)
            _mm_prefetch(ahead + at, _MM_HINT_T0);
    }
};
struct PackedPanel {
    const std::uint8_t* base;
    template <class Format>
    KINGLET_INLINE PackedBlock block(std::size_t i) const {
        return {base + i * Format::kBytes * kPanelRows};
    }
    template <class Format>
    KINGLET_INLINE void prefetch(std::size_t i) const {
        const std::uint8_t* ahead = base + i * Format::kBytes * kPanelRows + kAhead;
        for (std::size_t at = 0; at < Format::kBytes * kPanelRows; at += 64)
            _mm_prefetch(ahead + at, _MM_HINT_T0);
    }
};

/// Results of eight rows for one activation row, of which the first `rows` are wanted.
KINGLET_INLINE void store_results(float* y, __m256 results, std::size_t rows) {
    if (rows >= kPanelRows) {
        _mm256_storeu_ps(y, results);
        return;
    }
    alignas(32) float all[kPanelRows];
    _mm256_store_ps(all, results);
    for (std::size_t r = 0; r < rows; ++r) y[r] = all[r];
}

/// One activation row: values go from memory through registers to eight results at once.
template <class Format, class Panel>
inline void single(const Panel& panel, const MatmulArgs& a, std::size_t first_row, std::size_t rows,
                   std::size_t i) {
    const Row x = row_of(a.x, i);
    __m256 results = _mm256_setzero_ps();
    constexpr auto groups = static_cast<std::size_t>(Format::kGroups);
    for (std::size_t b = 0; b < a.cols / (32 * groups); ++b) {
        panel.template prefetch<Format>(b);
        results = add_block<Format>(panel.template block<Format>(b), x, b * groups, results);
    }
    store_results(a.y + i * a.y_stride + first_row, results, rows);
}

/// Activation rows that share one unpacking of the weights.
constexpr std::size_t kShared = 64;

/// Groups unpacked at a time.
constexpr int kSlabGroups = 8;

/// Weights of eight rows and 256 values, unpacked; of signed bytes the magnitudes follow after the first
/// eight vectors.
template <class Format>
struct Slab {
    static constexpr int kVectors = Format::kDepth == Depth::is_signed ? 16 : 8;
    __m256i q[kSlabGroups][kVectors];
    GroupScales scales[kSlabGroups];
};

template <class Format, int Group>
KINGLET_INLINE void unpack_group(const auto& block, const auto& state, Slab<Format>& slab, int at) {
    __m256i q[8];
    Format::template values<Group>(block, q);
    slab.scales[at] = Format::template scales<Group>(block, state);
    unrolled<8>([&](auto i) KINGLET_INLINE_LAMBDA {
        if constexpr (Format::kDepth == Depth::is_signed) {
            slab.q[at][i()] = q[i()];
            slab.q[at][8 + i()] = _mm256_abs_epi8(q[i()]);
        } else {
            slab.q[at][i()] = q[i()];
        }
    });
}

/// Unpacks `groups` groups of a panel.
template <class Format, class Panel>
inline void unpack(const Panel& panel, std::size_t first_group, int groups, Slab<Format>& slab) {
    for (int at = 0; at < groups; at += Format::kGroups) {
        const std::size_t index =
            (first_group + static_cast<std::size_t>(at)) / static_cast<std::size_t>(Format::kGroups);
        const auto block = panel.template block<Format>(index);
        const auto state = Format::begin(block);
        unrolled<Format::kGroups>(
            [&](auto g) KINGLET_INLINE_LAMBDA { unpack_group<Format, g>(block, state, slab, at + g()); });
    }
}

/// Sums of one unpacked group with N activation rows; the vectors of weights are loaded once for all.
template <class Format, int N>
KINGLET_INLINE void slab_sums(const Slab<Format>& slab, int g, const Row (&x)[N], std::size_t group,
                              __m256i (&sums)[N]) {
    const __m256i* q = slab.q[g];
    const GroupScales& s = slab.scales[g];
    const __m256i ones = _mm256_set1_epi16(1);
    unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA { sums[n()] = _mm256_setzero_si256(); });
    // Adds the products of `count` vectors, summed in 16 bits before they are widened.
    const auto add = [&](auto from, auto count, auto first_value, __m256i factors) KINGLET_INLINE_LAMBDA {
        __m256i wide[N];
        unrolled<count()>([&](auto v) KINGLET_INLINE_LAMBDA {
            const __m256i w = q[from() + v()];
            unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                const std::int8_t* values = x[n()].q + 32 * group + first_value() + 4 * v();
                const __m256i pairs = _mm256_maddubs_epi16(w, broadcast4(values));
                wide[n()] = v() == 0 ? pairs : _mm256_add_epi16(wide[n()], pairs);
            });
        });
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            sums[n()] = _mm256_add_epi32(sums[n()], _mm256_madd_epi16(wide[n()], factors));
        });
    };
    const auto add_offset = [&](__m256i factors) KINGLET_INLINE_LAMBDA {
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            const __m256i both = broadcast4(x[n()].sums + 2 * group);
            sums[n()] = _mm256_add_epi32(sums[n()], _mm256_madd_epi16(both, factors));
        });
    };
    constexpr std::integral_constant<int, 0> zero;
    constexpr std::integral_constant<int, 8> eight;
    if constexpr (Format::kDepth == Depth::is_signed) {
        unrolled<8>([&](auto v) KINGLET_INLINE_LAMBDA {
            const __m256i w = q[v()];
            const __m256i aw = q[8 + v()];
            const __m256i factors = Format::kHalves ? s.half[v() / 4] : ones;
            unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
                const __m256i sx = _mm256_sign_epi8(broadcast4(x[n()].q + 32 * group + 4 * v()), w);
                const __m256i pairs = _mm256_maddubs_epi16(aw, sx);
                sums[n()] = _mm256_add_epi32(sums[n()], _mm256_madd_epi16(pairs, factors));
            });
        });
    } else if constexpr (Format::kDepth == Depth::eight && !Format::kHalves) {
        add(zero, eight, zero, ones);
    } else {
        // As many vectors at a time as their products fit 16 bits, but never over the border of a scale.
        constexpr int span = Format::kDepth == Depth::two ? 2 : 4;
        unrolled<8 / span>([&](auto i) KINGLET_INLINE_LAMBDA {
            add(std::integral_constant<int, span * i()>{}, std::integral_constant<int, span>{},
                std::integral_constant<int, 4 * span * i()>{},
                Format::kHalves ? s.half[i() * span / 4] : ones);
        });
    }
    if constexpr (Format::kOffset) add_offset(s.offset);
}

template <class Format, int N>
inline void slab_times(const Slab<Format>& slab, int groups, const ActivationRows& rows, std::size_t i,
                       std::size_t first_group, float* results) {
    Row x[N];
    __m256 r[N];
    unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
        x[n()] = row_of(rows, i + static_cast<std::size_t>(n()));
        r[n()] = _mm256_load_ps(results + 8 * n());
    });
    for (int g = 0; g < groups; ++g) {
        const std::size_t group = first_group + static_cast<std::size_t>(g);
        const GroupScales& s = slab.scales[g];
        __m256i sums[N];
        slab_sums<Format, N>(slab, g, x, group, sums);
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            r[n()] = add_group<Format::kMin>(r[n()], sums[n()], s, x[n()], group);
        });
    }
    unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA { _mm256_store_ps(results + 8 * n(), r[n()]); });
}

/// Many activation rows: each slab of weights is unpacked once and meets up to kShared of them.
template <class Format, class Panel>
inline void many(const Panel& panel, const MatmulArgs& a, std::size_t first_row, std::size_t rows,
                 std::size_t i, std::size_t count) {
    Slab<Format> slab;
    alignas(32) float results[kShared * kPanelRows];
    for (std::size_t n = 0; n < count; ++n) _mm256_store_ps(results + 8 * n, _mm256_setzero_ps());
    const std::size_t groups = a.cols / 32;
    for (std::size_t g = 0; g < groups; g += kSlabGroups) {
        const std::size_t left = groups - g;
        const int now = left < kSlabGroups ? static_cast<int>(left) : kSlabGroups;
        unpack<Format>(panel, g, now, slab);
        std::size_t n = 0;
        for (; n + 4 <= count; n += 4) slab_times<Format, 4>(slab, now, a.x, i + n, g, results + 8 * n);
        if (n + 2 <= count) {
            slab_times<Format, 2>(slab, now, a.x, i + n, g, results + 8 * n);
            n += 2;
        }
        if (n < count) slab_times<Format, 1>(slab, now, a.x, i + n, g, results + 8 * n);
    }
    for (std::size_t n = 0; n < count; ++n) {
        store_results(a.y + (i + n) * a.y_stride + first_row, _mm256_load_ps(results + 8 * n), rows);
    }
}

/// All activation rows with one panel.
template <class Format, class Panel>
inline void panel_times(const Panel& panel, const MatmulArgs& a, std::size_t first_row, std::size_t rows) {
    std::size_t i = 0;
    while (a.x.n - i > 1) {
        const std::size_t left = a.x.n - i;
        const std::size_t count = left < kShared ? left : kShared;
        many<Format>(panel, a, first_row, rows, i, count);
        i += count;
    }
    if (i < a.x.n) single<Format>(panel, a, first_row, rows, i);
}

/// The last rows where they are no whole panel: computed from a copy, block by block, that repeats the last
/// row.
template <class Format>
inline void last_rows(const MatmulArgs& a, std::size_t first_row) {
    constexpr auto groups = static_cast<std::size_t>(Format::kGroups);
    const std::size_t rows = a.rows - first_row;
    const std::size_t blocks = a.cols / (32 * groups);
    std::uint8_t copy[kPanelRows * Format::kBytes];
    for (std::size_t i = 0; i < a.x.n; ++i) {
        const Row x = row_of(a.x, i);
        __m256 results = _mm256_setzero_ps();
        for (std::size_t b = 0; b < blocks; ++b) {
            for (std::size_t r = 0; r < kPanelRows; ++r) {
                const std::size_t from = first_row + (r < rows ? r : rows - 1);
                __builtin_memcpy(copy + r * Format::kBytes,
                                 a.weights + from * a.weights_stride + b * Format::kBytes, Format::kBytes);
            }
            results = add_block<Format>(PlainBlock{copy, Format::kBytes}, x, b * groups, results);
        }
        store_results(a.y + i * a.y_stride + first_row, results, rows);
    }
}

/// The matmul of a format whose weights lie as in the file.
template <class Format>
inline void matmul_plain(const MatmulArgs& a) {
    std::size_t r = 0;
    for (; r + kPanelRows <= a.rows; r += kPanelRows) {
        const PlainPanel panel{reinterpret_cast<const std::uint8_t*>(a.weights) + r * a.weights_stride,
                               a.weights_stride};
        panel_times<Format>(panel, a, r, kPanelRows);
    }
    if (r < a.rows) last_rows<Format>(a, r);
}

/// The same for packed weights.
template <class Format>
inline void matmul_packed(const MatmulArgs& a) {
    for (std::size_t r = 0; r < a.rows; r += kPanelRows) {
        const std::size_t left = a.rows - r;
        const PackedPanel panel{reinterpret_cast<const std::uint8_t*>(a.weights) +
                                r / kPanelRows * a.weights_stride};
        panel_times<Format>(panel, a, r, left < kPanelRows ? left : kPanelRows);
    }
}

}  // namespace
}  // namespace kinglet::kernels::avx2
