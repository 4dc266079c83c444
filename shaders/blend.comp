// What the chosen experts of a token gave, each times its portion, added up.
#version 450
#include "workgroup.glsl"

layout(binding = 0) readonly buffer Parts { float x[]; };  // (tokens * used, size)
layout(binding = 1) readonly buffer Portions { float portions[]; };
layout(binding = 2) writeonly buffer Outputs { float y[]; };
layout(push_constant) uniform Push { uint parts, portions_first, outputs, size, used, count; } p;

void main() {
    const uint at = group_index() * WORKGROUP + gl_LocalInvocationIndex;
    const uint token = at / p.size, i = at % p.size;
    if (token >= p.count) return;
    float sum = 0.0;
    for (uint k = 0u; k < p.used; ++k)
        sum += portions[p.portions_first + token * p.used + k] * x[p.parts + (token * p.used + k) * p.size + i];
    y[p.outputs + at] = sum;
}
