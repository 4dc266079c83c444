// Operations on rows of floats, as their definitions read.
#include <algorithm>
#include <cmath>

#include "inference/kernels/half.h"
#include "inference/kernels/scalar/scalar_table.h"

namespace kinglet::kernels::scalar {
namespace {

void rms_norm(const float* x, const float* weight, float* out, std::size_t n, float eps) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    const auto factor =
        static_cast<float>(1.0 / std::sqrt(sum / static_cast<double>(n) + static_cast<double>(eps)));
    for (std::size_t i = 0; i < n; ++i) out[i] = x[i] * factor * (weight != nullptr ? weight[i] : 1.0F);
}

void layer_norm(const float* x, const float* weight, const float* bias, float* out, std::size_t n,
                float eps) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]);
    const double mean = sum / static_cast<double>(n);
    double squares = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
        const double from_mean = static_cast<double>(x[i]) - mean;
        squares += from_mean * from_mean;
    }
    const double factor = 1.0 / std::sqrt(squares / static_cast<double>(n) + static_cast<double>(eps));
    for (std::size_t i = 0; i < n; ++i) {
        const auto normal = static_cast<float>((static_cast<double>(x[i]) - mean) * factor);
        out[i] = normal * (weight != nullptr ? weight[i] : 1.0F) + (bias != nullptr ? bias[i] : 0.0F);
    }
}

void softmax(float* x, std::size_t n) {
    if (n == 0) return;
    const float largest = *std::max_element(x, x + n);
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
        x[i] = std::exp(x[i] - largest);
        sum += static_cast<double>(x[i]);
    }
    const auto factor = static_cast<float>(1.0 / sum);
    for (std::size_t i = 0; i < n; ++i) x[i] *= factor;
}

float silu_of(float x) {
    return x / (1.0F + std::exp(-x));
}

float gelu_tanh_of(float x) {
    constexpr float root_two_over_pi = 0.7978845608028654F;
    return 0.5F * x * (1.0F + std::tanh(root_two_over_pi * (x + 0.044715F * x * x * x)));
}

float gelu_erf_of(float x) {
    return 0.5F * x * (1.0F + std::erf(x * 0.7071067811865476F));
}

template <float (*Function)(float)>
void apply(const float* x, float* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) out[i] = Function(x[i]);
}

template <float (*Function)(float)>
void apply_mul(const float* gate, const float* up, float* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) out[i] = Function(gate[i]) * up[i];
}

void softcap(float* x, std::size_t n, float cap) {
    for (std::size_t i = 0; i < n; ++i) x[i] = cap * std::tanh(x[i] / cap);
}

void add(const float* a, const float* b, float* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
}

void mul(const float* a, const float* b, float* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) out[i] = a[i] * b[i];
}

void scale(float* x, std::size_t n, float factor) {
    for (std::size_t i = 0; i < n; ++i) x[i] *= factor;
}

void axpy(float* y, const float* x, std::size_t n, float factor) {
    for (std::size_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

void axpy_f16(float* y, const std::uint16_t* x, std::size_t n, float factor) {
    for (std::size_t i = 0; i < n; ++i) y[i] += factor * half_to_float(x[i]);
}

float dot(const float* a, const float* b, std::size_t n) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return static_cast<float>(sum);
}

float dot_f16(const float* a, const std::uint16_t* b, std::size_t n) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i)
        sum += static_cast<double>(a[i]) * static_cast<double>(half_to_float(b[i]));
    return static_cast<float>(sum);
}

std::size_t argmax(const float* x, std::size_t n) {
    return static_cast<std::size_t>(std::max_element(x, x + n) - x);
}

void rotate(float& a, float& b, float cos, float sin) {
    const float turned_a = a * cos - b * sin;
    const float turned_b = a * sin + b * cos;
    a = turned_a;
    b = turned_b;
}

void rope_adjacent(float* x, const float* cos, const float* sin, std::size_t pairs) {
    for (std::size_t i = 0; i < pairs; ++i) rotate(x[2 * i], x[2 * i + 1], cos[i], sin[i]);
}

void rope_halves(float* x, const float* cos, const float* sin, std::size_t pairs) {
    for (std::size_t i = 0; i < pairs; ++i) rotate(x[i], x[i + pairs], cos[i], sin[i]);
}

void f32_to_f16(const float* src, std::uint16_t* dst, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) dst[i] = float_to_half(src[i]);
}

void f16_to_f32(const std::uint16_t* src, float* dst, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) dst[i] = half_to_float(src[i]);
}

}  // namespace

void add_operations(KernelTable& t) {
    t.rms_norm = rms_norm;
    t.layer_norm = layer_norm;
    t.softmax = softmax;
    t.silu = apply<silu_of>;
    t.gelu_tanh = apply<gelu_tanh_of>;
    t.gelu_erf = apply<gelu_erf_of>;
    t.silu_mul = apply_mul<silu_of>;
    t.gelu_tanh_mul = apply_mul<gelu_tanh_of>;
    t.gelu_erf_mul = apply_mul<gelu_erf_of>;
    t.softcap = softcap;
    t.add = add;
    t.mul = mul;
    t.scale = scale;
    t.axpy = axpy;
    t.axpy_f16 = axpy_f16;
    t.dot = dot;
    t.dot_f16 = dot_f16;
    t.argmax = argmax;
    t.rope_adjacent = rope_adjacent;
    t.rope_halves = rope_halves;
    t.f32_to_f16 = f32_to_f16;
    t.f16_to_f32 = f16_to_f32;
}

}  // namespace kinglet::kernels::scalar
