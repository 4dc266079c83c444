// The code words of IQ1_*, IQ2_* and IQ3_*: the few combinations of values that these formats can store, by
// number. Data only, so that files with ISA flags may use it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kinglet::kernels {

/// Words whose bytes, the lowest first, are the (signed) values in turn.
template <class Word, std::size_t count>
struct Grid {
    Word words[count];
};

/// IQ1_S and IQ1_M: eight times -1, 0 or 1.
extern const Grid<std::uint64_t, 2048> kGridIQ1;
/// IQ2_*: magnitudes 8, 25 and 43.
extern const Grid<std::uint64_t, 256> kGridIQ2_XXS;
extern const Grid<std::uint64_t, 512> kGridIQ2_XS;
extern const Grid<std::uint64_t, 1024> kGridIQ2_S;
/// IQ3_XXS: magnitudes 4 to 62.
extern const Grid<std::uint32_t, 256> kGridIQ3_XXS;
/// IQ3_S: odd magnitudes 1 to 15.
extern const Grid<std::uint32_t, 512> kGridIQ3_S;

}  // namespace kinglet::kernels
