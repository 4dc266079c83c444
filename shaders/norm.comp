// Norms of vectors, one a workgroup: by root mean square, by mean and variance, or by length. A row may hold several
// vectors (heads).
#version 450
#include "workgroup.glsl"
layout(constant_id = 1) const uint KIND = 0u;
const uint RMS = 0u, LAYER = 1u, LENGTH = 2u;

layout(binding = 0) readonly buffer Inputs { float x[]; };
layout(binding = 1) buffer Outputs { float y[]; };
layout(binding = 2) readonly buffer Gain { float gain[]; };
layout(binding = 3) readonly buffer Bias { float bias[]; };

layout(push_constant) uniform Push {
    uint size;  // of a vector
    uint heads;
    uint inputs, inputs_stride, inputs_step;     // first value, from row to row, from head to head
    uint outputs, outputs_stride, outputs_step;
    uint gain_first, bias_first;
    uint own_step;  // from one head's gain to the next one's
    uint flags;
    float epsilon;
} p;

const uint WITH_GAIN = 1u, WITH_BIAS = 2u;

void main() {
    const uint me = gl_LocalInvocationIndex;
    const uint row = group_index() / p.heads, head = group_index() % p.heads;
    const uint from = p.inputs + row * p.inputs_stride + head * p.inputs_step;
    const uint to = p.outputs + row * p.outputs_stride + head * p.outputs_step;

    float mean = 0.0;
    if (KIND == LAYER) {
        float sum = 0.0;
        for (uint i = me; i < p.size; i += WORKGROUP) sum += x[from + i];
        mean = workgroup_sum(sum) / float(p.size);
    }
    float squares = 0.0;
    for (uint i = me; i < p.size; i += WORKGROUP) {
        const float value = x[from + i] - mean;
        squares += value * value;
    }
    squares = workgroup_sum(squares);
    const float factor = inversesqrt((KIND == LENGTH ? squares : squares / float(p.size)) + p.epsilon);
    for (uint i = me; i < p.size; i += WORKGROUP) {
        float value = (x[from + i] - mean) * factor;
        if ((p.flags & WITH_GAIN) != 0u) value *= gain[p.gain_first + head * p.own_step + i];
        if ((p.flags & WITH_BIAS) != 0u) value += bias[p.bias_first + head * p.own_step + i];
        y[to + i] = value;
    }
}
