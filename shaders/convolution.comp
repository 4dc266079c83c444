// A causal convolution of each channel over the tokens, in place; `tail` holds the inputs of the taps - 1 tokens
// before and then those of the batch's last ones.
#version 450
#include "workgroup.glsl"

layout(binding = 0) buffer Rows { float x[]; };
layout(binding = 1) readonly buffer Kernel { float kernel[]; };  // (channels, taps), the last for the token itself
layout(binding = 2) readonly buffer Bias { float bias[]; };
layout(binding = 3) buffer Tail { float tail[]; };               // (taps - 1, channels)
layout(push_constant) uniform Push {
    uint rows, stride, count, channels, taps;
    uint kernel_first, bias_first, with_bias, tail_first;
} p;

const uint MOST_TAPS = 8u;

void main() {
    const uint c = group_index() * WORKGROUP + gl_LocalInvocationIndex;
    if (c >= p.channels) return;
    const uint history = p.taps - 1u;
    float recent[MOST_TAPS];
    for (uint j = 0u; j < history; ++j) recent[j] = tail[p.tail_first + j * p.channels + c];
    for (uint t = 0u; t < p.count; ++t) {
        const uint at = p.rows + t * p.stride + c;
        const float value = x[at];
        float sum = p.with_bias != 0u ? bias[p.bias_first + c] : 0.0;
        for (uint j = 0u; j < history; ++j) sum += kernel[p.kernel_first + c * p.taps + j] * recent[j];
        sum += kernel[p.kernel_first + c * p.taps + history] * value;
        for (uint j = 0u; j + 1u < history; ++j) recent[j] = recent[j + 1u];
        if (history > 0u) recent[history - 1u] = value;
        x[at] = sum;
    }
    for (uint j = 0u; j < history; ++j) tail[p.tail_first + j * p.channels + c] = recent[j];
}
