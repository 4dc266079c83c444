// Which value of a row is the largest, the first of equals; one row a workgroup.
#version 450
#include "workgroup.glsl"

layout(binding = 0) readonly buffer Rows { float x[]; };
layout(binding = 1) writeonly buffer Outputs { uint y[]; };
layout(push_constant) uniform Push { uint rows, size, outputs; } p;

shared uint places[WORKGROUP];

void main() {
    const uint me = gl_LocalInvocationIndex, row = group_index();
    float largest = -3.4e38;
    uint place = 0xffffffffu;
    for (uint i = me; i < p.size; i += WORKGROUP) {
        if (place == 0xffffffffu || x[p.rows + row * p.size + i] > largest) {
            largest = x[p.rows + row * p.size + i];
            place = i;
        }
    }
    workgroup_values[me] = largest;
    places[me] = place;
    barrier();
    for (uint half_size = WORKGROUP / 2u; half_size > 0u; half_size /= 2u) {
        if (me < half_size && places[me + half_size] != 0xffffffffu) {
            const float other = workgroup_values[me + half_size];
            if (other > workgroup_values[me] || (other == workgroup_values[me] && places[me + half_size] < places[me])) {
                workgroup_values[me] = other;
                places[me] = places[me + half_size];
            }
        }
        barrier();
    }
    if (me == 0u) y[p.outputs + row] = places[0];
}
