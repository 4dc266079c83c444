// Keys or values of new tokens into the cache, in its type: by head and position, the oldest overwritten where it is
// full.
#version 450
#if defined(FORMAT_Q8_0) || defined(FORMAT_Q4_0)
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_int16 : require
#define Unit uint16_t
#else
#define Unit uint
#endif
#include "workgroup.glsl"
#include "step.glsl"

layout(binding = 0) readonly buffer Rows { float x[]; };
layout(binding = 1) writeonly buffer Cache { Unit cache[]; };
layout(binding = 2) readonly buffer Steps { Step s; };

layout(push_constant) uniform Push {
    uint rows, stride;  // first value, from token to token
    uint count, heads, size;
    uint cache_first;   // byte of the cache
    uint capacity;      // positions that it has room for
} p;

#if defined(FORMAT_F32)
#define PIECE 1
#elif defined(FORMAT_F16)
#define PIECE 2
#else
#define PIECE 32
#endif

void main() {
    const uint pieces = p.size / PIECE;
    const uint at = group_index() * WORKGROUP + gl_LocalInvocationIndex;
    const uint token = at / (p.heads * pieces);
    if (token >= p.count) return;
    const uint head = at / pieces % p.heads, piece = at % pieces;
    const uint from = p.rows + token * p.stride + head * p.size + piece * PIECE;
    const uint slot = head * p.capacity + (s.position + token) % p.capacity;
#if defined(FORMAT_F32)
    cache[p.cache_first / 4u + slot * p.size + piece] = floatBitsToUint(x[from]);
#elif defined(FORMAT_F16)
    cache[p.cache_first / 4u + slot * pieces + piece] = packHalf2x16(vec2(x[from], x[from + 1u]));
#elif defined(FORMAT_Q8_0)
    float largest = 0.0;
    for (uint i = 0u; i < 32u; ++i) largest = max(largest, abs(x[from + i]));
    const float d = largest / 127.0, inverse = d != 0.0 ? 1.0 / d : 0.0;
    const uint to = p.cache_first / 2u + (slot * pieces + piece) * 17u;
    cache[to] = uint16_t(packHalf2x16(vec2(d, 0)));
    for (uint i = 0u; i < 16u; ++i) {
        const ivec2 q = ivec2(roundEven(vec2(x[from + 2u * i], x[from + 2u * i + 1u]) * inverse)) & 255;
        cache[to + 1u + i] = uint16_t(q.x | q.y << 8);
    }
#else
    // The largest value, with its sign, becomes -8.
    float largest = 0.0;
    for (uint i = 0u; i < 32u; ++i) largest = abs(x[from + i]) > abs(largest) ? x[from + i] : largest;
    const float d = largest / -8.0, inverse = d != 0.0 ? 1.0 / d : 0.0;
    const uint to = p.cache_first / 2u + (slot * pieces + piece) * 9u;
    cache[to] = uint16_t(packHalf2x16(vec2(d, 0)));
    for (uint i = 0u; i < 8u; ++i) {
        uint packed = 0u;
        for (uint j = 0u; j < 2u; ++j) {
            const uint low = uint(min(15.0, floor(x[from + 2u * i + j] * inverse + 8.5)));
            const uint high = uint(min(15.0, floor(x[from + 16u + 2u * i + j] * inverse + 8.5)));
            packed |= (low | high << 4) << (8u * j);
        }
        cache[to + 1u + i] = uint16_t(packed);
    }
#endif
}
