#include "inference/engine/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace kinglet::engine {

std::string_view kv_type_name(KvType type) {
    switch (type) {
        case KvType::f32:
            return "f32";
        case KvType::q8_0:
            return "q8_0";
        case KvType::q4_0:
            return "q4_0";
        case KvType::f16:
            break;
    }
    return "f16";
}

namespace {

/// Sizes of a recurrent layer's memory, in values.
struct StateShape {
    std::size_t tail = 0;
    std::size_t state = 0;
};

StateShape state_shape(const arch::Layer& layer, int width) {
    const auto product = [](int a, int b, int c = 1) {
        return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c);
    };
    switch (layer.mixer) {
        case arch::Mixer::short_convolution:
            return {product(layer.convolution.taps - 1, width), 0};
        case arch::Mixer::delta_net: {
            const arch::DeltaNet& d = layer.delta;
            return {product(d.taps - 1, 2 * d.key_heads + d.value_heads, d.size),
                    product(d.value_heads, d.size, d.size)};
        }
        case arch::Mixer::mamba2: {
            const arch::Mamba2& m = layer.mamba;
            return {product(m.taps - 1, m.inner + 2 * m.groups * m.state), product(m.inner, m.state)};
        }
        case arch::Mixer::attention:
            break;
    }
    return {};
}

/// Bytes of a key or value of `size` values, which are whole blocks.
std::size_t vector_bytes(DType type, int size) {
    const DTypeInfo& info = dtype_info(type);
    return static_cast<std::size_t>(size) / info.block_length * info.block_bytes;
}

bool keeps_keys(const arch::Description& model, std::size_t layer) {
    const arch::Layer& l = model.layers[layer];
    return l.mixer == arch::Mixer::attention && l.attention.kv_layer == static_cast<int>(layer);
}

KeyValueMemory::Shape key_value_shape(const arch::Attention& a, int context_length, int batch) {
    KeyValueMemory::Shape shape{a.kv_heads, a.key_size, a.value_size, 0, context_length};
    // Twice the window, so that the tail moves seldom; a batch needs room beside the window it still sees.
    if (a.causal && a.window > 0 && 2 * static_cast<std::int64_t>(a.window) + batch < context_length) {
        shape.window = a.window;
        shape.capacity = 2 * a.window + batch;
    }
    return shape;
}

}  // namespace

DType dtype_of(KvType type) {
    switch (type) {
        case KvType::f32:
            return DType::f32;
        case KvType::q8_0:
            return DType::q8_0;
        case KvType::q4_0:
            return DType::q4_0;
        case KvType::f16:
            break;
    }
    return DType::f16;
}

DType KeyValueMemory::stored_type(const Shape& shape, KvType wanted) {
    const DType type = dtype_of(wanted);
    const auto block = static_cast<int>(dtype_info(type).block_length);
    return shape.key_size % block == 0 && shape.value_size % block == 0 ? type : DType::f16;
}

std::uint64_t KeyValueMemory::bytes(const Shape& shape, KvType type) {
    const DType stored = stored_type(shape, type);
    return static_cast<std::uint64_t>(shape.heads) * static_cast<std::uint64_t>(shape.capacity) *
           (vector_bytes(stored, shape.key_size) + vector_bytes(stored, shape.value_size));
}

bool KeyValueMemory::create(const Shape& shape, KvType type) {
    shape_ = shape;
    type_ = stored_type(shape, type);
    key_stride_ = vector_bytes(type_, shape.key_size);
    value_stride_ = vector_bytes(type_, shape.value_size);
    const auto slots = static_cast<std::size_t>(shape.heads) * static_cast<std::size_t>(shape.capacity);
    return keys_.resize(slots * key_stride_) && values_.resize(slots * value_stride_);
}

const std::byte* KeyValueMemory::key(int head, int position) const {
    const auto slot = static_cast<std::size_t>(head) * static_cast<std::size_t>(shape_.capacity) +
                      static_cast<std::size_t>(position - base_);
    return keys_.data() + slot * key_stride();
}

const std::byte* KeyValueMemory::value(int head, int position) const {
    const auto slot = static_cast<std::size_t>(head) * static_cast<std::size_t>(shape_.capacity) +
                      static_cast<std::size_t>(position - base_);
    return values_.data() + slot * value_stride();
}

void KeyValueMemory::make_room(int n) {
    if (length_ - base_ + n <= shape_.capacity) return;
    assert(shape_.window > 0);
    // The next token sees window - 1 earlier positions.
    const int keep_from = std::max(base_, length_ - (shape_.window - 1));
    if (marked_ > 0 && !saved_ && marked_ - (shape_.window - 1) < keep_from) save_marked();
    const auto count = static_cast<std::size_t>(length_ - keep_from);
    for (int head = 0; head < shape_.heads; ++head) {
        std::memmove(const_cast<std::byte*>(key(head, base_)), key(head, keep_from), count * key_stride());
        std::memmove(const_cast<std::byte*>(value(head, base_)), value(head, keep_from),
                     count * value_stride());
    }
    base_ = keep_from;
}

void KeyValueMemory::append(const kernels::KernelTable& table, int n, const float* keys, const float* values,
                            std::size_t stride) {
    make_room(n);
    const auto key_size = static_cast<std::size_t>(shape_.key_size);
    const auto value_size = static_cast<std::size_t>(shape_.value_size);
    const auto encode = table.of(type_).from_float;
    const auto store = [&](const float* from, const std::byte* to, std::size_t count) {
        encode(from, const_cast<std::byte*>(to), count);
    };
    for (int i = 0; i < n; ++i) {
        for (int head = 0; head < shape_.heads; ++head) {
            const auto row = static_cast<std::size_t>(i) * stride;
            const auto h = static_cast<std::size_t>(head);
            store(keys + row + h * key_size, key(head, length_ + i), key_size);
            store(values + row + h * value_size, value(head, length_ + i), value_size);
        }
    }
    length_ += n;
}

void KeyValueMemory::clear() {
    length_ = 0;
    base_ = 0;
    marked_ = -1;
    saved_ = false;
}

int KeyValueMemory::restorable(int wanted) const {
    wanted = std::clamp(wanted, 0, length_);
    // The token after `wanted` looks back window - 1 positions; those must still be here.
    if (base_ == 0 || wanted - (shape_.window - 1) >= base_) return wanted;
    return saved_ && marked_ <= wanted ? marked_ : 0;
}

void KeyValueMemory::truncate(int length) {
    if (length == 0) {
        clear();
        return;
    }
    if (base_ > 0 && length - (shape_.window - 1) < base_) {
        assert(saved_ && length == marked_);
        base_ = saved_from_;
        copy_saved(true);
    }
    if (length < marked_) {
        marked_ = -1;
        saved_ = false;
    }
    length_ = length;
}

bool KeyValueMemory::snapshot() {
    if (shape_.window == 0 || length_ == marked_) return true;
    marked_ = length_;
    saved_ = false;
    return true;
}

void KeyValueMemory::copy(const LayerMemory& other) {
    const auto& from = static_cast<const KeyValueMemory&>(other);
    clear();
    base_ = from.base_;
    length_ = from.length_;
    const auto count = static_cast<std::size_t>(length_ - base_);
    for (int head = 0; head < shape_.heads && count > 0; ++head) {
        std::memcpy(const_cast<std::byte*>(key(head, base_)), from.key(head, base_), count * key_stride());
        std::memcpy(const_cast<std::byte*>(value(head, base_)), from.value(head, base_),
                    count * value_stride());
    }
}

void KeyValueMemory::save_marked() {
    saved_from_ = std::max(0, marked_ - (shape_.window - 1));
    if (saved_from_ < base_) return;
    const auto count = static_cast<std::size_t>(shape_.heads) * static_cast<std::size_t>(shape_.window);
    // Without the memory for it, going back will cost a new computation, nothing else.
    if (!saved_keys_.ensure(count * key_stride()) || !saved_values_.ensure(count * value_stride())) return;
    copy_saved(false);
    saved_ = true;
}

void KeyValueMemory::copy_saved(bool back) {
    const auto count = static_cast<std::size_t>(marked_ - saved_from_);
    const auto copy = [&](std::byte* saved, const std::byte* kept, std::size_t stride, int head) {
        std::byte* here =
            saved + static_cast<std::size_t>(head) * static_cast<std::size_t>(shape_.window) * stride;
        auto* there = const_cast<std::byte*>(kept);
        std::memcpy(back ? there : here, back ? here : there, count * stride);
    };
    for (int head = 0; head < shape_.heads; ++head) {
        copy(saved_keys_.data(), key(head, saved_from_), key_stride(), head);
        copy(saved_values_.data(), value(head, saved_from_), value_stride(), head);
    }
}

std::uint64_t RecurrentMemory::bytes(std::size_t tail_values, std::size_t state_values) {
    return (tail_values + state_values) * sizeof(float);
}

bool RecurrentMemory::create(std::size_t tail_values, std::size_t state_values) {
    tail_values_ = tail_values;
    if (!now_.resize(tail_values + state_values)) return false;
    clear();
    return true;
}

void RecurrentMemory::clear() {
    std::fill_n(now_.data(), now_.size(), 0.0F);
    snapshots_.clear();
    length_ = 0;
}

int RecurrentMemory::restorable(int wanted) const {
    if (wanted >= length_) return length_;
    for (auto it = snapshots_.rbegin(); it != snapshots_.rend(); ++it) {
        if (it->length <= wanted) return it->length;
    }
    return 0;
}

void RecurrentMemory::truncate(int length) {
    if (length == length_) return;
    if (length == 0) {
        clear();
        return;
    }
    while (!snapshots_.empty() && snapshots_.back().length > length) snapshots_.pop_back();
    assert(!snapshots_.empty() && snapshots_.back().length == length);
    std::copy_n(snapshots_.back().values.data(), now_.size(), now_.data());
    length_ = length;
}

bool RecurrentMemory::snapshot() {
    if (length_ == 0 || (!snapshots_.empty() && snapshots_.back().length == length_)) return true;
    Snapshot now;
    now.length = length_;
    if (!now.values.resize(now_.size())) return false;
    std::copy_n(now_.data(), now_.size(), now.values.data());
    if (snapshots_.size() == max_snapshots) snapshots_.erase(snapshots_.begin());
    snapshots_.push_back(std::move(now));
    return true;
}

void RecurrentMemory::copy(const LayerMemory& other) {
    const auto& from = static_cast<const RecurrentMemory&>(other);
    snapshots_.clear();
    std::copy_n(from.now_.data(), now_.size(), now_.data());
    length_ = from.length_;
}

std::uint64_t SequenceMemory::bytes(const arch::Description& model, int context_length, int batch,
                                    KvType type) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
        const arch::Layer& layer = model.layers[i];
        if (layer.mixer == arch::Mixer::attention) {
            if (keeps_keys(model, i)) {
                sum += KeyValueMemory::bytes(key_value_shape(layer.attention, context_length, batch), type);
            }
        } else {
            const StateShape shape = state_shape(layer, model.width);
            sum += RecurrentMemory::bytes(shape.tail, shape.state);
        }
    }
    return sum;
}

SequenceMemory::Fallback SequenceMemory::fallback(const arch::Description& model, KvType type) {
    Fallback result;
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
        if (!keeps_keys(model, i)) continue;
        ++result.layers;
        const KeyValueMemory::Shape shape = key_value_shape(model.layers[i].attention, 1, 1);
        if (KeyValueMemory::stored_type(shape, type) != dtype_of(type)) ++result.as_f16;
    }
    return result;
}

Result<SequenceMemory> SequenceMemory::create(const arch::Description& model, int context_length, int batch,
                                              KvType type) {
    SequenceMemory memory;
    memory.context_length_ = context_length;
    memory.key_values_.resize(model.layers.size());
    memory.states_.resize(model.layers.size());
    bool enough = true;
    for (std::size_t i = 0; i < model.layers.size() && enough; ++i) {
        const arch::Layer& layer = model.layers[i];
        if (layer.mixer != arch::Mixer::attention) {
            auto state = std::make_unique<RecurrentMemory>();
            const StateShape shape = state_shape(layer, model.width);
            enough = state->create(shape.tail, shape.state);
            memory.states_[i] = state.get();
            memory.layers_.push_back(std::move(state));
            memory.needs_snapshots_ = true;
        } else if (keeps_keys(model, i)) {
            auto keys = std::make_unique<KeyValueMemory>();
            const KeyValueMemory::Shape shape = key_value_shape(layer.attention, context_length, batch);
            enough = keys->create(shape, type);
            memory.needs_snapshots_ = memory.needs_snapshots_ || shape.window > 0;
            memory.key_values_[i] = keys.get();
            memory.layers_.push_back(std::move(keys));
        }
    }
    if (!enough) {
        return fail(ErrorCode::out_of_memory,
                    fmt::format("There is not enough memory for a context of {} tokens, which takes {} MB",
                                context_length, bytes(model, context_length, batch, type) >> 20),
                    "Choose a shorter context or a smaller model.");
    }
    return memory;
}

void SequenceMemory::clear() {
    for (const auto& layer : layers_) layer->clear();
    length_ = 0;
}

int SequenceMemory::truncate(int wanted) {
    // A layer that must go further back takes the others along, until all agree.
    int length = std::clamp(wanted, 0, length_);
    for (bool changed = true; changed;) {
        changed = false;
        for (const auto& layer : layers_) {
            const int possible = layer->restorable(length);
            changed = changed || possible != length;
            length = std::min(length, possible);
        }
    }
    for (const auto& layer : layers_) layer->truncate(length);
    length_ = length;
    return length;
}

void SequenceMemory::snapshot() {
    for (const auto& layer : layers_) {
        if (!layer->snapshot()) return;
    }
}

void SequenceMemory::copy(const SequenceMemory& other) {
    for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i]->copy(*other.layers_[i]);
    length_ = other.length_;
    // So that what both have in common can be gone back to, where that takes a snapshot.
    snapshot();
}

}  // namespace kinglet::engine
