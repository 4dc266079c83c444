// Rows of a table, decoded: out row i = scale * table row ids[i].
#version 450
#include "workgroup.glsl"

layout(binding = 0) readonly buffer Table { uint w[]; };
layout(binding = 1) readonly buffer Ids { uint ids[]; };
layout(binding = 2) writeonly buffer Outputs { float y[]; };
layout(binding = 3) readonly buffer Grid { uint grid[]; };

layout(push_constant) uniform Push {
    uint first_row;  // of the table, of those that are bound
    uint rows;
    uint columns;
    uint table;      // byte of the first bound row
    uint row_bytes;
    uint outputs;
    float scale;
} p;

#include "dequant.glsl"

void main() {
    const uint id = ids[gl_WorkGroupID.y];
    if (id < p.first_row || id - p.first_row >= p.rows) return;
    const uint at = 8u * gl_GlobalInvocationID.x;
    if (at >= p.columns) return;
    vec4 a, b;
    dequant8(p.table + (id - p.first_row) * p.row_bytes, p.columns, at, a, b);
    for (uint i = 0u; i < 8u; ++i) {
        if (at + i < p.columns) y[p.outputs + gl_WorkGroupID.y * p.columns + at + i] = p.scale * (i < 4u ? a[i] : b[i - 4u]);
    }
}
