// The functions of the AVX2 table but the products (x86/products.h). Their files are compiled for AVX2, FMA
// and F16C; this header is all that other files see of them, and it holds declarations only.
#pragma once

#include "inference/kernels/kernel_table.h"

namespace kinglet::kernels::avx2 {

void rms_norm(const float* x, const float* weight, float* out, std::size_t n, float eps);
void layer_norm(const float* x, const float* weight, const float* bias, float* out, std::size_t n, float eps);
void softmax(float* x, std::size_t n);
void silu(const float* x, float* out, std::size_t n);
void gelu_tanh(const float* x, float* out, std::size_t n);
void gelu_erf(const float* x, float* out, std::size_t n);
void silu_mul(const float* gate, const float* up, float* out, std::size_t n);
void gelu_tanh_mul(const float* gate, const float* up, float* out, std::size_t n);
void gelu_erf_mul(const float* gate, const float* up, float* out, std::size_t n);
void softcap(float* x, std::size_t n, float cap);
void add(const float* a, const float* b, float* out, std::size_t n);
void mul(const float* a, const float* b, float* out, std::size_t n);
void scale(float* x, std::size_t n, float factor);
void axpy(float* y, const float* x, std::size_t n, float factor);
void axpy_f16(float* y, const std::uint16_t* x, std::size_t n, float factor);
float dot(const float* a, const float* b, std::size_t n);
float dot_f16(const float* a, const std::uint16_t* b, std::size_t n);
std::size_t argmax(const float* x, std::size_t n);
void rope_adjacent(float* x, const float* cos, const float* sin, std::size_t pairs);
void rope_halves(float* x, const float* cos, const float* sin, std::size_t pairs);
void f32_to_f16(const float* src, std::uint16_t* dst, std::size_t n);
void f16_to_f32(const std::uint16_t* src, float* dst, std::size_t n);
void f16_to_float(const void* src, float* dst, std::size_t count);
void f16_from_float(const float* src, void* dst, std::size_t count);

void attention_f32(const AttentionArgs& args);
void attention_f16(const AttentionArgs& args);
void attention_q8_0(const AttentionArgs& args);
void attention_q4_0(const AttentionArgs& args);

void quantize_row(const float* x, std::size_t cols, std::int8_t* q, float* scales, std::int16_t* sums,
                  float* weighted_sums);

}  // namespace kinglet::kernels::avx2
