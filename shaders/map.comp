// What is computed value by value: y = f(a, b), for rows that may hold several vectors (heads).
#version 450
#include "workgroup.glsl"
layout(constant_id = 1) const uint OPERATION = 0u;
// As enum class MapOperation in inference/vulkan/operations.h.
const uint ADD_SCALED = 0u, MULTIPLY = 1u, SCALE = 2u, SOFTCAP = 3u, CLAMP = 4u, TIMES_SIGMOID = 5u;
const uint SILU = 6u, GELU_TANH = 7u, GELU_ERF = 8u, RELU = 9u, RELU_SQUARED = 10u;  // of a
const uint GATED = 16u;                                                            // added to those: times b

layout(binding = 0) readonly buffer A { float a[]; };
layout(binding = 1) readonly buffer B { float b[]; };
layout(binding = 2) writeonly buffer Outputs { float y[]; };

layout(push_constant) uniform Push {
    uint size, heads, rows;
    uint a_first, a_stride, a_step;  // first value, from row to row, from head to head
    uint b_first, b_stride, b_step;
    uint y_first, y_stride, y_step;
    float factor;  // ADD_SCALED, SCALE: times it; SOFTCAP, CLAMP: up to it
} p;

float sigmoid(float x) {
    return 1.0 / (1.0 + exp(-x));
}

float tanh_safe(float x) {
    return tanh(clamp(x, -15.0, 15.0));
}

// Abramowitz and Stegun, 7.1.26: to 1.5e-7.
float erf(float x) {
    const float t = 1.0 / (1.0 + 0.3275911 * abs(x));
    const float sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return sign(x) * (1.0 - sum * exp(-x * x));
}

float activation(uint kind, float x) {
    switch (kind) {
        case SILU:
            return x * sigmoid(x);
        case GELU_TANH:
            return 0.5 * x * (1.0 + tanh_safe(0.7978845608 * (x + 0.044715 * x * x * x)));
        case GELU_ERF:
            return 0.5 * x * (1.0 + erf(x * 0.70710678118));
        case RELU:
            return max(x, 0.0);
        default:
            return max(x, 0.0) * max(x, 0.0);
    }
}

void main() {
    const uint at = group_index() * WORKGROUP + gl_LocalInvocationIndex;
    const uint row = at / (p.heads * p.size);
    if (row >= p.rows) return;
    const uint head = at / p.size % p.heads, i = at % p.size;
    const float one = a[p.a_first + row * p.a_stride + head * p.a_step + i];
    float other = 0.0;
    if (OPERATION == ADD_SCALED || OPERATION == MULTIPLY || OPERATION == TIMES_SIGMOID || OPERATION >= GATED)
        other = b[p.b_first + row * p.b_stride + head * p.b_step + i];
    float result;
    if (OPERATION == ADD_SCALED) {
        result = one + p.factor * other;
    } else if (OPERATION == MULTIPLY) {
        result = one * other;
    } else if (OPERATION == SCALE) {
        result = one * p.factor;
    } else if (OPERATION == SOFTCAP) {
        result = p.factor * tanh_safe(one / p.factor);
    } else if (OPERATION == CLAMP) {
        result = clamp(one, -p.factor, p.factor);
    } else if (OPERATION == TIMES_SIGMOID) {
        result = one * sigmoid(other);
    } else if (OPERATION >= GATED) {
        result = activation(OPERATION - GATED, one) * other;
    } else {
        result = activation(OPERATION, one);
    }
    y[p.y_first + row * p.y_stride + head * p.y_step + i] = result;
}
