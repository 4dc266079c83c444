// Numbers that depend on a seed, a name and an index alone, so that what a test writes is the same
// everywhere.
#pragma once

#include <cstdint>
#include <string_view>

namespace kinglet::test {

inline std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/// FNV-1a of a name, mixed with a seed.
inline std::uint64_t stream_of(std::uint64_t seed, std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL ^ mix(seed + 0x9e3779b97f4a7c15ULL);
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

/// Uniform in [-1, 1).
inline float value_of(std::uint64_t stream, std::uint64_t index) {
    const std::uint64_t bits = mix(stream + (index + 1) * 0x9e3779b97f4a7c15ULL);
    return static_cast<float>(static_cast<double>(bits >> 11) * 0x1.0p-52 - 1.0);
}

}  // namespace kinglet::test
