// Values that are numbers by themselves: F32, F16, BF16. Rows may have any length.

#define BLOCK_LENGTH 1
#if defined(FORMAT_F32)
#define BLOCK_BYTES 4
float value_at(uint row, uint at) {
    return uintBitsToFloat(word_at(row + 4u * at));
}
#elif defined(FORMAT_F16)
#define BLOCK_BYTES 2
float value_at(uint row, uint at) {
    return half_at(row + 2u * at);
}
#else
#define BLOCK_BYTES 2
float value_at(uint row, uint at) {
    return uintBitsToFloat(short_at(row + 2u * at) << 16);
}
#endif

void dequant8(uint row, uint columns, uint at, out vec4 a, out vec4 b) {
    a = vec4(0);
    b = vec4(0);
    for (uint i = 0u; i < 4u; ++i) {
        if (at + i < columns) a[i] = value_at(row, at + i);
        if (at + 4u + i < columns) b[i] = value_at(row, at + 4u + i);
    }
}
