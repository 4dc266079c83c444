// How fast the device multiplies and adds: nothing but that, in registers. For kinglet-cli bench.
#version 450
#include "workgroup.glsl"

layout(binding = 0) writeonly buffer Outputs { float y[]; };
layout(push_constant) uniform Push { uint rounds; float factor; } p;

void main() {
    vec4 a = vec4(gl_LocalInvocationIndex), b = a + 1.0, c = a + 2.0, d = a + 3.0;
    for (uint i = 0u; i < p.rounds; ++i) {
        a = fma(a, vec4(p.factor), vec4(0.5));
        b = fma(b, vec4(p.factor), vec4(0.5));
        c = fma(c, vec4(p.factor), vec4(0.5));
        d = fma(d, vec4(p.factor), vec4(0.5));
    }
    // So that nothing of it can be left out.
    const vec4 sum = a + b + c + d;
    if (sum.x + sum.y + sum.z + sum.w == 12345.0) y[0] = 1.0;
}
