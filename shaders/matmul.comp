// y = scale * W x + bias for many rows of x: a workgroup computes a tile of 64 rows of W by 32 of x, whose values pass
// through shared memory 32 columns at a time; each invocation keeps 4 by 4 sums in registers.
#version 450
#ifdef FLOAT16
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#define Tile float16_t
// The largest half: activations of some models have a few values beyond.
#define to_tile(value) float16_t(clamp(value, -65504.0, 65504.0))
#else
#define Tile float
#define to_tile(value) (value)
#endif

const uint TILE_W = 64u;
const uint TILE_X = 32u;
const uint TILE_K = 32u;
const uint INVOCATIONS = (TILE_W / 4u) * (TILE_X / 4u);
layout(local_size_x = 128) in;

layout(binding = 0) readonly buffer Weights { uint w[]; };
layout(binding = 1) readonly buffer Inputs { float x[]; };
layout(binding = 2) buffer Outputs { float y[]; };
layout(binding = 3) readonly buffer Bias { float bias[]; };
layout(binding = 4) readonly buffer Grid { uint grid[]; };

#include "matrix.glsl"
#include "dequant.glsl"

shared Tile tile_w[TILE_K][TILE_W + 4u];
shared Tile tile_x[TILE_K][TILE_X + 4u];

void main() {
    const uint me = gl_LocalInvocationIndex;
    const uint first_w = (gl_WorkGroupID.x + gl_WorkGroupID.z * gl_NumWorkGroups.x) * TILE_W;
    if (first_w >= p.rows) return;
    const uint first_x = gl_WorkGroupID.y * TILE_X;
    const uint my_w = me % (TILE_W / 4u) * 4u, my_x = me / (TILE_W / 4u) * 4u;

    float sum[4][4];
    for (uint i = 0u; i < 4u; ++i) {
        for (uint j = 0u; j < 4u; ++j) sum[i][j] = 0.0;
    }
    for (uint k = 0u; k < p.columns; k += TILE_K) {
        for (uint part = me; part < TILE_W * TILE_K / 8u; part += INVOCATIONS) {
            const uint row = part / (TILE_K / 8u), at = part % (TILE_K / 8u) * 8u;
            vec4 a = vec4(0), b = vec4(0);
            if (k + at < p.columns && first_w + row < p.rows)
                dequant8(p.weights + (first_w + row) * p.row_bytes, p.columns, k + at, a, b);
            for (uint i = 0u; i < 4u; ++i) {
                tile_w[at + i][row] = to_tile(a[i]);
                tile_w[at + 4u + i][row] = to_tile(b[i]);
            }
        }
        for (uint part = me; part < TILE_X * TILE_K; part += INVOCATIONS) {
            const uint row = part / TILE_K, at = part % TILE_K;
            const bool inside = k + at < p.columns && first_x + row < p.count;
            tile_x[at][row] = to_tile(inside ? x[p.inputs + (first_x + row) * p.inputs_stride + k + at] : 0.0);
        }
        barrier();
        for (uint at = 0u; at < TILE_K; ++at) {
            float a[4], b[4];
            for (uint i = 0u; i < 4u; ++i) {
                a[i] = float(tile_w[at][my_w + i]);
                b[i] = float(tile_x[at][my_x + i]);
            }
            for (uint i = 0u; i < 4u; ++i) {
                for (uint j = 0u; j < 4u; ++j) sum[i][j] = fma(a[i], b[j], sum[i][j]);
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
