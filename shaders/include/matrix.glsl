// What products with a matrix are told, and how a result is put where it belongs. `w`, `y`, `bias` are declared.
layout(push_constant) uniform Push {
    uint rows;           // of the matrix
    uint columns;
    uint count;          // rows of the inputs
    uint weights;        // byte of the first row in w
    uint row_bytes;
    uint plane_bytes;    // from expert to expert
    uint inputs;         // first value in x
    uint inputs_stride;  // values from row to row
    uint inputs_share;   // successive outputs that share a row of inputs
    uint outputs;
    uint outputs_stride;
    uint bias_first;
    uint flags;
    float scale;
} p;

const uint WITH_BIAS = 1u;
const uint WITH_EXPERTS = 2u;
const uint ADDED = 4u;  // to what is there, instead of replacing it

void put(uint row, uint column, float value) {
    const uint at = p.outputs + row * p.outputs_stride + column;
    value *= p.scale;
    if ((p.flags & WITH_BIAS) != 0u) value += bias[p.bias_first + column];
    if ((p.flags & ADDED) != 0u) value += y[at];
    y[at] = value;
}
