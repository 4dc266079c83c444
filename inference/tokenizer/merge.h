// Joining neighbours, best pair first: the loop that sentencepiece and byte-pair encoding share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace kinglet::tokenizer {

/// A stretch of the text that has become one symbol.
struct Symbol {
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
    std::int32_t id = -1;  ///< the rule's own number for it; -1 = none
};

/// A pair that may be joined: the lower key goes first, among equals the leftmost.
struct Join {
    static constexpr std::uint32_t never = ~std::uint32_t{0};
    std::uint32_t key = never;
    std::int32_t result = -1;
};

/// Buffers that are kept from word to word.
struct MergeScratch {
    std::vector<Symbol> symbols;
    std::vector<Join> joins;
    std::vector<std::uint32_t> next;
    std::vector<std::uint32_t> previous;
    std::vector<std::uint64_t> heap;
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

/// Many symbols: a heap of (key, place) over a linked list, O(n log n). An entry of the heap is out of date
/// when the pair that begins at its place has another key by now.
template <class Rule>
void merge_long(MergeScratch& scratch, const Rule& rule) {
    auto& symbols = scratch.symbols;
    auto& joins = scratch.joins;
    auto& heap = scratch.heap;
    const auto count = static_cast<std::uint32_t>(symbols.size());
    scratch.next.resize(count);
    scratch.previous.resize(count);
    joins.assign(count, Join{});
    heap.clear();
    const auto push = [&](std::uint32_t at) {
        joins[at] = rule(symbols[at], symbols[scratch.next[at]]);
        if (joins[at].key == Join::never) return;
        heap.push_back(std::uint64_t{joins[at].key} << 32 | at);
        std::push_heap(heap.begin(), heap.end(), std::greater<>());
    };
    for (std::uint32_t i = 0; i < count; ++i) {
        scratch.next[i] = i + 1;
        scratch.previous[i] = i - 1;
        if (i + 1 == count) break;
        joins[i] = rule(symbols[i], symbols[i + 1]);
        if (joins[i].key != Join::never) heap.push_back(std::uint64_t{joins[i].key} << 32 | i);
    }
    std::make_heap(heap.begin(), heap.end(), std::greater<>());
    while (!heap.empty()) {
        std::pop_heap(heap.begin(), heap.end(), std::greater<>());
        const auto at = static_cast<std::uint32_t>(heap.back());
        const auto key = static_cast<std::uint32_t>(heap.back() >> 32);
        heap.pop_back();
        if (joins[at].key != key) continue;
        const std::uint32_t right = scratch.next[at];
        const std::uint32_t after = scratch.next[right];
        symbols[at].length += symbols[right].length;
        symbols[at].id = joins[at].result;
        symbols[right].length = 0;
        joins[right] = Join{};
        joins[at] = Join{};
        scratch.next[at] = after;
        if (after < count) {
            scratch.previous[after] = at;
            push(at);
        }
        if (at > 0) push(scratch.previous[at]);
    }
    std::erase_if(symbols, [](const Symbol& symbol) { return symbol.length == 0; });
}

/// Joins what can be joined in scratch.symbols, which must not be empty stretches.
template <class Rule>
void merge(MergeScratch& scratch, const Rule& rule) {
    constexpr std::size_t few = 48;
    if (scratch.symbols.size() <= few) {
        merge_short(scratch, rule);
    } else {
        merge_long(scratch, rule);
    }
}

}  // namespace kinglet::tokenizer
