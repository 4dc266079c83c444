// Rows of inputs as whole numbers of 8 bits, for products of whole numbers. An invocation takes 32 values.
#version 450
layout(constant_id = 0) const uint WORKGROUP = 64u;
layout(local_size_x_id = 0) in;

layout(binding = 0) readonly buffer Inputs { float x[]; };
layout(binding = 1) writeonly buffer Outputs { uint q[]; };

layout(push_constant) uniform Push {
    uint first;   // value in x
    uint stride;  // from row to row
    uint blocks;  // in a row
    uint count;   // of rows
} p;

#include "quantized.glsl"

void main() {
    const uint block = (gl_WorkGroupID.x + gl_WorkGroupID.z * gl_NumWorkGroups.x) * WORKGROUP + gl_LocalInvocationIndex;
    if (block >= p.blocks * p.count) return;
    const uint from = p.first + block / p.blocks * p.stride + block % p.blocks * QUANTIZED_VALUES;
    const uint to = block * QUANTIZED_WORDS;

    float largest = 0.0;
    for (uint i = 0u; i < QUANTIZED_VALUES; ++i) largest = max(largest, abs(x[from + i]));
    const float scale = largest / 127.0;
    const float inverse = largest > 0.0 ? 127.0 / largest : 0.0;
    int sums[2] = int[2](0, 0);
    for (uint word = 0u; word < QUANTIZED_VALUES / 4u; ++word) {
        uint packed = 0u;
        for (uint i = 0u; i < 4u; ++i) {
            const int number = int(round(x[from + 4u * word + i] * inverse));
            sums[word / 4u] += number;
            packed |= (uint(number) & 255u) << (8u * i);
        }
        q[to + QUANTIZED_NUMBERS + word] = packed;
    }
    q[to] = floatBitsToUint(scale);
    q[to + 1u] = floatBitsToUint(scale * float(sums[0]));
    q[to + 2u] = floatBitsToUint(scale * float(sums[1]));
    q[to + 3u] = 0u;
}
