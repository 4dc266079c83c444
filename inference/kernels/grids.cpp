#include "inference/kernels/grids.h"

#include <array>
#include <string_view>

namespace kinglet::kernels {
namespace {

#include "inference/kernels/grid_words.inc"

/// A character that says that the gap goes on.
constexpr int kMore = 63;

/// Reads the words of a format from the gaps between them (see make_grids.py); `levels` are what its digits
/// stand for.
template <class Word, std::size_t count, std::size_t level_count>
constexpr Grid<Word, count> read_grid(std::string_view gaps,
                                      const std::array<std::int8_t, level_count>& levels) {
    Grid<Word, count> grid{};
    int number = -1;
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
        int step = kMore;
        for (++number; step == kMore; number += step) step = gaps[at++] - '0';
        auto rest = static_cast<std::size_t>(number);
        for (std::size_t place = 0; place < sizeof(Word); ++place, rest /= level_count) {
            const auto value = static_cast<std::uint8_t>(levels[rest % level_count]);
            grid.words[i] |= static_cast<Word>(value) << (8 * place);
        }
    }
    return grid;
}

constexpr std::array<std::int8_t, 3> kEighths{-8, 0, 8};
constexpr std::array<std::int8_t, 3> kThreeLevels{8, 25, 43};
constexpr std::array<std::int8_t, 8> kEightLevels{4, 12, 20, 28, 36, 44, 52, 62};
constexpr std::array<std::int8_t, 8> kOddLevels{1, 3, 5, 7, 9, 11, 13, 15};

}  // namespace

constinit const Grid<std::uint64_t, 2048> kGridIQ1 = read_grid<std::uint64_t, 2048>(kWordsIQ1, kEighths);
constinit const Grid<std::uint64_t, 256> kGridIQ2_XXS =
    read_grid<std::uint64_t, 256>(kWordsIQ2_XXS, kThreeLevels);
constinit const Grid<std::uint64_t, 512> kGridIQ2_XS =
    read_grid<std::uint64_t, 512>(kWordsIQ2_XS, kThreeLevels);
constinit const Grid<std::uint64_t, 1024> kGridIQ2_S =
    read_grid<std::uint64_t, 1024>(kWordsIQ2_S, kThreeLevels);
constinit const Grid<std::uint32_t, 256> kGridIQ3_XXS =
    read_grid<std::uint32_t, 256>(kWordsIQ3_XXS, kEightLevels);
constinit const Grid<std::uint32_t, 512> kGridIQ3_S = read_grid<std::uint32_t, 512>(kWordsIQ3_S, kOddLevels);

}  // namespace kinglet::kernels
