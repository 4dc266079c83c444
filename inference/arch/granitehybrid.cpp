// Granite 4 H: Mamba 2 layers, with attention in some.
#include "inference/arch/builder.h"

namespace kinglet::arch {

namespace {

Mamba2 mamba(Builder& b, int n) {
    const int width = b.hyper().width;
    Mamba2 m;
    m.taps = b.integer("ssm.conv_kernel", 1, 64);
    m.inner = b.integer("ssm.inner_size", 1, 1 << 17);
    m.state = b.integer("ssm.state_size", 1, 1024);
    m.heads = b.integer("ssm.time_step_rank", 1, 4096);
    m.groups = b.integer("ssm.group_count", 1, 1024);
    if (m.inner % m.heads != 0 || m.heads % m.groups != 0 || m.inner % m.groups != 0) {
        b.fail(ErrorCode::bad_format, "the sizes of the Mamba layers do not go together",
               "Choose another file.");
    }
    const std::int64_t channels = m.inner + std::int64_t{2} * m.groups * m.state;
    m.in = b.linear(Builder::block(n, "ssm_in"), m.inner + channels + m.heads, width);
    m.kernel = b.vector(Builder::block(n, "ssm_conv1d.weight"), channels * m.taps);
    m.kernel_bias = b.optional_vector(Builder::block(n, "ssm_conv1d.bias"), channels);
    m.step_bias = b.vector(Builder::block(n, "ssm_dt.bias"), m.heads);
    m.decay = b.vector(Builder::block(n, "ssm_a"), m.heads);
    m.skip = b.vector(Builder::block(n, "ssm_d"), m.heads);
    m.norm = b.norm(Builder::block(n, "ssm_norm"), m.inner);
    m.out = b.linear(Builder::block(n, "ssm_out"), width, m.inner);
    return m;
}

}  // namespace

void build_granitehybrid(Builder& b) {
    b.read_common(NormKind::rms);
    const Hyper& h = b.hyper();
    const int rope = b.flag("rope.scaling.finetuned", true) ? b.add_rope(RopePairing::neighbours) : -1;
    const int experts = b.integer("expert_count", 0, 1024, 0);
    const int shared = b.integer("expert_shared_feed_forward_length", 0, 1 << 17, 0);
    for (std::size_t i = 0; i < b.model().layers.size(); ++i) {
        const int n = static_cast<int>(i);
        Layer& layer = b.model().layers[i];
        layer.mixer_norm = b.norm(Builder::block(n, "attn_norm"), h.width);
        if (h.kv_heads[i] > 0) {
            layer.attention = b.attention(n, rope);
        } else {
            layer.mixer = Mixer::mamba2;
            layer.mamba = mamba(b, n);
        }
        layer.ffn_norm = b.norm(Builder::block(n, "ffn_norm"), h.width);
        if (experts > 0) {
            layer.ffn = b.experts(n, Activation::silu, h.ff[i], true);
            if (shared > 0) layer.shared_ffn = b.shared_expert(n, Activation::silu, shared);
        } else {
            layer.ffn = b.feed_forward(n, Activation::silu, true);
        }
    }
    b.granite_scales(1, 1, 1);
    b.output_head();
}

}  // namespace kinglet::arch
