// This file is compiled without ISA flags: building the table must be possible on any processor.
#include "inference/kernels/avx2/avx2_table.h"

#include "inference/kernels/avx2/encoders.h"
#include "inference/kernels/avx2/functions.h"
#include "inference/kernels/scalar/scalar_table.h"
#include "inference/kernels/x86/tables.h"

namespace kinglet::kernels {
namespace {

KernelTable make_table() {
    KernelTable t = scalar_table();
    t.rms_norm = avx2::rms_norm;
    t.layer_norm = avx2::layer_norm;
    t.softmax = avx2::softmax;
    t.silu = avx2::silu;
    t.gelu_tanh = avx2::gelu_tanh;
    t.gelu_erf = avx2::gelu_erf;
    t.silu_mul = avx2::silu_mul;
    t.gelu_tanh_mul = avx2::gelu_tanh_mul;
    t.gelu_erf_mul = avx2::gelu_erf_mul;
    t.softcap = avx2::softcap;
    t.add = avx2::add;
    t.mul = avx2::mul;
    t.scale = avx2::scale;
    t.axpy = avx2::axpy;
    t.axpy_f16 = avx2::axpy_f16;
    t.dot = avx2::dot;
    t.dot_f16 = avx2::dot_f16;
    t.argmax = avx2::argmax;
    t.rope_adjacent = avx2::rope_adjacent;
    t.rope_halves = avx2::rope_halves;
    t.f32_to_f16 = avx2::f32_to_f16;
    t.f16_to_f32 = avx2::f16_to_f32;
    const auto attention = [&t](DType type, void (*kernel)(const AttentionArgs&)) {
        t.dtypes[static_cast<std::size_t>(type)].attention = kernel;
    };
    attention(DType::f32, avx2::attention_f32);
    attention(DType::f16, avx2::attention_f16);
    attention(DType::q8_0, avx2::attention_q8_0);
    attention(DType::q4_0, avx2::attention_q4_0);
    t.quantize_row = avx2::quantize_row;
    t.dtypes[static_cast<std::size_t>(DType::f16)].to_float = avx2::f16_to_float;
    t.dtypes[static_cast<std::size_t>(DType::f16)].from_float = avx2::f16_from_float;
    t.dtypes[static_cast<std::size_t>(DType::q8_0)].from_float = avx2::q8_0_from_float;
    t.dtypes[static_cast<std::size_t>(DType::q4_0)].from_float = avx2::q4_0_from_float;
    return with_products(
        t, "avx2",
        {avx2::small_blocks, avx2::super_blocks, avx2::half_blocks, avx2::grid_blocks, avx2::floats});
}

}  // namespace

const KernelTable& avx2_table() {
    static const KernelTable table = make_table();
    return table;
}

}  // namespace kinglet::kernels
