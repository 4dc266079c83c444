// The parts that attention.comp computed of one query head, as one.
#version 450
#include "workgroup.glsl"

layout(binding = 0) readonly buffer Parts { float x[]; };
layout(binding = 1) writeonly buffer Outputs { float y[]; };

layout(push_constant) uniform Push {
    uint parts, outputs, outputs_stride;
    uint heads, size, splits;
} p;

void main() {
    const uint head = gl_WorkGroupID.x, token = gl_WorkGroupID.y;
    const uint from = p.parts + (token * p.heads + head) * p.splits * (p.size + 2u);
    float largest = -3.0e38;
    for (uint part = 0u; part < p.splits; ++part) largest = max(largest, x[from + part * (p.size + 2u) + p.size]);
    float total = 0.0;
    for (uint part = 0u; part < p.splits; ++part) {
        const uint row = from + part * (p.size + 2u) + p.size;
        total += x[row + 1u] * exp(x[row] - largest);
    }
    for (uint i = gl_LocalInvocationIndex; i < p.size; i += WORKGROUP) {
        float sum = 0.0;
        for (uint part = 0u; part < p.splits; ++part) {
            const uint row = from + part * (p.size + 2u);
            sum += x[row + i] * exp(x[row + p.size] - largest);
        }
        y[p.outputs + token * p.outputs_stride + head * p.size + i] = sum / total;
    }
}
