// Blocks of 256 values: Q2_K to Q6_K and IQ4_XS. inference/tensor/blocks.h says what lies where.

#define BLOCK_LENGTH 256

#if defined(FORMAT_Q2_K)
#define BLOCK_BYTES 84
#elif defined(FORMAT_Q3_K)
#define BLOCK_BYTES 110
#elif defined(FORMAT_Q4_K)
#define BLOCK_BYTES 144
#elif defined(FORMAT_Q5_K)
#define BLOCK_BYTES 176
#elif defined(FORMAT_Q6_K)
#define BLOCK_BYTES 210
#elif defined(FORMAT_IQ4_XS)
#define BLOCK_BYTES 136
#endif

#if defined(FORMAT_Q4_K) || defined(FORMAT_Q5_K)
// The 6-bit scale and minimum of a group of 32 that share 12 bytes.
vec2 scale_and_min(uint packed, uint group) {
    const uint first = byte_at(packed + group), second = byte_at(packed + group + 4u);
    if (group < 4u) return vec2(first & 63u, second & 63u);
    return vec2((second & 15u) | (byte_at(packed + group - 4u) >> 6 << 4), (second >> 4) | (first >> 6 << 4));
}
#endif

#if defined(FORMAT_IQ4_XS)
const int levels[16] = int[16](-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
uint look_up(uint four) {
    return pack_bytes(levels[four & 15u], levels[(four >> 8) & 15u], levels[(four >> 16) & 15u], levels[four >> 24]);
}
#endif

void quants_block(uint block, uint at, out uint a, out uint b, out float scale, out float low) {
    const uint group = at >> 5;   // of 32
    const uint inside = at & 31u;
    low = 0.0;
#if defined(FORMAT_Q2_K)
    const uint qs = block + 16u + 32u * (group >> 2) + inside;
    const uint shift = 2u * (group & 3u);
    const uint s = byte_at(block + (at >> 4));
    scale = half_at(block + 80u) * float(s & 15u);
    low = -half_at(block + 82u) * float(s >> 4);
    a = (word_at(qs) >> shift) & 0x03030303u;
    b = (word_at(qs + 4u) >> shift) & 0x03030303u;
#elif defined(FORMAT_Q3_K)
    const uint qs = block + 32u + 32u * (group >> 2) + inside;
    const uint shift = 2u * (group & 3u);
    const uint i = at >> 4;
    const uint scales = block + 96u;
    const uint small = i < 8u ? byte_at(scales + i) & 15u : byte_at(scales + i - 8u) >> 4;
    const uint s = small | (((byte_at(scales + 8u + (i & 3u)) >> (2u * (i >> 2))) & 3u) << 4);
    scale = half_at(block + 108u) * (float(s) - 32.0);
    const uint high0 = ((word_at(block + inside) >> group) & 0x01010101u) << 2;
    const uint high1 = ((word_at(block + inside + 4u) >> group) & 0x01010101u) << 2;
    a = less(((word_at(qs) >> shift) & 0x03030303u) | high0, 4u);
    b = less(((word_at(qs + 4u) >> shift) & 0x03030303u) | high1, 4u);
#elif defined(FORMAT_Q4_K)
    const vec2 s = scale_and_min(block + 4u, group) * vec2(half_at(block), half_at(block + 2u));
    const uint qs = block + 16u + 32u * (group >> 1) + inside;
    const uint shift = 4u * (group & 1u);
    scale = s.x;
    low = -s.y;
    a = (word_at(qs) >> shift) & 0x0f0f0f0fu;
    b = (word_at(qs + 4u) >> shift) & 0x0f0f0f0fu;
#elif defined(FORMAT_Q5_K)
    const vec2 s = scale_and_min(block + 4u, group) * vec2(half_at(block), half_at(block + 2u));
    const uint qs = block + 48u + 32u * (group >> 1) + inside;
    const uint shift = 4u * (group & 1u);
    const uint high0 = ((word_at(block + 16u + inside) >> group) & 0x01010101u) << 4;
    const uint high1 = ((word_at(block + 20u + inside) >> group) & 0x01010101u) << 4;
    scale = s.x;
    low = -s.y;
    a = ((word_at(qs) >> shift) & 0x0f0f0f0fu) | high0;
    b = ((word_at(qs + 4u) >> shift) & 0x0f0f0f0fu) | high1;
#elif defined(FORMAT_Q6_K)
    const uint run = group & 3u;
    const uint ql = block + 64u * (group >> 2) + 32u * (run & 1u) + inside;
    const uint qh = block + 128u + 32u * (group >> 2) + inside;
    const uint shift = run >> 1 << 2;
    const uint high0 = ((word_at(qh) >> (2u * run)) & 0x03030303u) << 4;
    const uint high1 = ((word_at(qh + 4u) >> (2u * run)) & 0x03030303u) << 4;
    const int s = int(byte_at(block + 192u + (at >> 4)) << 24) >> 24;
    scale = half_at(block + 208u) * float(s);
    a = less(((word_at(ql) >> shift) & 0x0f0f0f0fu) | high0, 32u);
    b = less(((word_at(ql + 4u) >> shift) & 0x0f0f0f0fu) | high1, 32u);
#elif defined(FORMAT_IQ4_XS)
    const uint small = (byte_at(block + 4u + (group >> 1)) >> (4u * (group & 1u))) & 15u;
    const uint s = small | (((short_at(block + 2u) >> (2u * group)) & 3u) << 4);
    scale = half_at(block) * (float(s) - 32.0);
    const uint qs = block + 8u + 16u * group + (inside & 8u);
    const uint shift = inside >> 4 << 2;
    a = look_up((word_at(qs) >> shift) & 0x0f0f0f0fu);
    b = look_up((word_at(qs + 4u) >> shift) & 0x0f0f0f0fu);
#endif
}
