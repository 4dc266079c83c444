// Blocks of 32 values: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL, MXFP4. inference/tensor/blocks.h says what lies where.

#define BLOCK_LENGTH 32

// Eight nibbles of 16 bytes at `qs`: of 32 values, the low ones come first.
void nibbles(uint qs, uint at, out uint low, out uint high) {
    const uint shift = at >> 4 << 2;
    low = (word_at(qs + (at & 8u)) >> shift) & 0x0f0f0f0fu;
    high = (word_at(qs + (at & 8u) + 4u) >> shift) & 0x0f0f0f0fu;
}

// Four bits as four bytes of 0 or 16.
uint fifth_bits(uint bits) {
    return ((bits & 1u) << 4) | ((bits & 2u) << 11) | ((bits & 4u) << 18) | ((bits & 8u) << 25);
}

#if defined(FORMAT_IQ4_NL)
const int levels[16] = int[16](-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
#elif defined(FORMAT_MXFP4)
const int levels[16] = int[16](0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
#endif
#if defined(FORMAT_IQ4_NL) || defined(FORMAT_MXFP4)
uint look_up(uint four) {
    return pack_bytes(levels[four & 15u], levels[(four >> 8) & 15u], levels[(four >> 16) & 15u], levels[four >> 24]);
}
#endif

#if defined(FORMAT_Q4_0)
#define BLOCK_BYTES 18
#elif defined(FORMAT_Q4_1)
#define BLOCK_BYTES 20
#elif defined(FORMAT_Q5_0)
#define BLOCK_BYTES 22
#elif defined(FORMAT_Q5_1)
#define BLOCK_BYTES 24
#elif defined(FORMAT_Q8_0)
#define BLOCK_BYTES 34
#elif defined(FORMAT_IQ4_NL)
#define BLOCK_BYTES 18
#elif defined(FORMAT_MXFP4)
#define BLOCK_BYTES 17
#endif

void quants_block(uint block, uint at, out uint a, out uint b, out float scale, out float low) {
    low = 0.0;
#if defined(FORMAT_Q8_0)
    scale = half_at(block);
    a = word_at(block + 2u + at);
    b = word_at(block + 6u + at);
#elif defined(FORMAT_Q4_0)
    nibbles(block + 2u, at, a, b);
    scale = half_at(block);
    a = less(a, 8u);
    b = less(b, 8u);
#elif defined(FORMAT_Q4_1)
    nibbles(block + 4u, at, a, b);
    scale = half_at(block);
    low = half_at(block + 2u);
#elif defined(FORMAT_Q5_0)
    nibbles(block + 6u, at, a, b);
    const uint bits = word_at(block + 2u) >> at;
    scale = half_at(block);
    a = less(a | fifth_bits(bits), 16u);
    b = less(b | fifth_bits(bits >> 4), 16u);
#elif defined(FORMAT_Q5_1)
    nibbles(block + 8u, at, a, b);
    const uint bits = word_at(block + 4u) >> at;
    scale = half_at(block);
    low = half_at(block + 2u);
    a |= fifth_bits(bits);
    b |= fifth_bits(bits >> 4);
#elif defined(FORMAT_IQ4_NL)
    nibbles(block + 2u, at, a, b);
    scale = half_at(block);
    a = look_up(a);
    b = look_up(b);
#elif defined(FORMAT_MXFP4)
    nibbles(block + 1u, at, a, b);
    // 2^(e - 128), the half for the doubled numbers; the two smallest are subnormal floats.
    const uint e = byte_at(block);
    scale = uintBitsToFloat(e < 2u ? 0x00200000u << e : (e - 1u) << 23);
    a = look_up(a);
    b = look_up(b);
#endif
}
