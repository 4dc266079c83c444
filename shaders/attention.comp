// Attention of one query head of one token over a part of the positions, in one pass with a running softmax: scores by
// invocation and position, then sums over values by invocation and eight dimensions.
#version 450
#include "workgroup.glsl"
#include "step.glsl"
layout(constant_id = 1) const uint KEY_SIZE = 64u;
layout(constant_id = 2) const uint VALUE_SIZE = 64u;
const uint EIGHTS = (VALUE_SIZE + 7u) / 8u;

layout(binding = 0) readonly buffer Cache { uint w[]; };      // keys
layout(binding = 1) readonly buffer Values { uint values[]; };
layout(binding = 2) readonly buffer Queries { float q[]; };
layout(binding = 3) writeonly buffer Outputs { float y[]; };
layout(binding = 4) readonly buffer Steps { Step s; };

layout(push_constant) uniform Push {
    uint queries, queries_stride, queries_step;  // first value, from token to token, from head to head
    uint outputs, outputs_stride;
    uint heads, group;                           // query heads, and how many share a key head
    uint keys, values_first;                     // bytes
    uint key_bytes, value_bytes;                 // of one position
    uint capacity;
    uint window;                                 // 0 = none
    uint causal;
    uint splits;                                 // into which positions are parted; 1 = the result is final
    float scale, softcap;
} p;

#include "dequant.glsl"

shared float query[KEY_SIZE];
shared float weight[WORKGROUP];
shared float sums[8u * WORKGROUP];

// The reader of `dequant.glsl`, once more for the values.
#define w values
#define byte_at value_byte_at
#define short_at value_short_at
#define word_at value_word_at
#define half_at value_half_at
#define value_at value_value_at
#define spread value_spread
#define spread_signed value_spread_signed
#define less value_less
#define pack_bytes value_pack_bytes
#define nibbles value_nibbles
#define fifth_bits value_fifth_bits
#define quants_block value_quants_block
#define quants8 value_quants8
#define dequant_block value_dequant_block
#define dequant8 value_dequant8
#include "dequant.glsl"
#undef w
#undef byte_at
#undef short_at
#undef word_at
#undef half_at
#undef value_at
#undef spread
#undef spread_signed
#undef nibbles
#undef fifth_bits
#undef dequant_block
#undef dequant8

void main() {
    const uint me = gl_LocalInvocationIndex;
    const uint head = gl_WorkGroupID.x, token = gl_WorkGroupID.y, part = gl_WorkGroupID.z;
    const uint kv_head = head / p.group;
    const uint here = s.position + token;
    uint first = 0u, last = here;
    if (p.causal != 0u) {
        if (p.window > 0u && here + 1u > p.window) first = here + 1u - p.window;
    } else {
        last = s.kept - 1u;
        if (p.window > 0u) {
            const uint reach = p.window / 2u;
            first = here > reach ? here - reach : 0u;
            last = min(last, here + reach);
        }
    }
    const uint each = (last - first + p.splits) / p.splits;
    const uint begin = first + part * each, end = min(begin + each, last + 1u);

    for (uint i = me; i < KEY_SIZE; i += WORKGROUP)
        query[i] = q[p.queries + token * p.queries_stride + head * p.queries_step + i];
    const uint eight = me % EIGHTS, lane = me / EIGHTS, lanes = WORKGROUP / EIGHTS;
    vec4 sum0 = vec4(0), sum1 = vec4(0);
    float largest = -3.0e38, total = 0.0;
    barrier();
    for (uint tile = begin; tile < end; tile += WORKGROUP) {
        float score = -3.0e38;
        if (tile + me < end) {
            const uint row = p.keys + (kv_head * p.capacity + (tile + me) % p.capacity) * p.key_bytes;
            float product = 0.0;
            for (uint at = 0u; at < KEY_SIZE; at += 8u) {
                vec4 a, b;
                dequant8(row, KEY_SIZE, at, a, b);
                for (uint i = 0u; i < 4u; ++i) {
                    if (at + i < KEY_SIZE) product += a[i] * query[at + i];
                    if (at + 4u + i < KEY_SIZE) product += b[i] * query[at + 4u + i];
                }
            }
            score = p.scale * product;
            if (p.softcap > 0.0) score = p.softcap * tanh(clamp(score / p.softcap, -15.0, 15.0));
        }
        const float before = largest;
        largest = max(largest, workgroup_max(score));
        const float portion = tile + me < end ? exp(score - largest) : 0.0;
        const float shrink = exp(before - largest);
        total = total * shrink + workgroup_sum(portion);
        weight[me] = portion;
        barrier();
        sum0 *= shrink;
        sum1 *= shrink;
        const uint count = min(WORKGROUP, end - tile);
        if (lane < lanes) {
            for (uint t = lane; t < count; t += lanes) {
                vec4 a, b;
                value_dequant8(p.values_first + (kv_head * p.capacity + (tile + t) % p.capacity) * p.value_bytes,
                               VALUE_SIZE, 8u * eight, a, b);
                sum0 += weight[t] * a;
                sum1 += weight[t] * b;
            }
        }
        barrier();
    }

    // The lanes' sums together.
    if (lane < lanes) {
        for (uint i = 0u; i < 4u; ++i) {
            sums[lane * EIGHTS * 8u + 8u * eight + i] = sum0[i];
            sums[lane * EIGHTS * 8u + 8u * eight + 4u + i] = sum1[i];
        }
    }
    barrier();
    const uint row = p.splits == 1u ? p.outputs + token * p.outputs_stride + head * VALUE_SIZE
                                    : p.outputs + ((token * p.heads + head) * p.splits + part) * (VALUE_SIZE + 2u);
    for (uint i = me; i < VALUE_SIZE; i += WORKGROUP) {
        float sum = 0.0;
        for (uint l = 0u; l < lanes; ++l) sum += sums[l * EIGHTS * 8u + i];
        y[row + i] = p.splits == 1u ? sum / total : sum;
    }
    if (p.splits > 1u && me == 0u) {
        y[row + VALUE_SIZE] = largest;
        y[row + VALUE_SIZE + 1u] = total;
    }
}
