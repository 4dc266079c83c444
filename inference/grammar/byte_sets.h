// Sets of characters as automata over the bytes of UTF-8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "inference/grammar/rules.h"

namespace kinglet::grammar {

/// The automata of all sets of a grammar. A place says how much of a character has been read.
class ByteSets {
  public:
    using Place = std::uint32_t;
    static constexpr Place dead = 0;   ///< the bytes so far begin no character of the set
    static constexpr Place whole = 1;  ///< a character of the set is complete

    ByteSets();

    /// Where reading a character of the set begins; equal sets share it. Ranges must be normalised. Empty
    /// where all sets together are too large.
    std::optional<Place> add(const Ranges& ranges);

    Place next(Place place, std::uint8_t byte) const { return places_[place][byte]; }
    std::size_t size() const { return places_.size(); }

  private:
    Place add_lead(const Ranges& ranges, std::uint8_t lead);
    /// The place for the characters from `low` on that `more` further bytes can tell apart.
    Place add_rest(const Ranges& ranges, char32_t low, int more);

    std::vector<std::array<std::uint16_t, 256>> places_;
    std::array<Place, 4> any_{};  ///< so many further bytes, whatever they are
    std::map<std::vector<std::uint32_t>, Place> known_;
};

}  // namespace kinglet::grammar
