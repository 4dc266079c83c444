#include "inference/vulkan/forward.h"

#include <algorithm>
#include <cstring>

#include "inference/arch/matrices.h"

namespace kinglet::vulkan {
namespace {

using Word = std::uint32_t;

/// Values of logits that are computed at once.
constexpr std::uint64_t logit_values = 4 << 20;
/// Tokens times layers that are handed over at once: a stop is heard in between, and no driver waits too
/// long.
constexpr int work_a_run = 128;

std::uint64_t size(int n) {
    return static_cast<std::uint64_t>(n);
}

constexpr Word most_splits = 16;
/// Into how many parts one token's attention is shared out: enough for a large card, changing seldom.
Word splits_for(int length) {
    Word splits = 1;
    while (splits < most_splits && size(length) > 256 * splits) splits *= 2;
    return splits;
}

struct Needs {
    std::uint64_t wide = 1, mixed = 1, small = 1, experts = 1, chosen = 1, rank = 1, parts = 1, inputs = 1;
};

/// Values a token needs of the buffers that layers share.
Needs needs_of(const arch::Description& model, int first_layer) {
    Needs n;
    const auto raise = [](std::uint64_t& value, std::uint64_t to) { value = std::max(value, to); };
    for (auto i = static_cast<std::size_t>(first_layer); i < model.layers.size(); ++i) {
        const arch::Layer& layer = model.layers[i];
        const arch::Attention& a = layer.attention;
        raise(n.wide, size(a.heads) * size(a.key_size) * (a.gated ? 2 : 1) +
                          size(a.kv_heads) * size(a.key_size + a.value_size));
        raise(n.mixed, size(a.heads) * size(a.value_size));
        raise(n.parts, size(a.heads) * most_splits * size(a.value_size + 2));
        raise(n.wide, 3 * size(model.width));
        const arch::DeltaNet& d = layer.delta;
        raise(n.wide, size(2 * d.key_heads + 2 * d.value_heads) * size(d.size) + 2 * size(d.value_heads));
        raise(n.mixed, size(d.value_heads) * size(d.size));
        const arch::Mamba2& m = layer.mamba;
        raise(n.wide, 2 * size(m.inner) + 2 * size(m.groups) * size(m.state) + size(m.heads));
        raise(n.mixed, size(m.inner));
        for (const arch::FeedForward* f : {&layer.ffn, &layer.shared_ffn}) {
            raise(n.wide, size(f->width) * 2);
            raise(n.wide, size(f->expert_used) * size(f->expert_width) * 2);
            raise(n.experts, size(f->expert_used) * size(model.width));
            raise(n.chosen, size(f->expert_used));
            raise(n.small, size(f->expert_count));
        }
        arch::for_each_linear(layer, [&](const arch::Linear& linear) {
            raise(n.inputs, linear.weight.cols());
            for (const LowRank& addition : linear.additions) raise(n.rank, addition.a.rows());
        });
    }
    for (const LowRank& addition : model.output.additions) raise(n.rank, addition.a.rows());
    raise(n.small, size(model.layer_embedding_width));
    return n;
}

}  // namespace

Forward::Forward(const ModelParts& parts, std::shared_ptr<const void> owner, int batch_size,
                 std::span<const CacheShape> caches)
    : parts_(parts),
      owner_(std::move(owner)),
      batch_size_(batch_size),
      heap_(parts.context),
      recorder_(parts.context, parts.pipelines),
      uploader_(parts.context, parts.pipelines),
      step_(parts.context, 256, MemoryUse::upload),
      ops_(recorder_, step_.slice()) {
    take_buffers(caches);
}

void Forward::take_buffers(std::span<const CacheShape> caches) {
    const arch::Description& model = parts_.model;
    const Needs needs = needs_of(model, parts_.first_layer);
    const auto take = [&](std::uint64_t values) {
        return heap_.take(size(batch_size_) * values * sizeof(float));
    };
    for (Slice* slice : {&x_, &normed_, &branch_, &branch2_}) *slice = take(size(model.width));
    wide_ = take(needs.wide);
    mixed_ = take(needs.mixed);
    small_ = take(needs.small);
    expert_rows_ = take(needs.experts);
    chosen_ = take(needs.chosen);
    portions_ = take(needs.chosen);
    low_rank_ = take(needs.rank);
    parts_room_ = heap_.take(needs.parts * sizeof(float));
    if (parts_.context.features().integer_dot)
        ops_.set_room(heap_.take(Operations::quantized_bytes(needs.inputs, size(batch_size_))));
    std::uint64_t input_values = size(model.width) + size(model.layer_embedding_width) * model.layers.size();
    for (const arch::Rope& rope : model.ropes) {
        angles_.push_back(take(size(rope.dimensions)));
        input_values += size(rope.dimensions);
    }
    if (model.layer_embedding_width > 0)
        layer_inputs_ = take(size(model.layer_embedding_width) * model.layers.size());
    input_ = std::make_unique<Buffer>(parts_.context, size(batch_size_) * input_values * sizeof(float),
                                      MemoryUse::upload);

    caches_.resize(model.layers.size());
    states_.resize(model.layers.size());
    for (auto i = static_cast<std::size_t>(parts_.first_layer); i < model.layers.size(); ++i)
        take_layer(i, caches);
    mirror_ = std::make_unique<Buffer>(
        parts_.context, std::max<std::uint64_t>(mirror_values_, 1) * sizeof(float), MemoryUse::download);
    std::uint64_t output_values = size(batch_size_) * size(model.width);
    if (model.output) {
        const auto rows = logit_values / size(model.vocabulary_size);
        logit_rows_ = static_cast<int>(std::clamp<std::uint64_t>(rows, 1, size(batch_size_)));
        logits_ = heap_.take(size(logit_rows_) * size(model.vocabulary_size) * sizeof(float));
        output_values = std::max(output_values, size(logit_rows_) * size(model.vocabulary_size));
    }
    output_ = std::make_unique<Buffer>(parts_.context, output_values * sizeof(float), MemoryUse::download);
}

// Buffers of what a layer keeps from token to token.
void Forward::take_layer(std::size_t index, std::span<const CacheShape> caches) {
    const arch::Layer& layer = parts_.model.layers[index];
    const arch::Attention& a = layer.attention;
    if (layer.mixer == arch::Mixer::attention) {
        if (a.kv_layer != static_cast<int>(index)) return;
        LayerCache& kept = caches_[index];
        kept.kv_heads = a.kv_heads;
        const DTypeInfo& type = dtype_info(caches[index].type);
        const auto make = [&](int length) {
            Cache cache;
            cache.type = caches[index].type;
            cache.size = static_cast<Word>(length);
            cache.bytes = cache.size / type.block_length * type.block_bytes;
            cache.capacity = static_cast<Word>(caches[index].capacity);
            cache.data = heap_.take(size(a.kv_heads) * cache.capacity * cache.bytes);
            return cache;
        };
        kept.keys = make(a.key_size);
        kept.values = make(a.value_size);
        kept.mirrored = mirror_values_;
        mirror_values_ += size(batch_size_) * size(a.kv_heads) * size(a.key_size + a.value_size);
        return;
    }
    const arch::DeltaNet& d = layer.delta;
    const arch::Mamba2& m = layer.mamba;
    LayerState& state = states_[index];
    std::uint64_t tail = 0, matrices = 0;
    if (layer.mixer == arch::Mixer::short_convolution) {
        tail = size(layer.convolution.taps - 1) * width();
    } else if (layer.mixer == arch::Mixer::delta_net) {
        tail = size(d.taps - 1) * size(2 * d.key_heads + d.value_heads) * size(d.size);
        matrices = size(d.value_heads) * size(d.size) * size(d.size);
    } else {
        tail = size(m.taps - 1) * size(m.inner + 2 * m.groups * m.state);
        matrices = size(m.inner) * size(m.state);
    }
    state.data = heap_.take((tail + matrices) * sizeof(float));
    state.tail = {state.data.buffer, state.data.offset, tail * sizeof(float), nullptr};
    state.tail_values = static_cast<Word>(tail);
    state.mirrored = mirror_values_;
    mirror_values_ += tail + matrices;
}

// Brings the device to `position` where it stands elsewhere, from the processor's memory.
void Forward::resynchronise(int position, HostMemory& memory) {
    if (position == length_ && position > 0) return;
    const auto layers = static_cast<int>(parts_.model.layers.size());
    for (int i = parts_.first_layer; i < layers; ++i) {
        const LayerCache& kept = cache(i);
        if (const LayerState& state = states_[static_cast<std::size_t>(i)]; state.data) {
            uploader_.copy(std::as_bytes(memory.state(i)), state.data);
        } else if (kept.keys.data) {
            // A ring that went round has lost what came before.
            const bool whole = length_ <= static_cast<int>(kept.keys.capacity);
            const int known = whole ? std::min(length_, position) : 0;
            const int oldest =
                std::max(memory.first_kept(i), position - static_cast<int>(kept.keys.capacity));
            upload_cache(i, std::max(known, oldest), position, memory);
        }
    }
    uploader_.finish();
    length_ = position;
}

void Forward::upload_cache(int layer, int first, int last, HostMemory& memory) {
    const LayerCache& kept = cache(layer);
    const auto capacity = static_cast<int>(kept.keys.capacity);
    for (int at = first; at < last;) {
        const int slot = at % capacity;
        const int count = std::min(last - at, capacity - slot);
        for (int head = 0; head < kept.kv_heads; ++head) {
            const auto copy = [&](const std::byte* from, const Cache& to) {
                const std::uint64_t place = (size(head) * size(capacity) + size(slot)) * to.bytes;
                uploader_.copy({from, size(count) * to.bytes},
                               {to.data.buffer, to.data.offset + place, size(count) * to.bytes, nullptr});
            };
            copy(memory.keys(layer, head, at), kept.keys);
            copy(memory.values(layer, head, at), kept.values);
        }
        at += count;
    }
}

void Forward::write_inputs(const Batch& batch) {
    const std::array<Word, 2> step{static_cast<Word>(batch.position),
                                   static_cast<Word>(batch.position + batch.count)};
    std::memcpy(step_.slice().mapped, step.data(), sizeof(step));
    std::byte* to = input_->slice().mapped;
    const auto put = [&](const float* values, std::uint64_t each) {
        const std::uint64_t bytes = size(batch.count) * each * sizeof(float);
        std::memcpy(to, values, bytes);
        to += bytes;
    };
    put(batch.stream, width());
    for (std::size_t i = 0; i < angles_.size(); ++i)
        put(batch.angles[i], size(parts_.model.ropes[i].dimensions));
    if (layer_inputs_)
        put(batch.layer_inputs, size(parts_.model.layer_embedding_width) * parts_.model.layers.size());
}

void Forward::record_inputs() {
    Slice from = input_->slice();
    const auto take = [&](const Slice& to, std::uint64_t each) {
        from.bytes = size(count_) * each * sizeof(float);
        if (from.bytes > 0) recorder_.copy(from, to);
        from.offset += from.bytes;
    };
    take(x_, width());
    for (std::size_t i = 0; i < angles_.size(); ++i) take(angles_[i], size(parts_.model.ropes[i].dimensions));
    if (layer_inputs_)
        take(layer_inputs_, size(parts_.model.layer_embedding_width) * parts_.model.layers.size());
    recorder_.wait();
}

Status Forward::run(const Batch& batch, HostMemory& memory, const std::stop_token& stop) {
    return guarded(parts_.context.info().name, [&] { return run_checked(batch, memory, stop); });
}

Status Forward::run_checked(const Batch& batch, HostMemory& memory, const std::stop_token& stop) {
    resynchronise(batch.position, memory);
    // Until all is well, what the device keeps is not to be relied on.
    length_ = 0;
    write_inputs(batch);
    count_ = batch.count;
    splits_ = batch.count == 1 ? splits_for(batch.position + 1) : 1;
    if (batch.count == 1 && batch.wanted == Wanted::last_logits) {
        run_recorded(batch);
    } else if (auto status = run_anew(batch, stop); !status) {
        return status;
    }
    mirror(batch, memory);
    length_ = batch.position + batch.count;
    return {};
}

// All layers and the logits of the last token.
void Forward::record_step() {
    recorder_.begin();
    record_inputs();
    for (int i = parts_.first_layer; i < static_cast<int>(parts_.model.layers.size()); ++i) record_layer(i);
    if (parts_.model.output) record_head(count_ - 1, 1);
    recorder_.end();
}

void Forward::record_steps() {
    recorded_splits_ = 0;
    for (const int count : {1, batch_size_}) {
        count_ = count;
        splits_ = count == 1 ? most_splits : 1;
        record_step();
    }
}

// One token of an answer: the commands of the token before do again, as long as attention is shared out
// alike.
void Forward::run_recorded(const Batch& batch) {
    if (recorded_splits_ != splits_) {
        recorded_splits_ = 0;
        record_step();
        recorded_splits_ = splits_;
        parts_.pipelines.save();
    }
    recorder_.run();
    std::memcpy(batch.logits, output_->slice().mapped, size(parts_.model.vocabulary_size) * sizeof(float));
}

Status Forward::run_anew(const Batch& batch, const std::stop_token& stop) {
    recorded_splits_ = 0;
    const auto layers = static_cast<int>(parts_.model.layers.size());
    const int each = std::max(1, work_a_run / batch.count);
    for (int i = parts_.first_layer; i < layers; i += each) {
        if (stop.stop_requested()) return fail(ErrorCode::cancelled, "Stopped");
        recorder_.begin();
        if (i == parts_.first_layer) record_inputs();
        for (int j = i; j < std::min(layers, i + each); ++j) record_layer(j);
        recorder_.end();
        recorder_.run();
    }
    if (batch.wanted == Wanted::nothing) return {};
    const auto vocabulary = size(parts_.model.vocabulary_size);
    const int first = batch.wanted == Wanted::last_logits ? batch.count - 1 : 0;
    for (int row = first; row < batch.count; row += logit_rows_) {
        const int rows = std::min(logit_rows_, batch.count - row);
        recorder_.begin();
        record_head(row, rows);
        recorder_.end();
        recorder_.run();
        std::memcpy(batch.logits + size(row - first) * vocabulary, output_->slice().mapped,
                    size(rows) * vocabulary * sizeof(float));
    }
    return {};
}

// What the batch added, into the processor's memory.
void Forward::mirror(const Batch& batch, HostMemory& memory) {
    const auto* values = reinterpret_cast<const float*>(mirror_->slice().mapped);
    for (int i = parts_.first_layer; i < static_cast<int>(parts_.model.layers.size()); ++i) {
        const LayerCache& kept = cache(i);
        if (const LayerState& state = states_[static_cast<std::size_t>(i)]; state.data) {
            std::copy_n(values + state.mirrored, memory.state(i).size(), memory.state(i).data());
            memory.advance(i, batch.count);
        } else if (kept.keys.data) {
            const std::uint64_t keys = size(kept.kv_heads) * kept.keys.size;
            const std::uint64_t stride = keys + size(kept.kv_heads) * kept.values.size;
            const float* rows = values + kept.mirrored;
            memory.append(i, batch.count, rows, rows + keys, stride);
        }
    }
}

Status Forward::read_stream(float* out) {
    return guarded(parts_.context.info().name, [&]() -> Status {
        recorded_splits_ = 0;
        recorder_.begin();
        Slice from = x_;
        from.bytes = size(count_) * width() * sizeof(float);
        recorder_.copy(from, output_->slice());
        recorder_.end();
        recorder_.run();
        std::memcpy(out, output_->slice().mapped, from.bytes);
        return {};
    });
}

void Forward::record_layer(int index) {
    const arch::Layer& l = parts_.model.layers[static_cast<std::size_t>(index)];
    const auto count = static_cast<Word>(count_);
    const auto added = [&](const Slice& a, const Slice& b) {
        ops_.map(MapOperation::add_scaled, rows_of(a, width()), rows_of(b, width()), rows_of(a, width()),
                 count);
        ops_.wait();
    };
    const auto normed = [&](const arch::Norm& n) {
        if (!n) return x_;
        norm(n, x_, normed_, count);
        return normed_;
    };
    const Slice in = normed(l.mixer_norm);
    switch (l.mixer) {
        case arch::Mixer::attention:
            attention(l.attention, index, in);
            break;
        case arch::Mixer::short_convolution:
            short_convolution(l.convolution, index, in);
            break;
        case arch::Mixer::delta_net:
            delta_net(l.delta, index, in);
            break;
        case arch::Mixer::mamba2:
            mamba(l.mamba, index, in);
            break;
    }
    if (l.parallel) {
        feed_forward(l.ffn, l.ffn_norm ? normed(l.ffn_norm) : in, branch2_);
        added(branch_, branch2_);
        add_branch(branch_, {}, l.ffn_stream_norm, l.residual_scale);
    } else {
        add_branch(branch_, l.mixer_output_norm, l.stream_norm, l.residual_scale);
        const Slice ffn_in = normed(l.ffn_norm);
        feed_forward(l.ffn, ffn_in, branch_);
        if (l.shared_ffn.down) {
            feed_forward(l.shared_ffn, ffn_in, branch2_);
            added(branch_, branch2_);
        }
        add_branch(branch_, l.ffn_output_norm, l.ffn_stream_norm, l.residual_scale);
    }
    if (l.per_layer.gate) per_layer_input(l.per_layer, index);
    if (l.output_scale != 1) {
        ops_.map(MapOperation::scale, rows_of(x_, width()), {}, rows_of(x_, width()), count, l.output_scale);
        ops_.wait();
    }
}

void Forward::add_branch(const Slice& branch, const arch::Norm& branch_norm, const arch::Norm& stream_norm,
                         float scale) {
    const auto count = static_cast<Word>(count_);
    if (branch_norm) norm(branch_norm, branch, branch, count);
    ops_.map(MapOperation::add_scaled, rows_of(x_, width()), rows_of(branch, width()), rows_of(x_, width()),
             count, scale);
    ops_.wait();
    if (stream_norm) norm(stream_norm, x_, x_, count);
}

void Forward::record_head(int first_row, int rows) {
    const arch::Description& model = parts_.model;
    const auto count = static_cast<Word>(rows);
    const auto vocabulary = static_cast<Word>(model.vocabulary_size);
    Slice x = x_;
    const Heads from{{x, static_cast<Word>(first_row) * width(), width()}, 1, width(), 0};
    const Heads to = rows_of(normed_, width());
    if (model.output_norm) {
        ops_.norm(from, to, count, options_of(model.output_norm));
    } else {
        ops_.map(MapOperation::scale, from, {}, to, count, 1);
    }
    ops_.wait();
    if (model.head_dense) {
        multiply(model.head_dense, to.rows, count, {branch_, 0, width()});
        ops_.map(MapOperation::gelu_erf, rows_of(branch_, width()), {}, rows_of(branch_, width()), count);
        ops_.wait();
        norm(model.head_norm, branch_, normed_, count);
    }
    multiply(model.output, to.rows, count, {logits_, 0, vocabulary});
    const Heads logits = rows_of(logits_, vocabulary);
    if (model.logit_scale != 1) {
        ops_.map(MapOperation::scale, logits, {}, logits, count, model.logit_scale);
        ops_.wait();
    }
    if (model.logit_softcap > 0) {
        ops_.map(MapOperation::softcap, logits, {}, logits, count, model.logit_softcap);
        ops_.wait();
    }
    Slice result = logits_;
    result.bytes = size(rows) * vocabulary * sizeof(float);
    recorder_.copy(result, output_->slice());
}

NormOptions Forward::options_of(const arch::Norm& norm) const {
    NormOptions options;
    options.kind = norm.kind == arch::NormKind::layer ? NormOperation::layer : NormOperation::rms;
    options.gain = parts_.weights.vector(norm.gain);
    options.bias = parts_.weights.vector(norm.bias);
    options.epsilon = norm.epsilon;
    return options;
}

void Forward::norm(const arch::Norm& norm, const Slice& x, const Slice& y, Word count) {
    ops_.norm(rows_of(x, width()), rows_of(y, width()), count, options_of(norm));
    ops_.wait();
}

// y = linear(x), with what adapters add.
void Forward::multiply(const arch::Linear& linear, const Rows& x, Word count, const Rows& y) {
    MultiplyOptions options;
    options.bias = parts_.weights.vector(linear.bias);
    ops_.multiply(parts_.weights.matrix(linear.weight), x, count, y, options);
    ops_.wait();
    for (const LowRank& addition : linear.additions) {
        const Rows inner{low_rank_, 0, static_cast<Word>(addition.a.rows())};
        ops_.multiply(parts_.weights.matrix(addition.a), x, count, inner);
        ops_.wait();
        MultiplyOptions more;
        more.scale = addition.scale;
        more.added = true;
        ops_.multiply(parts_.weights.matrix(addition.b), inner, count, y, more);
        ops_.wait();
    }
}

}  // namespace kinglet::vulkan
