// Values of -1, 0 and 1 in blocks of 256: TQ1_0 and TQ2_0. inference/tensor/blocks.h says what lies where.

#define BLOCK_LENGTH 256

#if defined(FORMAT_TQ1_0)
#define BLOCK_BYTES 54

const uint powers[5] = uint[5](1u, 3u, 9u, 27u, 81u);

// Base-3 digit n of a byte's fraction, less one: multiplied by 3^n, what is whole dropped, the next digit leads.
float digit(uint stored, uint n) {
    return float((((stored * powers[n]) & 255u) * 3u) >> 8) - 1.0;
}

float value_at(uint block, uint at) {
    if (at < 160u) return digit(byte_at(block + (at & 31u)), at >> 5);
    if (at < 240u) return digit(byte_at(block + 32u + ((at - 160u) & 15u)), (at - 160u) >> 4);
    return digit(byte_at(block + 48u + (at & 3u)), (at - 240u) >> 2);
}

void dequant_block(uint block, uint at, out vec4 a, out vec4 b) {
    const float d = half_at(block + 52u);
    for (uint i = 0u; i < 4u; ++i) {
        a[i] = d * value_at(block, at + i);
        b[i] = d * value_at(block, at + 4u + i);
    }
}
#else
#define BLOCK_BYTES 66

void dequant_block(uint block, uint at, out vec4 a, out vec4 b) {
    const uint qs = block + 32u * (at >> 7) + (at & 31u);
    const uint shift = 2u * ((at >> 5) & 3u);
    const float d = half_at(block + 64u);
    a = d * (spread((word_at(qs) >> shift) & 0x03030303u) - 1.0);
    b = d * (spread((word_at(qs + 4u) >> shift) & 0x03030303u) - 1.0);
}
#endif
