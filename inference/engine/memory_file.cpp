// What the memories write to a saved session, and read back. Nothing that is read is trusted: a state that
// does not fit the memory's own shape is refused.
#include <algorithm>

#include "inference/engine/memory.h"

namespace kinglet::engine {
namespace {

constexpr std::uint64_t tag_key_values = 1;
constexpr std::uint64_t tag_state = 2;
constexpr std::uint64_t most_length = 1 << 24;

std::size_t size(int n) {
    return static_cast<std::size_t>(n);
}

std::span<std::byte> writable(const std::byte* at, std::size_t bytes) {
    return {const_cast<std::byte*>(at), bytes};
}

}  // namespace

void KeyValueMemory::save(StateWriter& out) const {
    out.number(tag_key_values);
    for (const std::size_t n : {size(shape_.heads), key_stride_, value_stride_, size(shape_.window)})
        out.number(n);
    out.number(size(length_));
    out.number(size(base_));
    for (int head = 0; head < shape_.heads; ++head) {
        out.bytes({key(head, base_), size(length_ - base_) * key_stride_});
        out.bytes({value(head, base_), size(length_ - base_) * value_stride_});
    }
    const bool marked = shape_.window > 0 && marked_ > 0;
    out.number(marked ? size(marked_) : 0);
    out.number(marked && saved_ ? 1 : 0);
    if (!marked || !saved_) return;
    out.number(size(saved_from_));
    const std::size_t count = size(marked_ - saved_from_);
    for (int head = 0; head < shape_.heads; ++head) {
        const std::size_t first = size(head) * size(shape_.window);
        out.bytes({saved_keys_.data() + first * key_stride_, count * key_stride_});
        out.bytes({saved_values_.data() + first * value_stride_, count * value_stride_});
    }
}

bool KeyValueMemory::load(StateReader& in) {
    clear();
    if (in.number() != tag_key_values) return false;
    for (const std::size_t n : {size(shape_.heads), key_stride_, value_stride_, size(shape_.window)}) {
        if (in.number() != n) return false;
    }
    const int length = in.count(most_length);
    const int base = in.count(size(length));
    if (!in.ok()) return false;
    // A smaller buffer than the one that was saved takes as much of the end as it holds.
    const int from = std::max(base, length - shape_.capacity);
    if (from > 0 && (shape_.window == 0 || length - (shape_.window - 1) < from)) return false;
    base_ = from;
    length_ = length;
    for (int head = 0; head < shape_.heads; ++head) {
        in.skip(size(from - base) * key_stride_);
        if (!in.copy(writable(key(head, from), size(length - from) * key_stride_))) return false;
        in.skip(size(from - base) * value_stride_);
        if (!in.copy(writable(value(head, from), size(length - from) * value_stride_))) return false;
    }
    return load_saved(in);
}

bool KeyValueMemory::load_saved(StateReader& in) {
    const int marked = in.count(size(length_));
    const int saved = in.count(1);
    if (!in.ok()) return false;
    if (marked == 0) return saved == 0;
    if (shape_.window == 0) return false;
    marked_ = marked;
    if (saved == 0) {
        // What was still in the larger buffer may not be in this one.
        if (base_ > 0 && marked - (shape_.window - 1) < base_) marked_ = -1;
        return true;
    }
    saved_from_ = in.count(size(marked));
    if (!in.ok() || saved_from_ != std::max(0, marked - (shape_.window - 1))) return false;
    const std::size_t slots = size(shape_.heads) * size(shape_.window);
    if (!saved_keys_.ensure(slots * key_stride_) || !saved_values_.ensure(slots * value_stride_))
        return false;
    const std::size_t count = size(marked - saved_from_);
    for (int head = 0; head < shape_.heads; ++head) {
        const std::size_t first = size(head) * size(shape_.window);
        if (!in.copy({saved_keys_.data() + first * key_stride_, count * key_stride_}) ||
            !in.copy({saved_values_.data() + first * value_stride_, count * value_stride_}))
            return false;
    }
    saved_ = true;
    return true;
}

void RecurrentMemory::save(StateWriter& out) const {
    out.number(tag_state);
    out.number(tail_values_);
    out.number(now_.size());
    out.number(size(length_));
    out.bytes(std::as_bytes(std::span(now_.data(), now_.size())));
    out.number(snapshots_.size());
    for (const Snapshot& snapshot : snapshots_) {
        out.number(size(snapshot.length));
        out.bytes(std::as_bytes(std::span(snapshot.values.data(), now_.size())));
    }
}

bool RecurrentMemory::load(StateReader& in) {
    clear();
    if (in.number() != tag_state || in.number() != tail_values_ || in.number() != now_.size()) return false;
    const int length = in.count(most_length);
    if (!in.copy(std::as_writable_bytes(std::span(now_.data(), now_.size())))) return false;
    const int snapshots = in.count(max_snapshots);
    int before = 0;
    for (int i = 0; i < snapshots; ++i) {
        Snapshot snapshot;
        snapshot.length = in.count(size(length));
        if (!in.ok() || snapshot.length <= before || !snapshot.values.resize(now_.size())) return false;
        if (!in.copy(std::as_writable_bytes(std::span(snapshot.values.data(), now_.size())))) return false;
        before = snapshot.length;
        snapshots_.push_back(std::move(snapshot));
    }
    length_ = length;
    return in.ok();
}

void SequenceMemory::save(StateWriter& out) const {
    out.number(layers_.size());
    out.number(size(length_));
    for (const auto& layer : layers_) layer->save(out);
}

bool SequenceMemory::load(StateReader& in) {
    if (in.number() != layers_.size()) return false;
    const int length = in.count(size(context_length_));
    if (!in.ok()) return false;
    for (const auto& layer : layers_) {
        if (!layer->load(in) || layer->length() != length) return false;
    }
    length_ = length;
    return in.ok() && in.at_end();
}

}  // namespace kinglet::engine
