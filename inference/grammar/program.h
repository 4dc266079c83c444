// A grammar compiled into steps that a pushdown automaton follows.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "inference/base/result.h"
#include "inference/grammar/byte_sets.h"
#include "inference/grammar/rules.h"

namespace kinglet::grammar {

using Pc = std::uint32_t;

/// One step. Those that read something go on at `next`.
struct Step {
    enum class Op : std::uint8_t {
        byte,    ///< reads the byte `a`
        set,     ///< reads a character of the set that begins at place `a`
        fork,    ///< goes on at `a` and at `next`
        call,    ///< goes on at `a`, and at `next` after its end
        repeat,  ///< runs `a` to its end between `min` and `max` times, then goes on at `next`
        end      ///< back to where this was called from
    };
    Op op = Op::end;
    std::uint32_t a = 0;
    Pc next = 0;
    std::uint32_t min = 0;
    std::uint32_t max = 0;
};

struct Program {
    std::vector<Step> steps;
    Pc start = 0;
    ByteSets sets;
    /// Bytes that no step tells apart share a group.
    std::array<std::uint8_t, 256> group_of{};
    std::size_t group_count = 0;
};

/// Compiles the rules. `name` stands in errors. Errors: bad_format (a rule that begins with itself, that can
/// never end, or that repeats nothing without bound), too_large.
Result<std::unique_ptr<const Program>> compile(const Rules& rules, std::string_view name);

}  // namespace kinglet::grammar
