// The experts of each token: the largest of its probabilities, the first of equals, and what each contributes.
// One token an invocation: there are few experts and fewer chosen ones.
#version 450
#include "workgroup.glsl"

layout(binding = 0) buffer Probabilities { float x[]; };  // changed
layout(binding = 1) writeonly buffer Chosen { uint chosen[]; };
layout(binding = 2) buffer Portions { float portions[]; };
layout(push_constant) uniform Push {
    uint rows, experts, used, count;
    uint chosen_first, portions_first;
    uint normalise;  // portions are divided by their sum
} p;

void main() {
    const uint token = group_index() * WORKGROUP + gl_LocalInvocationIndex;
    if (token >= p.count) return;
    const uint from = p.rows + token * p.experts;
    float sum = 0.0;
    for (uint k = 0u; k < p.used; ++k) {
        uint best = 0u;
        for (uint e = 1u; e < p.experts; ++e) {
            if (x[from + e] > x[from + best]) best = e;
        }
        const float portion = x[from + best];
        sum += portion;
        chosen[p.chosen_first + token * p.used + k] = best;
        portions[p.portions_first + token * p.used + k] = portion;
        x[from + best] = -1.0;
    }
    if (p.normalise == 0u) return;
    for (uint k = 0u; k < p.used; ++k) portions[p.portions_first + token * p.used + k] /= sum;
}
