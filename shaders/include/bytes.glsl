// Reading bytes of a buffer of words at any address. Including files declare `w`, a buffer of uint.

uint byte_at(uint at) {
    return (w[at >> 2] >> ((at & 3u) * 8u)) & 255u;
}

// `at` is even.
uint short_at(uint at) {
    return (w[at >> 2] >> ((at & 2u) * 8u)) & 0xffffu;
}

uint word_at(uint at) {
    const uint shift = (at & 3u) * 8u;
    const uint low = w[at >> 2];
    return shift == 0u ? low : (low >> shift) | (w[(at >> 2) + 1u] << (32u - shift));
}

float half_at(uint at) {
    return unpackHalf2x16(short_at(at)).x;
}

// The four bytes of a word as numbers.
vec4 spread(uint word) {
    return vec4((uvec4(word) >> uvec4(0u, 8u, 16u, 24u)) & 255u);
}

// Four bytes below 128, each less by n <= 128, as signed bytes.
uint less(uint word, uint n) {
    return ((word | 0x80808080u) - n * 0x01010101u) ^ 0x80808080u;
}

uint pack_bytes(int a, int b, int c, int d) {
    return (uint(a) & 255u) | (uint(b) & 255u) << 8 | (uint(c) & 255u) << 16 | uint(d) << 24;
}

vec4 spread_signed(uint word) {
    return vec4((ivec4(word) << ivec4(24, 16, 8, 0)) >> 24);
}
