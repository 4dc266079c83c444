#include "inference/grammar/matcher.h"

#include <algorithm>

namespace kinglet::grammar {
namespace {

/// Frames above each other: deeper nesting is refused, which makes a model close what it has opened.
constexpr std::uint32_t deepest = 1000;
/// Readings of a text at once.
constexpr std::size_t most_stacks = 20'000;
/// Frames looked at for one byte.
constexpr std::size_t most_visits = 200'000;
constexpr std::size_t many_states = 20'000;
constexpr std::size_t many_frames = 2'000'000;
constexpr std::size_t many_stacks = 8'000'000;

std::uint64_t scatter(std::uint64_t x) {
    x ^= x >> 32;
    x *= 0x9E3779B97F4A7C15u;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9u;
    return x ^ (x >> 32);
}

}  // namespace

std::size_t Matcher::KeyHash::operator()(const Key& key) const {
    return scatter((std::uint64_t{key.pc} << 32 | key.count) + scatter(key.below));
}

Matcher::Matcher(const Program& program) : program_(program), groups_(program.group_count) {
    begin();
    Contents contents;
    ++visit_;
    visited_ = 0;
    close(intern(program_.start, 0, 0), contents);
    start_ = intern(std::move(contents));
}

void Matcher::begin() {
    frames_.assign(1, Frame{});
    frame_index_.clear();
    states_.assign(1, Contents{});
    held_ = 0;
    state_index_.clear();
    state_index_.emplace(0, dead);
    transitions_.assign(groups_, dead);
}

Matcher::State Matcher::next(State state, std::string_view bytes) {
    for (const char c : bytes) {
        if (state == dead) break;
        state = next(state, static_cast<std::uint8_t>(c));
    }
    return state;
}

Matcher::StackId Matcher::intern(Pc pc, std::uint32_t count, StackId below) {
    const auto fresh = static_cast<StackId>(frames_.size());
    const auto [at, added] = frame_index_.try_emplace(Key{pc, count, below}, fresh);
    if (added) frames_.push_back({pc, count, below, frames_[below].depth + 1, 0});
    return at->second;
}

Matcher::State Matcher::intern(Contents contents) {
    std::sort(contents.stacks.begin(), contents.stacks.end());
    std::uint64_t hash = contents.can_end ? 1 : 0;
    for (const StackId stack : contents.stacks) hash = scatter(hash + stack);
    const auto [first, last] = state_index_.equal_range(hash);
    for (auto at = first; at != last; ++at) {
        const Contents& known = states_[at->second];
        if (known.can_end == contents.can_end && known.stacks == contents.stacks) return at->second;
    }
    const auto state = static_cast<State>(states_.size());
    held_ += contents.stacks.size();
    states_.push_back(std::move(contents));
    state_index_.emplace(hash, state);
    transitions_.resize(transitions_.size() + groups_, unknown);
    return state;
}

Matcher::State Matcher::compute(State state, std::uint8_t byte) {
    Contents after;
    ++visit_;
    visited_ = 0;
    for (std::size_t i = 0; i < states_[state].stacks.size(); ++i) {
        const Frame frame = frames_[states_[state].stacks[i]];
        const Step& step = program_.steps[frame.pc];
        if (step.op == Step::Op::byte) {
            if (step.a == byte) close(intern(step.next, 0, frame.below), after);
            continue;
        }
        // No place but the first is 0: that one is dead.
        const ByteSets::Place place = program_.sets.next(frame.count == 0 ? step.a : frame.count, byte);
        if (place == ByteSets::whole) {
            close(intern(step.next, 0, frame.below), after);
        } else if (place != ByteSets::dead) {
            close(intern(frame.pc, place, frame.below), after);
        }
    }
    const State found = intern(std::move(after));
    transitions_[state * groups_ + program_.group_of[byte]] = found;
    return found;
}

void Matcher::close(StackId from, Contents& out) {
    open_.assign(1, from);
    while (!open_.empty()) {
        const StackId at = open_.back();
        open_.pop_back();
        if (at == 0) {
            out.can_end = true;
            continue;
        }
        if (frames_[at].visit == visit_) continue;
        frames_[at].visit = visit_;
        if (frames_[at].depth > deepest) continue;
        if (++visited_ > most_visits || out.stacks.size() > most_stacks) {
            too_ambiguous_ = true;
            return;
        }
        const Frame frame = frames_[at];
        const Step& step = program_.steps[frame.pc];
        switch (step.op) {
            case Step::Op::byte:
            case Step::Op::set:
                out.stacks.push_back(at);
                break;
            case Step::Op::fork:
                open_.push_back(intern(step.next, 0, frame.below));
                open_.push_back(intern(step.a, 0, frame.below));
                break;
            case Step::Op::call: {
                // Nothing to come back to: the caller's own end is where this one ends.
                const bool last = program_.steps[step.next].op == Step::Op::end;
                open_.push_back(intern(step.a, 0, last ? frame.below : intern(step.next, 0, frame.below)));
                break;
            }
            case Step::Op::repeat:
                follow_repeat(at, step);
                break;
            case Step::Op::end:
                open_.push_back(frame.below);
                break;
        }
    }
}

void Matcher::follow_repeat(StackId at, const Step& step) {
    const Frame frame = frames_[at];
    if (frame.count >= step.min) open_.push_back(intern(step.next, 0, frame.below));
    if (frame.count >= step.max) return;
    // Without an upper bound, all that matters is whether the lower one is reached.
    const std::uint32_t done = step.max == no_limit ? std::min(frame.count + 1, step.min) : frame.count + 1;
    open_.push_back(intern(step.a, 0, done == frame.count ? at : intern(frame.pc, done, frame.below)));
}

bool Matcher::crowded() const {
    return states_.size() > many_states || frames_.size() > many_frames || held_ > many_stacks;
}

Matcher::StackId Matcher::copy(const std::vector<Frame>& old, StackId stack,
                               std::unordered_map<StackId, StackId>& copied) {
    std::vector<StackId> path;
    while (stack != 0 && !copied.contains(stack)) {
        path.push_back(stack);
        stack = old[stack].below;
    }
    StackId below = stack == 0 ? 0 : copied[stack];
    for (auto at = path.rbegin(); at != path.rend(); ++at) {
        below = intern(old[*at].pc, old[*at].count, below);
        copied[*at] = below;
    }
    return below;
}

void Matcher::compact(std::span<State> keep) {
    const std::vector<Frame> old_frames = std::move(frames_);
    const std::vector<Contents> old_states = std::move(states_);
    begin();
    std::unordered_map<StackId, StackId> copied;
    const auto renew = [&](State state) {
        Contents contents;
        contents.can_end = old_states[state].can_end;
        for (const StackId stack : old_states[state].stacks) {
            contents.stacks.push_back(copy(old_frames, stack, copied));
        }
        return intern(std::move(contents));
    };
    start_ = renew(start_);
    for (State& state : keep) state = renew(state);
}

}  // namespace kinglet::grammar
