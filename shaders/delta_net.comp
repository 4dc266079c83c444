// The gated delta rule, one value head a workgroup, over all tokens of the batch; an invocation owns columns of the
// head's matrix. The norm and the gate come afterwards.
#version 450
#include "workgroup.glsl"

layout(binding = 0) readonly buffer Rows { float x[]; };
layout(binding = 1) buffer States { float state[]; };          // (heads, size, size)
layout(binding = 2) readonly buffer Decay { float decay[]; };
layout(binding = 3) readonly buffer StepBias { float step_bias[]; };
layout(binding = 4) writeonly buffer Outputs { float y[]; };
layout(push_constant) uniform Push {
    uint rows, stride, count;
    uint size, key_heads, value_heads;
    uint state_first, decay_first, step_bias_first;
    uint outputs;
} p;

float softplus(float x) {
    return x > 20.0 ? x : log(1.0 + exp(x));
}

void main() {
    const uint head = gl_WorkGroupID.x, n = p.size;
    const uint channels = (2u * p.key_heads + p.value_heads) * n, inner = p.value_heads * n;
    const uint matrix = p.state_first + head * n * n;
    for (uint t = 0u; t < p.count; ++t) {
        const uint row = p.rows + t * p.stride;
        const uint q = row + head % p.key_heads * n, k = q + p.key_heads * n, v = row + (2u * p.key_heads + head) * n;
        const float alpha = x[row + channels + inner + head];
        const float beta = 1.0 / (1.0 + exp(-x[row + channels + inner + p.value_heads + head]));
        const float keep = exp(decay[p.decay_first + head] * softplus(alpha + step_bias[p.step_bias_first + head]));
        const float scale = inversesqrt(float(n));
        for (uint j = gl_LocalInvocationIndex; j < n; j += WORKGROUP) {
            float seen = 0.0;
            for (uint i = 0u; i < n; ++i) seen += x[k + i] * state[matrix + i * n + j] * keep;
            const float change = beta * (x[v + j] - seen);
            float sum = 0.0;
            for (uint i = 0u; i < n; ++i) {
                const float now = state[matrix + i * n + j] * keep + x[k + i] * change;
                state[matrix + i * n + j] = now;
                sum += x[q + i] * now;
            }
            y[p.outputs + t * inner + head * n + j] = sum * scale;
        }
    }
}
