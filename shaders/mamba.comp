// Mamba 2, one head a workgroup, over all tokens of the batch; an invocation owns rows of the head's matrix.
#version 450
#include "workgroup.glsl"

layout(binding = 0) readonly buffer Rows { float x[]; };       // a token: gate, channels (x, B, C), steps
layout(binding = 1) buffer States { float state[]; };          // (inner, state)
layout(binding = 2) readonly buffer StepBias { float step_bias[]; };
layout(binding = 3) readonly buffer Decay { float decay[]; };
layout(binding = 4) readonly buffer Skip { float skip[]; };
layout(binding = 5) writeonly buffer Outputs { float y[]; };
layout(push_constant) uniform Push {
    uint rows, stride, count;
    uint inner, size, heads, groups;  // `size` of the state
    uint state_first, step_bias_first, decay_first, skip_first;
    uint outputs;
} p;

float softplus(float x) {
    return x > 20.0 ? x : log(1.0 + exp(x));
}

void main() {
    const uint head = gl_WorkGroupID.x, n = p.size;
    const uint values = p.inner / p.heads, group = head / (p.heads / p.groups);
    const uint channels = p.inner + 2u * p.groups * n;
    for (uint t = 0u; t < p.count; ++t) {
        const uint row = p.rows + t * p.stride + p.inner;
        const uint b = row + p.inner + group * n, c = b + p.groups * n;
        const float step = softplus(x[row + channels + head] + step_bias[p.step_bias_first + head]);
        const float keep = exp(step * decay[p.decay_first + head]);
        for (uint i = gl_LocalInvocationIndex; i < values; i += WORKGROUP) {
            const float value = x[row + head * values + i];
            const uint from = p.state_first + (head * values + i) * n;
            float sum = 0.0;
            for (uint j = 0u; j < n; ++j) {
                const float now = state[from + j] * keep + step * value * x[b + j];
                state[from + j] = now;
                sum += now * x[c + j];
            }
            y[p.outputs + t * p.inner + head * values + i] = sum + skip[p.skip_first + head] * value;
        }
    }
}
