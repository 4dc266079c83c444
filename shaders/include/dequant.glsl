// One function name for every format. A file that includes this is compiled once for each FORMAT_*; it gets
//   BLOCK_LENGTH, BLOCK_BYTES   values and bytes of a block,
//   dequant8(row, columns, at, a, b)   the eight values of a row from `at` (a multiple of 8) on; `row` is the byte at
//                               which it begins. Values from `columns` on are 0.
// and, where HAS_QUANTS is defined, as values of the small and super blocks are scale * n + low for whole numbers n,
//   quants8(row, at, a, b, scale, low)   the eight numbers as signed bytes; scale and low are those of all 16 around.
// and declares beforehand: `w`, the buffer of words that is read, and for GRID formats `grid`, that of code words.

#include "bytes.glsl"

#if defined(FORMAT_F32) || defined(FORMAT_F16) || defined(FORMAT_BF16)
#include "dequant_float.glsl"
#elif defined(FORMAT_IQ1_S) || defined(FORMAT_IQ1_M) || defined(FORMAT_IQ2_XXS) || defined(FORMAT_IQ2_XS) || \
    defined(FORMAT_IQ2_S) || defined(FORMAT_IQ3_XXS) || defined(FORMAT_IQ3_S)
#include "dequant_grid.glsl"
#elif defined(FORMAT_Q2_K) || defined(FORMAT_Q3_K) || defined(FORMAT_Q4_K) || defined(FORMAT_Q5_K) || defined(FORMAT_Q6_K) || \
    defined(FORMAT_IQ4_XS)
#define HAS_QUANTS
#include "dequant_super.glsl"
#elif defined(FORMAT_TQ1_0) || defined(FORMAT_TQ2_0)
#include "dequant_ternary.glsl"
#else
#define HAS_QUANTS
#include "dequant_small.glsl"
#endif

#ifdef HAS_QUANTS
void quants8(uint row, uint at, out uint a, out uint b, out float scale, out float low) {
    quants_block(row + at / BLOCK_LENGTH * BLOCK_BYTES, at % BLOCK_LENGTH, a, b, scale, low);
}

void dequant_block(uint block, uint at, out vec4 a, out vec4 b) {
    uint first, second;
    float scale, low;
    quants_block(block, at, first, second, scale, low);
    a = scale * spread_signed(first) + low;
    b = scale * spread_signed(second) + low;
}
#endif

#if BLOCK_LENGTH > 1
void dequant8(uint row, uint columns, uint at, out vec4 a, out vec4 b) {
    dequant_block(row + at / BLOCK_LENGTH * BLOCK_BYTES, at % BLOCK_LENGTH, a, b);
}
#endif
