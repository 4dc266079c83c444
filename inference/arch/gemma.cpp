// The first Gemma, and CodeGemma: LLaMA's layers with a GELU gate, heads of a size of their own, and
// embeddings times the root of the width.
#include <cmath>

#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_gemma(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::halves);
    const int width = b.hyper().width;
    b.model().embedding_scale = std::sqrt(static_cast<float>(width));
    for (int n = 0; n < b.layers(); ++n) b.pre_norm_layer(n, rope, Activation::gelu_tanh, true);
    b.output_head();
}

}  // namespace kinglet::arch
