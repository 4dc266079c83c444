// Products with quantized weights, a vector of weight rows at a time: each 32-bit lane belongs to one row, so
// that no sum ever crosses lanes and a whole tile of results needs no shuffling at its end.
//
// A format says how 16 values of the rows are read (four vectors of unsigned or signed bytes, four values of
// every row in each) and what scales they have; everything else is here. All integer sums are exact and the
// float operations of a result come in the same order in every function below, hence its bits do not depend
// on how many rows are computed together, nor on the width of vectors.
//
// Like all that is compiled for one instruction set this header lives in an unnamed namespace, so that
// nothing of it is shared between files.
#pragma once

#include <cstddef>
#include <cstdint>

#include "inference/kernels/kernel_table.h"
#include "inference/kernels/x86/products.h"
#if KINGLET_VNNI
#include "inference/kernels/x86/sums32.h"
#else
#include "inference/kernels/x86/sums16.h"
#endif

namespace kinglet::kernels::x86 {
namespace {

constexpr std::size_t kRows = kLanes;
constexpr std::size_t kPanels = kRows / kPanelRows;

/// A block of each row in the file's layout, `stride` bytes apart.
struct PlainBlock {
    const std::uint8_t* base;
    std::size_t stride;

    /// The 32-bit word at a byte offset of each row.
    KINGLET_INLINE Ints words(std::size_t offset) const { return words_of_rows(base + offset, stride); }

    /// The half-precision number at a byte offset of each row.
    KINGLET_INLINE Floats halves(std::size_t offset) const { return halves_of_rows(base + offset, stride); }

    /// Four successive words at a byte offset of each row: out[i] holds word i.
    KINGLET_INLINE void words4(std::size_t offset, Ints out[4]) const {
        const std::uint8_t* p = base + offset;
        const Ints t0 = every_fourth_row(p, stride);
        const Ints t1 = every_fourth_row(p + stride, stride);
        const Ints t2 = every_fourth_row(p + 2 * stride, stride);
        const Ints t3 = every_fourth_row(p + 3 * stride, stride);
        const Ints a = low_words(t0, t1);
        const Ints b = low_words(t2, t3);
        const Ints c = high_words(t0, t1);
        const Ints d = high_words(t2, t3);
        out[0] = low_pairs(a, b);
        out[1] = high_pairs(a, b);
        out[2] = low_pairs(c, d);
        out[3] = high_pairs(c, d);
    }
};

/// A block of each row in the packed layout (see packed.cpp): the same bytes, already lane by lane. The rows
/// of the next panel, where vectors are that wide, lie `next` bytes further.
struct PackedBlock {
    const std::uint8_t* base;
    std::size_t next;

    KINGLET_INLINE Ints words(std::size_t offset) const {
        return words_of_panels(base + kPanelRows * offset, next);
    }
    KINGLET_INLINE Floats halves(std::size_t offset) const {
        return halves_of_panels(base + kPanelRows * offset, next);
    }
    KINGLET_INLINE void words4(std::size_t offset, Ints out[4]) const {
        out[0] = words(offset);
        out[1] = words(offset + 4);
        out[2] = words(offset + 8);
        out[3] = words(offset + 12);
    }
};

/// From an exact sum to the running result; the one place where floats are added. `at` is the group's number.
template <Min kind>
KINGLET_INLINE Floats add_group(Floats result, Ints sum, const GroupScales& s, const Row& x, std::size_t at) {
    const Floats x_scale = all_floats(x.scales + at);
    result = fmadd(to_floats(sum), mul(s.scale, x_scale), result);
    if constexpr (kind == Min::whole) {
        result = fnmadd(s.min, all_floats(x.weighted_sums + at), result);
    } else if constexpr (kind == Min::halves) {
        const Ints off = add_pairs16(broadcast4(x.sums + 2 * at), s.min_halves);
        result = fnmadd(to_floats(off), mul(s.min, x_scale), result);
    }
    return result;
}

/// One block of a panel's rows with one activation row, straight from memory; `group` is the block's first
/// group.
template <class Format, class Block>
KINGLET_INLINE Floats add_block(const Block& block, const Row& x, std::size_t group, Floats results) {
    const auto state = Format::begin(block);
    unrolled<Format::kGroups>([&](auto g) KINGLET_INLINE_LAMBDA {
        Ints q[8];
        Format::template values<g>(block, q);
        const GroupScales s = Format::template scales<g>(block, state);
        const std::size_t at = group + static_cast<std::size_t>(g());
        const Ints sum = Sums<Format>::one(q, s, x, at);
        results = add_group<Format::kMin>(results, sum, s, x, at);
    });
    return results;
}

/// How far ahead of its use memory is asked for, in bytes of a packed panel. The processor's own prefetching
/// follows simple streams, but a block's fields are read in turns.
constexpr std::size_t kAhead = 4096;

/// Where a vector of weight rows is: `block(i)` is their i-th block, `prefetch(i)` asks for what comes kAhead
/// later.
struct PlainPanel {
    const std::uint8_t* base;
    std::size_t stride;
    template <class Format>
    KINGLET_INLINE PlainBlock block(std::size_t i) const {
        return {base + i * Format::kBytes, stride};
    }
    /// The next panel, which follows in memory, from its start to its end: asking for its rows at a
    /// time where they are read next costs more than it saves.
    template <class Format>
    KINGLET_INLINE void prefetch(std::size_t i) const {
        const std::uint8_t* ahead = base + kRows * (stride + i * Format::kBytes);
        for (std::size_t at = 0; at < Format::kBytes * kRows; at += 64) _mm_prefetch(ahead + at, _MM_HINT_T0);
    }
};
struct PackedPanel {
    const std::uint8_t* base;
    /// Bytes from panel to panel; 0 in the last one, which then is its own neighbour.
    std::size_t next;
    template <class Format>
    KINGLET_INLINE PackedBlock block(std::size_t i) const {
        return {base + i * Format::kBytes * kPanelRows, next};
    }
    template <class Format>
    KINGLET_INLINE void prefetch(std::size_t i) const {
        for (std::size_t panel = 0; panel < kPanels; ++panel) {
            const std::uint8_t* ahead = base + panel * next + i * Format::kBytes * kPanelRows + kAhead;
            for (std::size_t at = 0; at < Format::kBytes * kPanelRows; at += 64)
                _mm_prefetch(ahead + at, _MM_HINT_T0);
        }
    }
};

/// Results of a vector of rows for one activation row, of which the first `rows` are wanted.
KINGLET_INLINE void store_results(float* y, Floats results, std::size_t rows) {
    if (rows >= kRows) {
        store_floats(y, results);
        return;
    }
    float all[kRows];
    store_floats(all, results);
    for (std::size_t r = 0; r < rows; ++r) y[r] = all[r];
}

/// One activation row: values go from memory through registers to a vector of results at once.
template <class Format, class Panel>
inline void single(const Panel& panel, const MatmulArgs& a, std::size_t first_row, std::size_t rows,
                   std::size_t i) {
    const Row x = row_of(a.x, i);
    Floats results = zero_floats();
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

/// Weights of a vector of rows and 256 values, unpacked.
template <class Format>
struct Slab {
    Ints q[kSlabGroups][Sums<Format>::kVectors];
    GroupScales scales[kSlabGroups];
};

template <class Format, int Group>
KINGLET_INLINE void unpack_group(const auto& block, const auto& state, Slab<Format>& slab, int at) {
    Ints q[8];
    Format::template values<Group>(block, q);
    Sums<Format>::keep(q, slab.q[at]);
    slab.scales[at] = Format::template scales<Group>(block, state);
}

/// Unpacks `groups` groups of a panel.
template <class Format, class Panel>
inline void unpack(const Panel& panel, std::size_t first_group, int groups, Slab<Format>& slab) {
    for (int at = 0; at < groups; at += Format::kGroups) {
        const std::size_t index =
            (first_group + static_cast<std::size_t>(at)) / static_cast<std::size_t>(Format::kGroups);
        panel.template prefetch<Format>(index);
        const auto block = panel.template block<Format>(index);
        const auto state = Format::begin(block);
        unrolled<Format::kGroups>(
            [&](auto g) KINGLET_INLINE_LAMBDA { unpack_group<Format, g>(block, state, slab, at + g()); });
    }
}

template <class Format, int N>
inline void slab_times(const Slab<Format>& slab, int groups, const ActivationRows& rows, std::size_t i,
                       std::size_t first_group, float* results) {
    Row x[N];
    Floats r[N];
    unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
        x[n()] = row_of(rows, i + static_cast<std::size_t>(n()));
        r[n()] = load_floats(results + kRows * n());
    });
    for (int g = 0; g < groups; ++g) {
        const std::size_t group = first_group + static_cast<std::size_t>(g);
        const GroupScales& s = slab.scales[g];
        Ints sums[N];
        Sums<Format>::template several<N>(slab.q[g], s, x, group, sums);
        unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA {
            r[n()] = add_group<Format::kMin>(r[n()], sums[n()], s, x[n()], group);
        });
    }
    unrolled<N>([&](auto n) KINGLET_INLINE_LAMBDA { store_floats(results + kRows * n(), r[n()]); });
}

/// Many activation rows: each slab of weights is unpacked once and meets up to kShared of them.
template <class Format, class Panel>
inline void many(const Panel& panel, const MatmulArgs& a, std::size_t first_row, std::size_t rows,
                 std::size_t i, std::size_t count) {
    Slab<Format> slab;
    alignas(Floats) float results[kShared * kRows];
    for (std::size_t n = 0; n < count; ++n) store_floats(results + kRows * n, zero_floats());
    const std::size_t groups = a.cols / 32;
    for (std::size_t g = 0; g < groups; g += kSlabGroups) {
        const std::size_t left = groups - g;
        const int now = left < kSlabGroups ? static_cast<int>(left) : kSlabGroups;
        unpack<Format>(panel, g, now, slab);
        std::size_t n = 0;
        const auto take = [&](auto together) {
            for (; n + together <= count; n += together)
                slab_times<Format, together()>(slab, now, a.x, i + n, g, results + kRows * n);
        };
        if constexpr (kTogether > 4) take(std::integral_constant<int, kTogether>{});
        take(std::integral_constant<int, 4>{});
        take(std::integral_constant<int, 2>{});
        take(std::integral_constant<int, 1>{});
    }
    for (std::size_t n = 0; n < count; ++n) {
        store_results(a.y + (i + n) * a.y_stride + first_row, load_floats(results + kRows * n), rows);
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
    std::uint8_t copy[kRows * Format::kBytes];
    for (std::size_t i = 0; i < a.x.n; ++i) {
        const Row x = row_of(a.x, i);
        Floats results = zero_floats();
        for (std::size_t b = 0; b < blocks; ++b) {
            for (std::size_t r = 0; r < kRows; ++r) {
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
    for (; r + kRows <= a.rows; r += kRows) {
        const PlainPanel panel{reinterpret_cast<const std::uint8_t*>(a.weights) + r * a.weights_stride,
                               a.weights_stride};
        panel_times<Format>(panel, a, r, kRows);
    }
    if (r < a.rows) last_rows<Format>(a, r);
}

/// The same for packed weights.
template <class Format>
inline void matmul_packed(const MatmulArgs& a) {
    for (std::size_t r = 0; r < a.rows; r += kRows) {
        const std::size_t left = a.rows - r;
        const PackedPanel panel{
            reinterpret_cast<const std::uint8_t*>(a.weights) + r / kPanelRows * a.weights_stride,
            left > kPanelRows ? a.weights_stride : 0};
        panel_times<Format>(panel, a, r, left < kRows ? left : kRows);
    }
}

/// Both products of a format, for the table.
template <class Format>
constexpr Product product(DType type) {
    return {type, matmul_plain<Format>, matmul_packed<Format>};
}

}  // namespace
}  // namespace kinglet::kernels::x86
