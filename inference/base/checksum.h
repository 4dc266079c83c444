// A checksum against accidents, not against people: it finds what a disk or a cut-off write did to a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace kinglet {

/// Eight bytes a step. Every add() but the last takes a multiple of eight bytes; the last may end with fewer,
/// which count as if zeros followed, with the length told apart.
class Checksum {
  public:
    void add(std::span<const std::byte> bytes) {
        while (bytes.size() >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data(), 8);
            add(word);
            bytes = bytes.subspan(8);
        }
        if (bytes.empty()) return;
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        add(word);
        add(bytes.size());
    }
    void add(std::uint64_t word) {
        state_ = (state_ ^ word) * 0x9e3779b97f4a7c15ULL;
        state_ ^= state_ >> 32;
    }
    std::uint64_t value() const { return state_; }

  private:
    std::uint64_t state_ = 0x6b696e676c657421ULL;
};

}  // namespace kinglet
