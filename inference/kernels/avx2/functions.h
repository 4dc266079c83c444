// The functions of the AVX2 table. Their files are compiled for AVX2, FMA and F16C; this header is all that
// other files see of them, and it holds declarations only.
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

void matmul_f32(const MatmulArgs& args);
void matmul_f16(const MatmulArgs& args);
void matmul_bf16(const MatmulArgs& args);

void matmul_q4_0(const MatmulArgs& args);
void matmul_q4_1(const MatmulArgs& args);
void matmul_q5_0(const MatmulArgs& args);
void matmul_q5_1(const MatmulArgs& args);
void matmul_q8_0(const MatmulArgs& args);
void matmul_q2_k(const MatmulArgs& args);
void matmul_q3_k(const MatmulArgs& args);
void matmul_q4_k(const MatmulArgs& args);
void matmul_q5_k(const MatmulArgs& args);
void matmul_q6_k(const MatmulArgs& args);
void matmul_iq4_nl(const MatmulArgs& args);
void matmul_iq4_xs(const MatmulArgs& args);
void matmul_tq2_0(const MatmulArgs& args);

void matmul_iq2_xxs(const MatmulArgs& args);
void matmul_iq2_xs(const MatmulArgs& args);
void matmul_iq2_s(const MatmulArgs& args);
void matmul_iq3_xxs(const MatmulArgs& args);
void matmul_iq3_s(const MatmulArgs& args);
void matmul_iq1_s(const MatmulArgs& args);
void matmul_iq1_m(const MatmulArgs& args);

void matmul_packed_q4_0(const MatmulArgs& args);
void matmul_packed_q4_1(const MatmulArgs& args);
void matmul_packed_q5_0(const MatmulArgs& args);
void matmul_packed_q5_1(const MatmulArgs& args);
void matmul_packed_q8_0(const MatmulArgs& args);
void matmul_packed_q2_k(const MatmulArgs& args);
void matmul_packed_q3_k(const MatmulArgs& args);
void matmul_packed_q4_k(const MatmulArgs& args);
void matmul_packed_q5_k(const MatmulArgs& args);
void matmul_packed_q6_k(const MatmulArgs& args);
void matmul_packed_iq4_nl(const MatmulArgs& args);
void matmul_packed_iq4_xs(const MatmulArgs& args);
void matmul_packed_tq2_0(const MatmulArgs& args);

}  // namespace kinglet::kernels::avx2
