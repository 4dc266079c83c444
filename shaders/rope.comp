// Rotary positions of heads, in place; queries may grow with the position besides.
#version 450
#include "workgroup.glsl"
#include "step.glsl"
layout(constant_id = 1) const bool HALVES = false;  // pairs (i, i + n/2) instead of (2i, 2i + 1)

layout(binding = 0) buffer Rows { float x[]; };
layout(binding = 1) readonly buffer Angles { float angles[]; };  // a token's cosines, then its sines
layout(binding = 2) readonly buffer Steps { Step s; };

layout(push_constant) uniform Push {
    uint rows, stride, heads, step;  // first value, from token to token, heads of a token, from head to head
    uint count;
    uint pairs;     // that are rotated
    uint size;      // of a head
    uint angles_first;
    float growth;   // times 1 + growth * ln(1 + floor(position / original))
    float original;
} p;

void main() {
    const uint half_size = (p.size + 1u) / 2u;
    const uint at = group_index() * WORKGROUP + gl_LocalInvocationIndex;
    const uint token = at / (p.heads * half_size);
    if (token >= p.count) return;
    const uint head = at / half_size % p.heads, i = at % half_size;
    const uint from = p.rows + token * p.stride + head * p.step;
    float grown = 1.0;
    if (p.growth != 0.0) grown += p.growth * log(1.0 + floor(float(s.position + token) / p.original));
    if (i < p.pairs) {
        const uint first = from + (HALVES ? i : 2u * i), second = HALVES ? first + p.pairs : first + 1u;
        const uint row = p.angles_first + token * 2u * p.pairs;
        const float c = angles[row + i], sn = angles[row + p.pairs + i];
        const float a = x[first], b = x[second];
        x[first] = grown * (a * c - b * sn);
        x[second] = grown * (a * sn + b * c);
    } else if (grown != 1.0) {
        if (2u * i < p.size) x[from + 2u * i] *= grown;
        if (2u * i + 1u < p.size) x[from + 2u * i + 1u] *= grown;
    }
}
