#include "inference/engine/forward.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "inference/engine/forward_each.h"

namespace kinglet::engine {
namespace {

std::size_t size(int n) {
    return static_cast<std::size_t>(n);
}

Status out_of_memory() {
    return fail(ErrorCode::out_of_memory, "There is not enough memory to compute the next tokens",
                "Close other programs, choose a shorter context or a smaller model.");
}

}  // namespace

Forward::Forward(const arch::Description& model, ModelDevice& device, const kernels::KernelTable& table,
                 ThreadPool& pool, int context_length, int batch_size)
    : model_(model), table_(table), pool_(pool), device_(model, device, table), batch_size_(batch_size) {
    for (const arch::Rope& rope : model.ropes) ropes_.emplace_back(rope, context_length);
}

Status Forward::run(std::span<const Token> tokens, SequenceMemory& memory, Rows rows, float* logits,
                    const std::stop_token& stop) {
    count_ = static_cast<int>(tokens.size());
    position_ = memory.length();
    for (RopeTable& rope : ropes_) {
        if (!rope.prepare(position_, count_)) return out_of_memory();
    }
    if (!embed(tokens, position_)) return out_of_memory();
    const int device_from = device_.first_layer(memory, batch_size_);
    on_device_ = false;
    for (int i = 0; i < static_cast<int>(model_.layers.size()); ++i) {
        if (stop.stop_requested()) return fail(ErrorCode::cancelled, "Stopped");
        if (i == device_from) {
            const auto done = run_on_device(memory, rows, logits, stop);
            if (!done) return tl::unexpected(done.error());
            if (*done) return {};
        }
        if (!layer(i, memory)) return out_of_memory();
    }
    memory.advance(count_);
    if (rows == Rows::none) return {};
    const int first = rows == Rows::last ? count_ - 1 : 0;
    if (!head(x_.data() + size(first) * size(model_.width), count_ - first, logits)) return out_of_memory();
    return {};
}

Result<bool> Forward::run_on_device(SequenceMemory& memory, Rows rows, float* logits,
                                    const std::stop_token& stop) {
    DeviceBatch batch;
    batch.count = count_;
    batch.stream = x_.data();
    batch.ropes = ropes_;
    batch.layer_inputs = layer_inputs_.data();
    batch.wanted = rows == Rows::none   ? vulkan::Wanted::nothing
                   : rows == Rows::last ? vulkan::Wanted::last_logits
                                        : vulkan::Wanted::all_logits;
    batch.logits = logits;
    const auto done = device_.run(batch, memory, stop);
    if (!done || !*done) return done;
    on_device_ = true;
    memory.advance(count_);
    return true;
}

Status Forward::hidden_states(float* out) {
    if (on_device_) {
        if (auto status = device_.read_stream(x_.data()); !status) return status;
    }
    norm_rows(model_.output_norm, x_.data(), out, model_.width, count_);
    return {};
}

bool Forward::embed(std::span<const Token> tokens, int first) {
    const auto width = size(model_.width);
    if (!x_.ensure(tokens.size() * width) || !normed_.ensure(tokens.size() * width)) return false;
    const TensorView& table = model_.token_embedding;
    const TensorView& positions = model_.position_embedding;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        float* x = x_.data() + i * width;
        table_.of(table.type).to_float(table.row(size(tokens[i])), x, width);
        if (model_.embedding_scale != 1) table_.scale(x, width, model_.embedding_scale);
        if (model_.type_embedding != nullptr) table_.add(x, model_.type_embedding, x, width);
        if (positions) {
            float* row = normed_.data();
            table_.of(positions.type).to_float(positions.row(size(first) + i), row, width);
            table_.add(x, row, x, width);
        }
        if (model_.embedding_norm) norm_row(model_.embedding_norm, x, x, model_.width);
    }
    return model_.layer_embedding_width == 0 || embed_per_layer(tokens);
}

bool Forward::embed_per_layer(std::span<const Token> tokens) {
    const int each_width = model_.layer_embedding_width;
    const int total = each_width * static_cast<int>(model_.layers.size());
    if (!layer_inputs_.ensure(tokens.size() * size(total)) || !small_.ensure(size(total))) return false;
    if (!multiply(model_.layer_projection, x_.data(), count_, layer_inputs_.data())) return false;
    const TensorView& table = model_.layer_embedding;
    const float projection_scale = 1 / std::sqrt(static_cast<float>(model_.width));
    const float embedding_scale = std::sqrt(static_cast<float>(each_width));
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        float* row = layer_inputs_.data() + i * size(total);
        table_.scale(row, size(total), projection_scale);
        for (int at = 0; at < total; at += each_width) {
            norm_row(model_.layer_projection_norm, row + at, row + at, each_width);
        }
        table_.of(table.type).to_float(table.row(size(tokens[i])), small_.data(), size(total));
        table_.axpy(row, small_.data(), size(total), embedding_scale);
        table_.scale(row, size(total), 1 / std::sqrt(2.0F));
    }
    return true;
}

bool Forward::layer(int index, SequenceMemory& memory) {
    const arch::Layer& l = model_.layers[size(index)];
    const std::size_t values = size(count_) * size(model_.width);
    if (!branch_.ensure(values) || !branch2_.ensure(values)) return false;

    const float* in = x_.data();
    if (l.mixer_norm) {
        norm_rows(l.mixer_norm, x_.data(), normed_.data(), model_.width, count_);
        in = normed_.data();
    }
    activations_.assign(in, size(count_), size(model_.width));
    if (!mix(l, index, memory)) return false;

    if (l.parallel) {
        if (l.ffn_norm) {
            norm_rows(l.ffn_norm, x_.data(), normed_.data(), model_.width, count_);
            in = normed_.data();
        }
        if (!feed_forward(l.ffn, in, branch2_.data())) return false;
        table_.add(branch_.data(), branch2_.data(), branch_.data(), values);
        add_branch(branch_.data(), {}, l.ffn_stream_norm, l.residual_scale);
    } else {
        add_branch(branch_.data(), l.mixer_output_norm, l.stream_norm, l.residual_scale);
        in = x_.data();
        if (l.ffn_norm) {
            norm_rows(l.ffn_norm, x_.data(), normed_.data(), model_.width, count_);
            in = normed_.data();
        }
        if (!feed_forward(l.ffn, in, branch_.data())) return false;
        if (l.shared_ffn.down) {
            if (!feed_forward(l.shared_ffn, in, branch2_.data())) return false;
            table_.add(branch_.data(), branch2_.data(), branch_.data(), values);
        }
        add_branch(branch_.data(), l.ffn_output_norm, l.ffn_stream_norm, l.residual_scale);
    }
    if (l.per_layer.gate && !per_layer_input(l.per_layer, index)) return false;
    if (l.output_scale != 1) table_.scale(x_.data(), values, l.output_scale);
    return true;
}

bool Forward::mix(const arch::Layer& l, int index, SequenceMemory& memory) {
    switch (l.mixer) {
        case arch::Mixer::attention:
            return attention(l.attention, index, memory);
        case arch::Mixer::short_convolution:
            return short_convolution(l.convolution, *memory.state(index));
        case arch::Mixer::delta_net:
            return delta_net(l.delta, *memory.state(index));
        case arch::Mixer::mamba2:
            return mamba(l.mamba, *memory.state(index));
    }
    return false;
}

void Forward::add_branch(float* branch, const arch::Norm& branch_norm, const arch::Norm& stream_norm,
                         float scale) {
    const auto width = size(model_.width);
    each(count_, width * 4, [&](int i) {
        float* x = x_.data() + size(i) * width;
        float* b = branch + size(i) * width;
        if (branch_norm) norm_row(branch_norm, b, b, model_.width);
        if (scale == 1) {
            table_.add(x, b, x, width);
        } else {
            table_.axpy(x, b, width, scale);
        }
        if (stream_norm) norm_row(stream_norm, x, x, model_.width);
    });
}

bool Forward::per_layer_input(const arch::PerLayerInput& p, int index) {
    const int each_width = model_.layer_embedding_width;
    const std::size_t total = size(each_width) * model_.layers.size();
    if (!small_.ensure(size(count_) * size(each_width))) return false;
    if (!multiply(p.gate, x_.data(), count_, small_.data())) return false;
    for (int i = 0; i < count_; ++i) {
        float* gate = small_.data() + size(i) * size(each_width);
        const float* input = layer_inputs_.data() + size(i) * total + size(index) * size(each_width);
        table_.gelu_tanh_mul(gate, input, gate, size(each_width));
    }
    if (!multiply(p.proj, small_.data(), count_, branch_.data())) return false;
    add_branch(branch_.data(), p.norm, {}, 1);
    return true;
}

bool Forward::head(const float* rows, int count, float* logits) {
    norm_rows(model_.output_norm, rows, normed_.data(), model_.width, count);
    if (model_.head_dense) {
        const std::size_t values = size(count) * size(model_.width);
        if (!branch_.ensure(values) || !multiply(model_.head_dense, normed_.data(), count, branch_.data()))
            return false;
        table_.gelu_erf(branch_.data(), branch_.data(), values);
        norm_rows(model_.head_norm, branch_.data(), normed_.data(), model_.width, count);
    }
    if (!multiply(model_.output, normed_.data(), count, logits)) return false;
    const auto vocabulary = size(model_.vocabulary_size);
    each(count, vocabulary, [&](int i) {
        float* row = logits + size(i) * vocabulary;
        if (model_.logit_scale != 1) table_.scale(row, vocabulary, model_.logit_scale);
        if (model_.logit_softcap > 0) table_.softcap(row, vocabulary, model_.logit_softcap);
    });
    return true;
}

void Forward::norm_row(const arch::Norm& norm, const float* in, float* out, int n) const {
    switch (norm.kind) {
        case arch::NormKind::rms:
            table_.rms_norm(in, norm.gain, out, size(n), norm.epsilon);
            break;
        case arch::NormKind::layer:
            table_.layer_norm(in, norm.gain, norm.bias, out, size(n), norm.epsilon);
            break;
        case arch::NormKind::none:
            if (in != out) std::copy_n(in, n, out);
            break;
    }
}

void Forward::norm_rows(const arch::Norm& norm, const float* in, float* out, int n, int count) {
    each(count, size(n) * 2,
         [&](int i) { norm_row(norm, in + size(i) * size(n), out + size(i) * size(n), n); });
}

kernels::MatmulJob Forward::job(const arch::Linear& linear, float* y, std::size_t stride) {
    return {kernels::WeightMatrix(linear.weight), y, stride, linear.bias, linear.additions};
}

bool Forward::multiply(const arch::Linear& linear, const float* in, int count, float* out) {
    const kernels::MatmulJob one = job(linear, out, 0);
    return multiply({&one, 1}, in, linear.inputs(), size(linear.inputs()), count);
}

bool Forward::multiply(std::span<const kernels::MatmulJob> jobs, const float* in, int columns,
                       std::size_t stride, int count) {
    activations_.assign(in, size(count), size(columns), stride);
    return kernels::matmul(table_, pool_, activations_, jobs);
}

}  // namespace kinglet::engine
