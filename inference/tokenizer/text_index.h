// Hash tables made for vocabularies: built once, then only read.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace kinglet::tokenizer {

/// Scatters the bits of a key over the whole word.
inline std::uint64_t mix(std::uint64_t x) {
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    return x ^ (x >> 32);
}

/// One bit for the hashes of the keys that a table holds, small enough for a near cache: most of what is
/// asked for is not there.
class SeenHashes {
  public:
    explicit SeenHashes(std::size_t count) : words_(std::bit_ceil(count / 4 + 1)) {}

    void add(std::uint64_t hash) { words_[word_of(hash)] |= bit_of(hash); }
    bool may_hold(std::uint64_t hash) const { return (words_[word_of(hash)] & bit_of(hash)) != 0; }

  private:
    std::size_t word_of(std::uint64_t hash) const { return (hash >> 32) & (words_.size() - 1); }
    static std::uint64_t bit_of(std::uint64_t hash) { return std::uint64_t{1} << (hash >> 58); }

    std::vector<std::uint64_t> words_;
};

/// Texts to numbers. The texts' bytes must outlive it.
class TextIndex {
  public:
    /// Room for so many texts; it grows where more come.
    explicit TextIndex(std::size_t count = 0) : slots_(std::bit_ceil(count * 2 + 2)), seen_(count) {}

    /// Adds a text unless it is there; returns the number it stands for now.
    std::int32_t add(std::string_view text, std::int32_t value) {
        const std::uint64_t hashed = hash(text);
        const auto tag = static_cast<std::uint32_t>(hashed);
        const Slot& found = slots_[place(text, tag)];
        if (found.data != nullptr) return found.value;
        if ((used_ + 1) * 2 > slots_.size()) grow();
        slots_[place(text, tag)] = {text.data(), static_cast<std::uint32_t>(text.size()), tag, value};
        seen_.add(hashed);
        ++used_;
        return value;
    }

    /// -1 where the text is not there.
    std::int32_t find(std::string_view text) const {
        const std::uint64_t hashed = hash(text);
        if (!seen_.may_hold(hashed)) return -1;
        const Slot& slot = slots_[place(text, static_cast<std::uint32_t>(hashed))];
        return slot.data == nullptr ? -1 : slot.value;
    }

  private:
    struct Slot {
        const char* data = nullptr;
        std::uint32_t size = 0;
        std::uint32_t tag = 0;
        std::int32_t value = -1;
    };

    static std::uint64_t hash(std::string_view text) { return mix(std::hash<std::string_view>{}(text)); }

    void grow() {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.data != nullptr) slots_[place(std::string_view(slot.data, slot.size), slot.tag)] = slot;
        }
    }

    std::size_t place(std::string_view text, std::uint32_t tag) const {
        std::size_t at = tag & (slots_.size() - 1);
        while (slots_[at].data != nullptr) {
            const Slot& slot = slots_[at];
            if (slot.tag == tag && std::string_view(slot.data, slot.size) == text) break;
            at = (at + 1) & (slots_.size() - 1);
        }
        return at;
    }

    std::vector<Slot> slots_;
    SeenHashes seen_;
    std::size_t used_ = 0;
};

/// Pairs of numbers to a rank and a result.
class PairIndex {
  public:
    struct Entry {
        std::uint32_t rank = 0;
        std::int32_t result = -1;
    };

    explicit PairIndex(std::size_t count = 0) : slots_(std::bit_ceil(count + count / 2 + 2)), seen_(count) {}

    /// Adds a pair unless it is there: the first one stays. Adding more than `count` pairs is our mistake.
    void add(std::int32_t left, std::int32_t right, Entry entry) {
        const std::uint64_t wanted = key(left, right);
        const std::uint64_t hash = mix(wanted);
        Slot& slot = slots_[place(wanted, hash)];
        if (slot.key == empty) slot = {wanted, entry};
        seen_.add(hash);
    }

    /// Null where the pair is not there.
    const Entry* find(std::int32_t left, std::int32_t right) const {
        const std::uint64_t wanted = key(left, right);
        const std::uint64_t hash = mix(wanted);
        if (!seen_.may_hold(hash)) return nullptr;
        const Slot& slot = slots_[place(wanted, hash)];
        return slot.key == empty ? nullptr : &slot.entry;
    }

  private:
    static constexpr std::uint64_t empty = ~std::uint64_t{0};
    struct Slot {
        std::uint64_t key = empty;
        Entry entry;
    };

    static std::uint64_t key(std::int32_t left, std::int32_t right) {
        return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
    }

    std::size_t place(std::uint64_t wanted, std::uint64_t hash) const {
        std::size_t at = hash & (slots_.size() - 1);
        while (slots_[at].key != empty && slots_[at].key != wanted) at = (at + 1) & (slots_.size() - 1);
        return at;
    }

    std::vector<Slot> slots_;
    SeenHashes seen_;
};

}  // namespace kinglet::tokenizer
