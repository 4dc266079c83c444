// Layers that keep a state of fixed size: short convolutions, the gated delta rule, Mamba 2.
#include <algorithm>
#include <array>
#include <cmath>

#include "inference/engine/forward.h"
#include "inference/engine/forward_each.h"

namespace kinglet::engine {
namespace {

std::size_t size(int n) {
    return static_cast<std::size_t>(n);
}

float softplus(float x) {
    return x > 20 ? x : std::log1p(std::exp(x));
}
float sigmoid(float x) {
    return 1 / (1 + std::exp(-x));
}

}  // namespace

// A causal convolution of each channel over the rows, in place; `tail` holds the inputs of the taps - 1
// tokens before.
void Forward::convolve(const float* kernel, const float* bias, int taps, int channels, const Span& rows,
                       float* tail) {
    constexpr int slice = 256;
    const int history = taps - 1;
    each((channels + slice - 1) / slice, size(slice) * size(taps) * size(count_), [&](int part) {
        const int end = std::min(channels, (part + 1) * slice);
        std::array<float, 64> recent;  // the inputs that the next token still sees, oldest first
        for (int c = part * slice; c < end; ++c) {
            const float* w = kernel + size(c) * size(taps);
            for (int j = 0; j < history; ++j) recent[size(j)] = tail[size(j) * size(channels) + size(c)];
            for (int t = 0; t < count_; ++t) {
                float& value = rows.row(t)[c];
                float sum = bias != nullptr ? bias[c] : 0.0F;
                for (int j = 0; j < history; ++j) sum += w[j] * recent[size(j)];
                sum += w[history] * value;
                for (int j = 0; j + 1 < history; ++j) recent[size(j)] = recent[size(j) + 1];
                if (history > 0) recent[size(history) - 1] = value;
                value = sum;
            }
            for (int j = 0; j < history; ++j) tail[size(j) * size(channels) + size(c)] = recent[size(j)];
        }
    });
}

bool Forward::short_convolution(const arch::ShortConvolution& c, RecurrentMemory& memory) {
    const auto width = size(model_.width);
    const std::size_t stride = 3 * width;
    if (!wide_.ensure(size(count_) * stride)) return false;
    const kernels::MatmulJob in = job(c.in, wide_.data(), stride);
    if (!kernels::matmul(table_, pool_, activations_, {&in, 1})) return false;
    const Span rows{wide_.data(), stride};
    for (int i = 0; i < count_; ++i) table_.mul(rows.row(i), rows.row(i) + 2 * width, rows.row(i), width);
    convolve(c.kernel, nullptr, c.taps, model_.width, rows, memory.tail());
    for (int i = 0; i < count_; ++i) table_.mul(rows.row(i), rows.row(i) + width, rows.row(i), width);
    memory.advance(count_);
    const kernels::MatmulJob out = job(c.out, branch_.data(), 0);
    return multiply({&out, 1}, wide_.data(), model_.width, stride, count_);
}

bool Forward::delta_net(const arch::DeltaNet& d, RecurrentMemory& memory) {
    const int channels = (2 * d.key_heads + d.value_heads) * d.size;
    const int inner = d.value_heads * d.size;
    const std::size_t stride = size(channels) + size(inner) + 2 * size(d.value_heads);
    if (!wide_.ensure(size(count_) * stride) || !mixed_.ensure(size(count_) * size(inner))) return false;
    float* rows = wide_.data();
    const std::array jobs{job(d.qkv, rows, stride), job(d.gate, rows + channels, stride),
                          job(d.alpha, rows + channels + inner, stride),
                          job(d.beta, rows + channels + inner + d.value_heads, stride)};
    if (!kernels::matmul(table_, pool_, activations_, jobs)) return false;
    convolve(d.kernel, nullptr, d.taps, channels, {rows, stride}, memory.tail());
    each(count_, size(channels) * 16, [&](int i) {
        float* row = rows + size(i) * stride;
        table_.silu(row, row, size(channels));
        for (int h = 0; h < 2 * d.key_heads; ++h) {
            float* head = row + size(h) * size(d.size);
            const float length = table_.dot(head, head, size(d.size));
            table_.scale(head, size(d.size), 1 / std::sqrt(length + d.norm.epsilon));
        }
    });
    const std::size_t matrix = size(d.size) * size(d.size);
    each(d.value_heads, matrix * 8 * size(count_),
         [&](int head) { delta_head(d, head, memory.state() + size(head) * matrix); });
    memory.advance(count_);
    return multiply(d.out, mixed_.data(), count_, branch_.data());
}

// One value head over all tokens of the batch, one after the other.
void Forward::delta_head(const arch::DeltaNet& d, int head, float* state) {
    const auto n = size(d.size);
    const int channels = (2 * d.key_heads + d.value_heads) * d.size;
    const int inner = d.value_heads * d.size;
    const std::size_t stride = size(channels) + size(inner) + 2 * size(d.value_heads);
    const auto key_head = size(head % d.key_heads);
    std::array<float, 1024> change;
    for (int t = 0; t < count_; ++t) {
        const float* row = wide_.data() + size(t) * stride;
        const float* q = row + key_head * n;
        const float* k = q + size(d.key_heads) * n;
        const float* v = row + 2 * size(d.key_heads) * n + size(head) * n;
        const float* gate = row + size(channels) + size(head) * n;
        const float alpha = row[size(channels) + size(inner) + size(head)];
        const float beta = sigmoid(row[size(channels) + size(inner) + size(d.value_heads) + size(head)]);
        table_.scale(state, n * n, std::exp(d.decay[head] * softplus(alpha + d.step_bias[head])));
        // change = beta (v - k^T M), then M += k change^T.
        std::copy_n(v, n, change.data());
        for (std::size_t i = 0; i < n; ++i) table_.axpy(change.data(), state + i * n, n, -k[i]);
        table_.scale(change.data(), n, beta);
        float* out = mixed_.data() + size(t) * size(inner) + size(head) * n;
        std::fill_n(out, n, 0.0F);
        const float scale = 1 / std::sqrt(static_cast<float>(d.size));
        for (std::size_t i = 0; i < n; ++i) {
            table_.axpy(state + i * n, change.data(), n, k[i]);
            table_.axpy(out, state + i * n, n, q[i] * scale);
        }
        norm_row(d.norm, out, out, d.size);
        for (std::size_t j = 0; j < n; ++j) out[j] *= gate[j] * sigmoid(gate[j]);
    }
}

bool Forward::mamba(const arch::Mamba2& m, RecurrentMemory& memory) {
    const int channels = m.inner + 2 * m.groups * m.state;
    const std::size_t stride = size(m.inner) + size(channels) + size(m.heads);
    if (!wide_.ensure(size(count_) * stride) || !mixed_.ensure(size(count_) * size(m.inner))) return false;
    const kernels::MatmulJob in = job(m.in, wide_.data(), stride);
    if (!kernels::matmul(table_, pool_, activations_, {&in, 1})) return false;
    float* mixed_in = wide_.data() + m.inner;
    convolve(m.kernel, m.kernel_bias, m.taps, channels, {mixed_in, stride}, memory.tail());
    each(count_, size(channels) * 16, [&](int i) {
        float* row = mixed_in + size(i) * stride;
        table_.silu(row, row, size(channels));
    });
    const std::size_t matrix = size(m.inner / m.heads) * size(m.state);
    each(m.heads, matrix * 6 * size(count_),
         [&](int head) { mamba_head(m, head, memory.state() + size(head) * matrix); });
    memory.advance(count_);

    // The gate first, then each group is normed by itself.
    const int group = m.inner / m.groups;
    each(count_, size(m.inner) * 16, [&](int i) {
        float* out = mixed_.data() + size(i) * size(m.inner);
        table_.silu_mul(wide_.data() + size(i) * stride, out, out, size(m.inner));
        for (int g = 0; g < m.groups; ++g) {
            arch::Norm norm = m.norm;
            norm.gain = m.norm.gain + size(g) * size(group);
            float* part = out + size(g) * size(group);
            norm_row(norm, part, part, group);
        }
    });
    return multiply(m.out, mixed_.data(), count_, branch_.data());
}

void Forward::mamba_head(const arch::Mamba2& m, int head, float* state) {
    const int channels = m.inner + 2 * m.groups * m.state;
    const std::size_t stride = size(m.inner) + size(channels) + size(m.heads);
    const auto values = size(m.inner / m.heads);
    const auto n = size(m.state);
    const auto group = size(head / (m.heads / m.groups));
    for (int t = 0; t < count_; ++t) {
        const float* row = wide_.data() + size(t) * stride + m.inner;
        const float* x = row + size(head) * values;
        const float* b = row + size(m.inner) + group * n;
        const float* c = row + size(m.inner) + (size(m.groups) + group) * n;
        const float step = softplus(row[size(channels) + size(head)] + m.step_bias[head]);
        float* out = mixed_.data() + size(t) * size(m.inner) + size(head) * values;
        table_.scale(state, values * n, std::exp(step * m.decay[head]));
        for (std::size_t i = 0; i < values; ++i) {
            table_.axpy(state + i * n, b, n, step * x[i]);
            out[i] = table_.dot(state + i * n, c, n) + m.skip[head] * x[i];
        }
    }
}

}  // namespace kinglet::engine
