// Follows a grammar byte by byte.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inference/grammar/program.h"

namespace kinglet::grammar {

/// A pushdown automaton whose sets of stacks become the states of an ordinary automaton as they are met, so
/// that a byte seen before in a state costs one look-up. One a generation; not thread-safe. The program must
/// outlive it.
class Matcher {
  public:
    /// A state; meaningful until the next compact().
    using State = std::uint32_t;
    static constexpr State dead = 0;

    explicit Matcher(const Program& program);

    /// Where every text begins.
    State start() const { return start_; }
    /// The state after one more byte; `dead` where no text of the grammar goes on so.
    State next(State state, std::uint8_t byte) {
        const State known = transitions_[state * groups_ + program_.group_of[byte]];
        return known != unknown ? known : compute(state, byte);
    }
    State next(State state, std::string_view bytes);
    /// True where the text so far is whole.
    bool can_end(State state) const { return states_[state].can_end; }
    /// True where no byte can follow.
    bool must_end(State state) const { return states_[state].stacks.empty(); }
    /// True once a state was cut because it held too many readings of the text at once: what was refused
    /// since then may have been right.
    bool too_ambiguous() const { return too_ambiguous_; }

    /// True when so much has been remembered that compact() should be called.
    bool crowded() const;
    /// Forgets all states but these, which get new numbers.
    void compact(std::span<State> keep);

  private:
    static constexpr State unknown = ~State{0};
    using StackId = std::uint32_t;  ///< 0 = the empty stack

    /// One frame on top of others. A frame that waits to read holds how much of a character has been read, a
    /// repetition how many rounds are done.
    struct Frame {
        Pc pc = 0;
        std::uint32_t count = 0;
        StackId below = 0;
        std::uint32_t depth = 0;
        std::uint32_t visit = 0;  ///< the last closure that came by
    };
    struct Key {
        Pc pc;
        std::uint32_t count;
        StackId below;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const;
    };
    struct Contents {
        std::vector<StackId> stacks;  ///< that wait to read; sorted
        bool can_end = false;
    };

    StackId intern(Pc pc, std::uint32_t count, StackId below);
    State intern(Contents contents);
    State compute(State state, std::uint8_t byte);
    void begin();
    /// Follows all that reads nothing, from a frame on.
    void close(StackId from, Contents& out);
    void follow_repeat(StackId at, const Step& step);
    StackId copy(const std::vector<Frame>& old, StackId stack, std::unordered_map<StackId, StackId>& copied);

    const Program& program_;
    std::size_t groups_;
    std::vector<Frame> frames_;
    std::unordered_map<Key, StackId, KeyHash> frame_index_;
    std::vector<Contents> states_;
    std::unordered_multimap<std::uint64_t, State> state_index_;
    std::vector<State> transitions_;
    std::vector<StackId> open_;
    std::uint32_t visit_ = 0;
    std::size_t visited_ = 0;
    std::size_t held_ = 0;  ///< stacks of all states together
    State start_ = dead;
    bool too_ambiguous_ = false;
};

}  // namespace kinglet::grammar
