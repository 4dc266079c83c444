// Joining neighbours, best pair first: the loop that sentencepiece and byte-pair encoding share.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kinglet::tokenizer {

/// A stretch of the text that has become one symbol.
struct Symbol {
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
    std::int32_t id = -1;  ///< the rule's own number for it
};

/// A pair that may be joined: the lower key goes first, among equals the leftmost.
struct Join {
    static constexpr std::uint32_t never = ~std::uint32_t{0};
    std::uint32_t key = never;
    std::int32_t result = -1;
};

/// What stretches of symbols became, since long words often repeat themselves: found again by all their
/// lengths and numbers, on which alone a rule may depend.
class JoinMemory {
  public:
    /// Whether a stretch is worth remembering.
    static bool wants(std::span<const Symbol> stretch) {
        return stretch.size() >= shortest && stretch.size() <= longest;
    }

    /// Puts what the stretch became into `out`, if it is remembered.
    bool recall(std::span<const Symbol> stretch, std::vector<Symbol>& out) {
        if (entries_.empty()) entries_.resize(size);
        std::uint64_t hash = 0;
        for (const Symbol& symbol : stretch) hash = (hash ^ key(symbol)) * 0x9E3779B97F4A7C15u;
        last_ = hash >> 57;
        Entry& entry = entries_[last_];
        if (!std::ranges::equal(stretch, entry.from, {}, key)) {
            again_ = entry.hash == hash;
            entry.hash = hash;
            return false;
        }
        out = entry.to;
        for (Symbol& symbol : out) symbol.begin += stretch.front().begin;
        return true;
    }

    /// Remembers what the stretch became that was not recalled just before, if it came for the second time:
    /// most text never repeats itself.
    void remember(std::span<const Symbol> stretch, std::span<const Symbol> joined) {
        if (!again_) return;
        Entry& entry = entries_[last_];
        entry.from.clear();
        for (const Symbol& symbol : stretch) entry.from.push_back(key(symbol));
        entry.to.assign(joined.begin(), joined.end());
        for (Symbol& symbol : entry.to) symbol.begin -= stretch.front().begin;
    }

  private:
    static constexpr std::size_t size = 128;
    static constexpr std::size_t shortest = 16;
    static constexpr std::size_t longest = 1024;

    struct Entry {
        std::uint64_t hash = 0;  ///< of the stretch that was asked for last
        std::vector<std::uint64_t> from;
        std::vector<Symbol> to;
    };

    static std::uint64_t key(const Symbol& symbol) {
        return std::uint64_t{static_cast<std::uint32_t>(symbol.id)} << 32 | symbol.length;
    }

    std::vector<Entry> entries_;
    std::size_t last_ = 0;
    bool again_ = false;
};

/// Buffers that are kept from word to word.
struct MergeScratch {
    std::vector<Symbol> symbols;
    std::uint64_t asked = 0;  ///< times that a rule was asked, for tests: the measure of the work
    std::vector<Join> joins;
    std::vector<std::uint32_t> next;
    std::vector<std::uint32_t> previous;
    // Of merge_long.
    std::vector<std::int32_t> results;
    std::vector<std::uint64_t> tree;
    // Of merge_windows.
    std::vector<Symbol> all;
    std::vector<Symbol> done;
    std::vector<Symbol> window;
    std::vector<std::uint32_t> begins;
    JoinMemory memory;
};

/// Few symbols: look at all pairs for the best one each time. `rule(a, b)` gives the Join of two neighbours.
template <class Rule>
void merge_short(MergeScratch& scratch, const Rule& rule) {
    auto& symbols = scratch.symbols;
    auto& joins = scratch.joins;
    joins.clear();
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) joins.push_back(rule(symbols[i], symbols[i + 1]));
    while (!joins.empty()) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < joins.size(); ++i) {
            if (joins[i].key < joins[best].key) best = i;
        }
        if (joins[best].key == Join::never) return;
        symbols[best].length += symbols[best + 1].length;
        symbols[best].id = joins[best].result;
        const auto offset = static_cast<std::ptrdiff_t>(best);
        symbols.erase(symbols.begin() + offset + 1);
        joins.erase(joins.begin() + offset);
        if (best < joins.size()) joins[best] = rule(symbols[best], symbols[best + 1]);
        if (best > 0) joins[best - 1] = rule(symbols[best - 1], symbols[best]);
    }
}

/// Many symbols: a linked list, and a tree whose top is the best pair, O(n log n). A leaf is a symbol's join
/// with the next one (key and place in one number, so that the leftmost of equals is the least), a node the
/// lesser of its two.
template <class Rule>
void merge_long(MergeScratch& scratch, const Rule& rule) {
    auto& symbols = scratch.symbols;
    auto& tree = scratch.tree;
    constexpr std::uint64_t none = ~std::uint64_t{0};
    const auto count = static_cast<std::uint32_t>(symbols.size());
    const std::size_t leaves = std::bit_ceil(std::size_t{count});
    scratch.next.resize(count);
    scratch.previous.resize(count);
    scratch.results.resize(count);
    tree.assign(2 * leaves, none);
    const auto join_at = [&](std::uint32_t at) {
        const Join join = rule(symbols[at], symbols[scratch.next[at]]);
        scratch.results[at] = join.result;
        return join.key == Join::never ? none : std::uint64_t{join.key} << 32 | at;
    };
    const auto set = [&](std::uint32_t at, std::uint64_t value) {
        std::size_t node = leaves + at;
        tree[node] = value;
        while ((node /= 2) > 0) {
            const std::uint64_t least = std::min(tree[2 * node], tree[2 * node + 1]);
            if (tree[node] == least) break;
            tree[node] = least;
        }
    };
    for (std::uint32_t i = 0; i < count; ++i) {
        scratch.next[i] = i + 1;
        scratch.previous[i] = i - 1;
        if (i + 1 < count) tree[leaves + i] = join_at(i);
    }
    for (std::size_t node = leaves; node-- > 1;) tree[node] = std::min(tree[2 * node], tree[2 * node + 1]);
    while (tree[1] != none) {
        const auto at = static_cast<std::uint32_t>(tree[1]);
        const std::uint32_t right = scratch.next[at];
        const std::uint32_t after = scratch.next[right];
        symbols[at].length += symbols[right].length;
        symbols[at].id = scratch.results[at];
        symbols[right].length = 0;
        scratch.next[at] = after;
        if (after < count) scratch.previous[after] = at;
        set(right, none);
        set(at, after < count ? join_at(at) : none);
        if (at > 0) set(scratch.previous[at], join_at(scratch.previous[at]));
    }
    std::erase_if(symbols, [](const Symbol& symbol) { return symbol.length == 0; });
}

/// As merge(), of a word that is not cut.
template <class Rule>
void merge_whole(MergeScratch& scratch, const Rule& rule) {
    constexpr std::size_t few = 32;
    const auto counted = [&](const Symbol& left, const Symbol& right) {
        ++scratch.asked;
        return rule(left, right);
    };
    if (scratch.symbols.size() <= few) {
        merge_short(scratch, counted);
    } else {
        merge_long(scratch, counted);
    }
}

/// Long words are joined window by window, whose buffers stay in the fastest cache, with the same result.
///
/// Two stretches that were joined apart may stand side by side if the last symbol of one and the first of the
/// other, joined together, stay these two. For as long as nothing joins across the border, either side's
/// joins come in the order that they have alone; so whether something ever does depends only on the symbols
/// that touch the border, and in the same way whether they stand alone or in their stretch.
template <class Rule>
class WindowMerge {
  public:
    WindowMerge(MergeScratch& scratch, const Rule& rule) : scratch_(scratch), rule_(rule) {}

    void run() {
        scratch_.all.swap(scratch_.symbols);
        scratch_.done.clear();
        scratch_.begins.clear();
        const std::size_t count = scratch_.all.size();
        // Windows that do not fit together are rare; a text made of them is joined in one go instead.
        budget_ = 4 * count;
        std::size_t at = 0;
        std::size_t again = 0;
        std::size_t take_back = 1;
        std::size_t window = first_window;
        while (at < count) {
            const std::size_t size = std::min(window + again, count - at);
            if (budget_ == 0) {
                join(0, count);
                return;
            }
            join(at, at + size);
            scratch_.window.swap(scratch_.symbols);
            if (!scratch_.done.empty() && !apart(scratch_.done.back(), at)) {
                const std::size_t left = scratch_.done.size() - std::min(take_back, scratch_.done.size());
                again = at - scratch_.begins[left];
                at = scratch_.begins[left];
                scratch_.done.resize(left);
                scratch_.begins.resize(left);
                take_back *= 2;
                continue;
            }
            const std::size_t begin = at;
            again = 0;
            take_back = 1;
            at = keep(at, at + size == count);
            // Symbols so long that a window holds few of them.
            if (2 * (at - begin) <= size) window = std::min(2 * window, last_window);
        }
        scratch_.symbols.swap(scratch_.done);
    }

  private:
    static constexpr std::size_t first_window = 256;
    static constexpr std::size_t last_window = 1024;
    /// The last symbols of a window are those that its end may have cut short.
    static constexpr std::size_t dropped = 2;

    void join(std::size_t begin, std::size_t end) {
        const auto stretch = std::span(scratch_.all).subspan(begin, end - begin);
        const bool wanted = JoinMemory::wants(stretch);
        if (wanted && scratch_.memory.recall(stretch, scratch_.symbols)) {
            budget_ -= std::min(budget_, stretch.size() / 8);
            return;
        }
        budget_ -= std::min(budget_, stretch.size());
        scratch_.symbols.assign(stretch.begin(), stretch.end());
        merge_whole(scratch_, rule_);
        if (wanted) scratch_.memory.remember(stretch, scratch_.symbols);
    }

    /// The place in `all` behind the symbol that begins at place `at`.
    std::size_t behind(const Symbol& symbol, std::size_t at) const {
        const std::uint32_t end = symbol.begin + symbol.length;
        while (at < scratch_.all.size() && scratch_.all[at].begin < end) ++at;
        return at;
    }

    /// Whether the symbol that ends at place `at` and the window's first one, which begins there, stay apart.
    bool apart(const Symbol& left, std::size_t at) {
        join(scratch_.begins.back(), behind(scratch_.window.front(), at));
        return scratch_.symbols.size() == 2 && scratch_.symbols.front().length == left.length;
    }

    /// Takes over what the window's end cannot change (all of the last one); returns the place behind it.
    std::size_t keep(std::size_t at, bool last) {
        const std::size_t size = scratch_.window.size();
        const std::size_t kept = last ? size : std::max(size / 2, size - std::min(dropped, size - 1));
        for (std::size_t i = 0; i < std::max<std::size_t>(kept, 1); ++i) {
            scratch_.done.push_back(scratch_.window[i]);
            scratch_.begins.push_back(static_cast<std::uint32_t>(at));
            at = behind(scratch_.window[i], at);
        }
        return at;
    }

    MergeScratch& scratch_;
    const Rule& rule_;
    std::size_t budget_ = 0;  ///< symbols that may still be joined
};

/// Joins what can be joined in scratch.symbols, which must not be empty stretches. What the rule says may
/// depend on nothing but the two symbols' lengths and numbers.
template <class Rule>
void merge(MergeScratch& scratch, const Rule& rule) {
    constexpr std::size_t many = 512;
    if (scratch.symbols.size() <= many) {
        merge_whole(scratch, rule);
    } else {
        WindowMerge<Rule>(scratch, rule).run();
    }
}

}  // namespace kinglet::tokenizer
