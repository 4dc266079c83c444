// Softmax of rows, in place, one a workgroup.
#version 450
#include "workgroup.glsl"

layout(binding = 0) buffer Rows { float x[]; };
layout(push_constant) uniform Push { uint rows, size; } p;

void main() {
    const uint from = p.rows + group_index() * p.size;
    float largest = -3.0e38;
    for (uint i = gl_LocalInvocationIndex; i < p.size; i += WORKGROUP) largest = max(largest, x[from + i]);
    largest = workgroup_max(largest);
    float sum = 0.0;
    for (uint i = gl_LocalInvocationIndex; i < p.size; i += WORKGROUP) sum += exp(x[from + i] - largest);
    sum = workgroup_sum(sum);
    for (uint i = gl_LocalInvocationIndex; i < p.size; i += WORKGROUP) x[from + i] = exp(x[from + i] - largest) / sum;
}
