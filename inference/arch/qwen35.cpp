// Qwen 3.5: gated delta nets, with gated attention in every fourth layer.
#include "inference/arch/builder.h"

namespace kinglet::arch {

namespace {

DeltaNet delta_net(Builder& b, int n) {
    const int width = b.hyper().width;
    DeltaNet d;
    d.taps = b.integer("ssm.conv_kernel", 1, 64);
    d.size = b.integer("ssm.state_size", 1, 1024);
    d.key_heads = b.integer("ssm.group_count", 1, 1024);
    d.value_heads = b.integer("ssm.time_step_rank", 1, 1024);
    if (d.value_heads % d.key_heads != 0) {
        b.fail(ErrorCode::bad_format, "the value heads of the delta nets are no multiple of their key heads",
               "Choose another file.");
    }
    const int channels = (2 * d.key_heads + d.value_heads) * d.size;
    const int inner = d.value_heads * d.size;
    d.qkv = b.linear(Builder::block(n, "attn_qkv"), channels, width);
    d.gate = b.linear(Builder::block(n, "attn_gate"), inner, width);
    d.kernel = b.vector(Builder::block(n, "ssm_conv1d.weight"), static_cast<std::int64_t>(channels) * d.taps);
    d.alpha = b.linear(Builder::block(n, "ssm_alpha"), d.value_heads, width);
    d.beta = b.linear(Builder::block(n, "ssm_beta"), d.value_heads, width);
    d.step_bias = b.vector(Builder::block(n, "ssm_dt.bias"), d.value_heads);
    d.decay = b.vector(Builder::block(n, "ssm_a"), d.value_heads);
    d.norm = b.norm(Builder::block(n, "ssm_norm"), d.size);
    d.out = b.linear(Builder::block(n, "ssm_out"), width, inner);
    return d;
}

}  // namespace

void build_qwen35(Builder& b) {
    b.read_common(NormKind::rms);
    const Hyper& h = b.hyper();
    const int rope = b.add_rope(RopePairing::halves);
    const int interval = b.integer("full_attention_interval", 1, 1024, 4);
    const std::vector<bool> recurrent = b.layer_flags("attention.recurrent_layers");
    // Draft layers, which guess tokens ahead, stand at the end and take no part.
    const int drafts = b.integer("nextn_predict_layers", 0, h.layers - 1, 0);
    if (b.ok()) b.model().layers.resize(static_cast<std::size_t>(h.layers - drafts));
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), h.width);
        const bool full = recurrent.empty() ? Builder::ends_group(n, interval) : !recurrent[i];
        if (full) {
            layer.attention = b.gated_attention(n, rope);
            b.query_key_norms(layer.attention, n, HeadNorms::shared);
        } else {
            layer.mixer = Mixer::delta_net;
            layer.delta = delta_net(b, n);
        }
        layer.ffn_norm = b.norm(Builder::block(n, "post_attention_norm"), h.width);
        layer.ffn = b.feed_forward(n, Activation::silu, true);
    }
    b.output_head();
}

}  // namespace kinglet::arch
