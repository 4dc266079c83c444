// y = scale * W x + bias for a few rows of x: a workgroup takes ROWS rows of the matrix, its invocations share out
// the columns. With experts, each row of y has a matrix of its own.
#version 450
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif

layout(constant_id = 0) const uint WORKGROUP = 64u;
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint ROWS = 4u;

layout(binding = 0) readonly buffer Weights { uint w[]; };
layout(binding = 1) readonly buffer Inputs { float x[]; };
layout(binding = 2) buffer Outputs { float y[]; };
layout(binding = 3) readonly buffer Bias { float bias[]; };
layout(binding = 4) readonly buffer Grid { uint grid[]; };
layout(binding = 5) readonly buffer Chosen { uint chosen[]; };

#include "matrix.glsl"
#include "dequant.glsl"

shared float sums[WORKGROUP * ROWS];

void main() {
    const uint me = gl_LocalInvocationIndex;
    const uint first = (gl_WorkGroupID.x + gl_WorkGroupID.z * gl_NumWorkGroups.x) * ROWS;
    if (first >= p.rows) return;
    const uint slot = gl_WorkGroupID.y;
    const uint input_row = p.inputs + slot / p.inputs_share * p.inputs_stride;
    const uint matrix = p.weights + ((p.flags & WITH_EXPERTS) != 0u ? chosen[slot] * p.plane_bytes : 0u);

    float sum[ROWS];
    for (uint r = 0u; r < ROWS; ++r) sum[r] = 0.0;
    for (uint at = 8u * me; at < p.columns; at += 8u * WORKGROUP) {
        vec4 x0 = vec4(0), x1 = vec4(0);
        for (uint i = 0u; i < 4u; ++i) {
            if (BLOCK_LENGTH > 1 || at + i < p.columns) x0[i] = x[input_row + at + i];
            if (BLOCK_LENGTH > 1 || at + 4u + i < p.columns) x1[i] = x[input_row + at + 4u + i];
        }
        for (uint r = 0u; r < ROWS; ++r) {
            vec4 a, b;
            dequant8(matrix + min(first + r, p.rows - 1u) * p.row_bytes, p.columns, at, a, b);
            sum[r] += dot(a, x0) + dot(b, x1);
        }
    }

#ifdef SUBGROUP
    for (uint r = 0u; r < ROWS; ++r) {
        const float part = subgroupAdd(sum[r]);
        if (subgroupElect()) sums[r * WORKGROUP + gl_SubgroupID] = part;
    }
    barrier();
    const uint parts = gl_NumSubgroups;
#else
    for (uint r = 0u; r < ROWS; ++r) sums[r * WORKGROUP + me] = sum[r];
    barrier();
    for (uint half_size = WORKGROUP / 2u; half_size > 0u; half_size /= 2u) {
        if (me < half_size) {
            for (uint r = 0u; r < ROWS; ++r) sums[r * WORKGROUP + me] += sums[r * WORKGROUP + me + half_size];
        }
        barrier();
    }
    const uint parts = 1u;
#endif
    for (uint r = me; r < ROWS; r += WORKGROUP) {
        if (first + r >= p.rows) break;
        float total = 0.0;
        for (uint part = 0u; part < parts; ++part) total += sums[r * WORKGROUP + part];
        put(slot, first + r, total);
    }
}
