// Feed-forward networks: one for all tokens, or a few experts chosen for each.
#include <algorithm>
#include <array>
#include <numeric>

#include "inference/engine/forward.h"
#include "inference/engine/forward_each.h"

namespace kinglet::engine {
namespace {

std::size_t size(int n) {
    return static_cast<std::size_t>(n);
}

}  // namespace

bool Forward::feed_forward(const arch::FeedForward& f, const float* in, float* out) {
    if (f.expert_count > 0) return experts(f, in, out);
    const std::size_t stride = size(f.width) * (f.gated() ? 2 : 1);
    if (!wide_.ensure(size(count_) * stride)) return false;
    float* rows = wide_.data();
    // A row holds the gate's values and then the others.
    std::array<kernels::MatmulJob, 2> jobs;
    std::size_t count = 0;
    if (f.gate) jobs[count++] = job(f.gate, rows, stride);
    jobs[count++] = job(f.up, f.gate ? rows + f.width : rows, stride);
    if (!multiply(std::span(jobs).first(count), in, model_.width, size(model_.width), count_)) return false;
    activate(f, f.width, {rows, stride}, count_);
    const kernels::MatmulJob down = job(f.down, out, 0);
    return multiply({&down, 1}, rows, f.width, stride, count_);
}

void Forward::activate(const arch::FeedForward& f, int width, const Span& rows, int count) {
    const auto n = size(width);
    each(count, n * 16, [&](int i) {
        float* x = rows.row(i);
        if (f.gated() || f.expert_count > 0) {
            float* up = x + n;
            switch (f.activation) {
                case arch::Activation::silu:
                    table_.silu_mul(x, up, x, n);
                    return;
                case arch::Activation::gelu_tanh:
                    table_.gelu_tanh_mul(x, up, x, n);
                    return;
                case arch::Activation::gelu_erf:
                    table_.gelu_erf_mul(x, up, x, n);
                    return;
                case arch::Activation::relu:
                case arch::Activation::relu_squared:
                    break;
            }
        }
        switch (f.activation) {
            case arch::Activation::silu:
                table_.silu(x, x, n);
                break;
            case arch::Activation::gelu_tanh:
                table_.gelu_tanh(x, x, n);
                break;
            case arch::Activation::gelu_erf:
                table_.gelu_erf(x, x, n);
                break;
            case arch::Activation::relu:
            case arch::Activation::relu_squared:
                for (std::size_t j = 0; j < n; ++j) x[j] = std::max(x[j], 0.0F);
                if (f.activation == arch::Activation::relu_squared) table_.mul(x, x, x, n);
                if (f.gated() || f.expert_count > 0) table_.mul(x, x + n, x, n);
                break;
        }
    });
}

bool Forward::choose_experts(const arch::FeedForward& f, const float* in) {
    const auto all = size(f.expert_count);
    const auto used = size(f.expert_used);
    if (!small_.ensure(size(count_) * all) || !multiply(f.router, in, count_, small_.data())) return false;
    chosen_.resize(size(count_) * used);
    portions_.resize(size(count_) * used);
    std::vector<int> order(all);
    for (int i = 0; i < count_; ++i) {
        float* p = small_.data() + size(i) * all;
        table_.softmax(p, all);
        std::iota(order.begin(), order.end(), 0);
        std::partial_sort(order.begin(), order.begin() + f.expert_used, order.end(),
                          [&](int a, int b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
        float sum = 0;
        for (std::size_t k = 0; k < used; ++k) sum += p[order[k]];
        for (std::size_t k = 0; k < used; ++k) {
            chosen_[size(i) * used + k] = order[k];
            portions_[size(i) * used + k] = f.expert_normalise ? p[order[k]] / sum : p[order[k]];
        }
    }
    return true;
}

bool Forward::experts(const arch::FeedForward& f, const float* in, float* out) {
    if (!choose_experts(f, in)) return false;
    const auto width = size(model_.width);
    const auto inner = size(f.expert_width);
    const auto used = size(f.expert_used);
    const std::size_t gathered = size(count_) * width;
    if (!wide_.ensure(size(count_) * 2 * inner) || !mixed_.ensure(gathered) || !inner_.ensure(gathered))
        return false;
    std::fill_n(out, gathered, 0.0F);
    std::vector<std::size_t> slots;
    for (int e = 0; e < f.expert_count; ++e) {
        slots.clear();
        for (std::size_t s = 0; s < chosen_.size(); ++s) {
            if (chosen_[s] == e) slots.push_back(s);
        }
        if (slots.empty()) continue;
        const int tokens = static_cast<int>(slots.size());
        for (std::size_t i = 0; i < slots.size(); ++i) {
            std::copy_n(in + slots[i] / used * width, width, mixed_.data() + i * width);
        }
        const std::array jobs{kernels::MatmulJob{kernels::WeightMatrix(f.expert_gate.plane(size(e))),
                                                 wide_.data(), 2 * inner, nullptr},
                              kernels::MatmulJob{kernels::WeightMatrix(f.expert_up.plane(size(e))),
                                                 wide_.data() + inner, 2 * inner, nullptr}};
        if (!multiply(jobs, mixed_.data(), model_.width, width, tokens)) return false;
        activate(f, f.expert_width, {wide_.data(), 2 * inner}, tokens);
        const kernels::MatmulJob down{kernels::WeightMatrix(f.expert_down.plane(size(e))), inner_.data(), 0,
                                      nullptr};
        if (!multiply({&down, 1}, wide_.data(), f.expert_width, 2 * inner, tokens)) return false;
        for (std::size_t i = 0; i < slots.size(); ++i) {
            table_.axpy(out + slots[i] / used * width, inner_.data() + i * width, width, portions_[slots[i]]);
        }
    }
    return true;
}

}  // namespace kinglet::engine
