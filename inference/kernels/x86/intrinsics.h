// The processor's instructions as functions. Tests compile the same sources a second time with a header that
// computes what the machine at hand lacks (tests/kernels/emulation).
#pragma once

#if defined(KINGLET_EMULATED)
#include KINGLET_EMULATED
#else
#include <immintrin.h>
#endif
