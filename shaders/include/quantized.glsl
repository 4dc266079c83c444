// Rows of inputs as whole numbers: for each 32 values 12 words, the scale, the sums of both halves (in values), a word
// of nothing, and the numbers as signed bytes. quantize.comp writes them, matmul_int8.comp reads them.
const uint QUANTIZED_VALUES = 32u;
const uint QUANTIZED_WORDS = 12u;
const uint QUANTIZED_NUMBERS = 4u;  // the first word of them
