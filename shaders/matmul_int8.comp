// y = scale * W x + bias for many rows of x that quantize.comp made whole numbers of: as matmul.comp, with dot products
// of four signed bytes. A value of W is scale * n + low, so that over 16 columns
//   sum w x = scale_w * scale_x * (n_w . n_x) + low * sum x.
#version 450
#extension GL_EXT_spirv_intrinsics : require

// OpSDot on packed bytes (SPV_KHR_integer_dot_product), which not every glslc has a name for.
spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6019, 6018], id = 4450)
int dot_packed(uint a, uint b, spirv_literal int format);

const uint TILE_W = 64u;
const uint TILE_X = 32u;
const uint TILE_K = 32u;
const uint INVOCATIONS = (TILE_W / 4u) * (TILE_X / 4u);
layout(local_size_x = 128) in;

layout(binding = 0) readonly buffer Weights { uint w[]; };
layout(binding = 1) readonly buffer Inputs { uint x[]; };
layout(binding = 2) buffer Outputs { float y[]; };
layout(binding = 3) readonly buffer Bias { float bias[]; };

#include "matrix.glsl"
#include "dequant.glsl"
#include "quantized.glsl"

shared uint tile_w[TILE_K / 4u][TILE_W + 4u];
shared uint tile_x[TILE_K / 4u][TILE_X + 4u];
shared vec2 form_w[TILE_K / 16u][TILE_W];  // scale and low
shared vec2 form_x[TILE_K / 16u][TILE_X];  // scale and sum

void main() {
    const uint me = gl_LocalInvocationIndex;
    const uint first_w = (gl_WorkGroupID.x + gl_WorkGroupID.z * gl_NumWorkGroups.x) * TILE_W;
    if (first_w >= p.rows) return;
    const uint first_x = gl_WorkGroupID.y * TILE_X;
    const uint my_w = me % (TILE_W / 4u) * 4u, my_x = me / (TILE_W / 4u) * 4u;
    const uint row_words = p.columns / QUANTIZED_VALUES * QUANTIZED_WORDS;

    float sum[4][4];
    for (uint i = 0u; i < 4u; ++i) {
        for (uint j = 0u; j < 4u; ++j) sum[i][j] = 0.0;
    }
    for (uint k = 0u; k < p.columns; k += TILE_K) {
        for (uint part = me; part < TILE_W * TILE_K / 8u; part += INVOCATIONS) {
            const uint row = part / (TILE_K / 8u), at = part % (TILE_K / 8u) * 8u;
            uint a = 0u, b = 0u;
            float scale = 0.0, low = 0.0;
            if (first_w + row < p.rows) quants8(p.weights + (first_w + row) * p.row_bytes, k + at, a, b, scale, low);
            tile_w[at / 4u][row] = a;
            tile_w[at / 4u + 1u][row] = b;
            if (at % 16u == 0u) form_w[at / 16u][row] = vec2(scale, low);
        }
        for (uint part = me; part < TILE_X * TILE_K / 4u; part += INVOCATIONS) {
            const uint row = part / (TILE_K / 4u), word = part % (TILE_K / 4u);
            const bool inside = first_x + row < p.count;
            const uint block = (first_x + row) * row_words + k / QUANTIZED_VALUES * QUANTIZED_WORDS;
            tile_x[word][row] = inside ? x[block + QUANTIZED_NUMBERS + word] : 0u;
            if (word < TILE_K / 16u)
                form_x[word][row] = inside ? vec2(uintBitsToFloat(x[block]), uintBitsToFloat(x[block + 1u + word])) : vec2(0);
        }
        barrier();
        for (uint part = 0u; part < TILE_K / 16u; ++part) {
            int whole[4][4];
            for (uint i = 0u; i < 4u; ++i) {
                for (uint j = 0u; j < 4u; ++j) whole[i][j] = 0;
            }
            for (uint word = 4u * part; word < 4u * part + 4u; ++word) {
                for (uint i = 0u; i < 4u; ++i) {
                    for (uint j = 0u; j < 4u; ++j)
                        whole[i][j] += dot_packed(tile_w[word][my_w + i], tile_x[word][my_x + j], 0);
                }
            }
            for (uint i = 0u; i < 4u; ++i) {
                const vec2 fw = form_w[part][my_w + i];
                for (uint j = 0u; j < 4u; ++j) {
                    const vec2 fx = form_x[part][my_x + j];
                    sum[i][j] += fw.x * fx.x * float(whole[i][j]) + fw.y * fx.y;
                }
            }
        }
        barrier();
    }
    for (uint j = 0u; j < 4u; ++j) {
        for (uint i = 0u; i < 4u; ++i) {
            if (first_w + my_w + i < p.rows && first_x + my_x + j < p.count)
                put(first_x + my_x + j, first_w + my_w + i, sum[i][j]);
        }
    }
}
