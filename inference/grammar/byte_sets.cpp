#include "inference/grammar/byte_sets.h"

#include <algorithm>

namespace kinglet::grammar {
namespace {

constexpr std::size_t most_places = 16'000;

enum class Cover { none, some, all };

Cover cover(const Ranges& ranges, char32_t low, char32_t high) {
    const auto at = std::lower_bound(ranges.begin(), ranges.end(), low,
                                     [](const Range& range, char32_t c) { return range.last < c; });
    if (at == ranges.end() || at->first > high) return Cover::none;
    return at->first <= low && at->last >= high ? Cover::all : Cover::some;
}

Ranges from(const Ranges& ranges, char32_t low) {
    Ranges out;
    for (Range range : ranges) {
        range.first = std::max(range.first, low);
        if (range.first <= range.last) out.push_back(range);
    }
    return out;
}

}  // namespace

ByteSets::ByteSets() {
    places_.resize(2);
    places_[dead].fill(dead);
    places_[whole].fill(dead);
    any_[0] = whole;
    for (std::size_t more = 1; more < any_.size(); ++more) {
        any_[more] = static_cast<Place>(places_.size());
        places_.emplace_back().fill(dead);
        for (std::size_t byte = 0x80; byte <= 0xBF; ++byte) {
            places_.back()[byte] = static_cast<std::uint16_t>(any_[more - 1]);
        }
    }
}

std::optional<ByteSets::Place> ByteSets::add(const Ranges& ranges) {
    std::vector<std::uint32_t> key;
    for (const Range& range : ranges) {
        key.push_back(range.first);
        key.push_back(range.last);
    }
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    // Each end of a range makes at most one place a length of character.
    if (places_.size() + ranges.size() * 6 + 8 > most_places) return std::nullopt;
    std::array<std::uint16_t, 256> begin{};
    for (std::size_t byte = 0; byte < 0x80; ++byte) {
        const auto c = static_cast<char32_t>(byte);
        begin[byte] = static_cast<std::uint16_t>(cover(ranges, c, c) == Cover::all ? whole : dead);
    }
    for (std::size_t lead = 0xC2; lead <= 0xF4; ++lead) {
        begin[lead] = static_cast<std::uint16_t>(add_lead(ranges, static_cast<std::uint8_t>(lead)));
    }
    places_.push_back(begin);
    const auto place = static_cast<Place>(places_.size() - 1);
    known_.emplace(std::move(key), place);
    return place;
}

ByteSets::Place ByteSets::add_lead(const Ranges& ranges, std::uint8_t lead) {
    // What a shorter form can write must not be written by a longer one.
    if (lead < 0xE0) return add_rest(from(ranges, 0x80), (lead & 0x1Fu) << 6, 1);
    if (lead < 0xF0) return add_rest(from(ranges, 0x800), (lead & 0x0Fu) << 12, 2);
    return add_rest(from(ranges, 0x10000), (lead & 0x07u) << 18, 3);
}

ByteSets::Place ByteSets::add_rest(const Ranges& ranges, char32_t low, int more) {
    const char32_t high = low + (char32_t{1} << (6 * more)) - 1;
    switch (cover(ranges, low, high)) {
        case Cover::none:
            return dead;
        case Cover::all:
            return any_[static_cast<std::size_t>(more)];
        case Cover::some:
            break;
    }
    std::array<std::uint16_t, 256> place{};
    for (char32_t i = 0; i < 64; ++i) {
        place[0x80 + i] =
            static_cast<std::uint16_t>(add_rest(ranges, low + (i << (6 * (more - 1))), more - 1));
    }
    places_.push_back(place);
    return static_cast<Place>(places_.size() - 1);
}

}  // namespace kinglet::grammar
