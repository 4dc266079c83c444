// Ministral 3: a llama with YaRN, whose queries grow with the position.
#include "inference/arch/builder.h"

namespace kinglet::arch {

void build_mistral3(Builder& b) {
    b.read_common(NormKind::rms);
    const int rope = b.add_rope(RopePairing::neighbours);
    const auto growth = static_cast<float>(b.number("attention.temperature_scale", 0, 1000, 0));
    const auto original = static_cast<float>(
        b.number("rope.scaling.original_context_length", 1, 1 << 26, b.hyper().context_length));
    for (int n = 0; n < b.layers(); ++n) {
        Layer& layer = b.pre_norm_layer(n, rope, Activation::silu, true);
        layer.attention.position_scale = growth;
        layer.attention.position_original = original;
    }
    b.output_head();
}

}  // namespace kinglet::arch
