// Random numbers that are the same on every platform for the same seed.
#pragma once

#include <array>
#include <cstdint>

namespace kinglet::engine {

/// xoshiro256** (Blackman and Vigna), its state filled by SplitMix64 from one number.
class Random {
  public:
    explicit Random(std::uint64_t seed);
    std::uint64_t next();
    /// Uniform in [0, 1), 53 random bits.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  private:
    std::array<std::uint64_t, 4> state_;
};

/// A seed that differs from call to call.
std::uint64_t fresh_seed();

}  // namespace kinglet::engine
