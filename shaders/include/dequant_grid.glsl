// Formats whose values are code words of a table, in blocks of 256: IQ1_*, IQ2_*, IQ3_*. inference/tensor/blocks.h
// says what lies where; `grid` holds the words of this format alone.

#define BLOCK_LENGTH 256

// Makes those of eight values negative whose bits are set.
void negate(uint signs, inout vec4 a, inout vec4 b) {
    for (uint i = 0u; i < 4u; ++i) {
        if ((signs >> i & 1u) != 0u) a[i] = -a[i];
        if ((signs >> (i + 4u) & 1u) != 0u) b[i] = -b[i];
    }
}

// Eight signs from the seven that are stored: the number of negative values is even.
uint whole_signs(uint seven) {
    return seven | ((bitCount(seven) & 1u) << 7);
}

float odd(uint s) {
    return float(2u * s + 1u);
}

uint nibble(uint bytes, uint i) {
    return (byte_at(bytes + (i >> 1)) >> (4u * (i & 1u))) & 15u;
}

#if defined(FORMAT_IQ2_XXS)
#define BLOCK_BYTES 66
#elif defined(FORMAT_IQ2_XS)
#define BLOCK_BYTES 74
#elif defined(FORMAT_IQ2_S)
#define BLOCK_BYTES 82
#elif defined(FORMAT_IQ3_XXS)
#define BLOCK_BYTES 98
#elif defined(FORMAT_IQ3_S)
#define BLOCK_BYTES 110
#elif defined(FORMAT_IQ1_S)
#define BLOCK_BYTES 50
#elif defined(FORMAT_IQ1_M)
#define BLOCK_BYTES 56
#endif

void dequant_block(uint block, uint at, out vec4 a, out vec4 b) {
    const uint group = at >> 5;      // of 32
    const uint eight = at >> 3;      // of the block's eights
    const uint i = eight & 3u;       // of the group's
    float scale = 0.0;
    uint signs = 0u;
#if defined(FORMAT_IQ2_XXS)
    const uint qs = block + 2u + 8u * group;
    const uint tail = word_at(qs + 4u);
    const uint number = byte_at(qs + i);
    scale = half_at(block) * 0.125 * odd(tail >> 28);
    signs = whole_signs((tail >> (7u * i)) & 127u);
#elif defined(FORMAT_IQ2_XS)
    const uint stored = short_at(block + 2u + 2u * eight);
    const uint number = stored & 511u;
    scale = half_at(block) * 0.125 * odd(nibble(block + 66u, at >> 4));
    signs = whole_signs(stored >> 9);
#elif defined(FORMAT_IQ2_S)
    const uint high = (byte_at(block + 66u + group) >> (2u * i)) & 3u;
    const uint number = byte_at(block + 2u + eight) | high << 8;
    scale = half_at(block) * 0.125 * odd(nibble(block + 74u, at >> 4));
    signs = byte_at(block + 34u + eight);
#elif defined(FORMAT_IQ3_XXS)
    const uint tail = word_at(block + 66u + 4u * group);
    const uint first = byte_at(block + 2u + 2u * eight), second = byte_at(block + 3u + 2u * eight);
    scale = half_at(block) * 0.25 * odd(tail >> 28);
    signs = whole_signs((tail >> (7u * i)) & 127u);
#elif defined(FORMAT_IQ3_S)
    const uint high = byte_at(block + 66u + group) >> (2u * i);
    const uint first = byte_at(block + 2u + 2u * eight) | (high & 1u) << 8;
    const uint second = byte_at(block + 3u + 2u * eight) | (high >> 1 & 1u) << 8;
    scale = half_at(block) * odd(nibble(block + 106u, group));
    signs = byte_at(block + 74u + eight);
#elif defined(FORMAT_IQ1_S)
    const uint head = short_at(block + 34u + 2u * group);
    const uint number = byte_at(block + 2u + eight) | ((head >> (3u * i)) & 7u) << 8;
    const float shift = (head >> 15) != 0u ? -1.0 : 1.0;
    scale = half_at(block) * 0.125 * odd((head >> 12) & 7u);
#elif defined(FORMAT_IQ1_M)
    uint bits = 0u;
    for (uint part = 0u; part < 4u; ++part) bits |= (short_at(block + 48u + 2u * part) >> 12) << (4u * part);
    const uint head = nibble(block + 32u, eight);
    const uint number = byte_at(block + eight) | (head & 7u) << 8;
    const float shift = (head & 8u) != 0u ? -1.0 : 1.0;
    const uint s = short_at(block + 48u + 2u * (group >> 1)) >> (6u * (group & 1u) + 3u * ((at >> 4) & 1u));
    scale = unpackHalf2x16(bits).x * 0.125 * odd(s & 7u);
#endif

#if defined(FORMAT_IQ1_S) || defined(FORMAT_IQ1_M)
    a = scale * (spread_signed(grid[2u * number]) + shift);
    b = scale * (spread_signed(grid[2u * number + 1u]) + shift);
#else
#if defined(FORMAT_IQ3_XXS) || defined(FORMAT_IQ3_S)
    a = scale * spread(grid[first]);
    b = scale * spread(grid[second]);
#else
    a = scale * spread(grid[2u * number]);
    b = scale * spread(grid[2u * number + 1u]);
#endif
    negate(signs, a, b);
#endif
}
