#include "inference/vulkan/weights.h"

#include "inference/arch/matrices.h"
#include "inference/kernels/grids.h"
#include "inference/vulkan/uploader.h"

namespace kinglet::vulkan {
namespace {

/// Calls use(values, count) with every small vector of a layer, null ones included.
template <class Use>
void for_each_vector(const arch::Layer& layer, int width, Use use) {
    const auto norm = [&](const arch::Norm& n, int size) {
        use(n.gain, size);
        use(n.bias, size);
    };
    for (const arch::Norm* n :
         {&layer.mixer_norm, &layer.mixer_output_norm, &layer.stream_norm, &layer.ffn_norm,
          &layer.ffn_output_norm, &layer.ffn_stream_norm, &layer.per_layer.norm}) {
        norm(*n, width);
    }
    const arch::Attention& a = layer.attention;
    const bool shared = a.head_norms == arch::HeadNorms::shared;
    norm(a.query_norm, shared ? a.key_size : a.heads * a.key_size);
    norm(a.key_norm, shared ? a.key_size : a.kv_heads * a.key_size);
    use(layer.convolution.kernel, width * layer.convolution.taps);
    const arch::DeltaNet& d = layer.delta;
    use(d.kernel, (2 * d.key_heads + d.value_heads) * d.size * d.taps);
    use(d.decay, d.value_heads);
    use(d.step_bias, d.value_heads);
    norm(d.norm, d.size);
    const arch::Mamba2& m = layer.mamba;
    const int channels = m.inner + 2 * m.groups * m.state;
    use(m.kernel, channels * m.taps);
    use(m.kernel_bias, channels);
    use(m.step_bias, m.heads);
    use(m.decay, m.heads);
    use(m.skip, m.heads);
    norm(m.norm, m.inner);
    arch::for_each_linear(layer, [&](const arch::Linear& linear) { use(linear.bias, linear.outputs()); });
}

/// Calls tensor(view) and vector(values, count) with all that uploading copies.
template <class Tensor, class Vector>
void for_each_weight(const arch::Description& model, int first_layer, Tensor tensor, Vector vector) {
    const auto additions = [&](const arch::Linear& linear) {
        for (const LowRank& addition : linear.additions) {
            tensor(addition.a);
            tensor(addition.b);
        }
    };
    for (auto i = static_cast<std::size_t>(first_layer); i < model.layers.size(); ++i) {
        const arch::Layer& layer = model.layers[i];
        arch::for_each_layer_matrix(layer, tensor);
        arch::for_each_linear(layer, additions);
        for_each_vector(layer, model.width, vector);
    }
    for (const arch::Linear* linear : {&model.head_dense, &model.output}) {
        if (!*linear) continue;
        tensor(linear->weight);
        additions(*linear);
        vector(linear->bias, linear->outputs());
    }
    for (const arch::Norm* norm : {&model.output_norm, &model.head_norm}) {
        vector(norm->gain, model.width);
        vector(norm->bias, model.width);
    }
}

}  // namespace

std::span<const std::byte> grid_bytes(DType type) {
    const auto of = [](const auto& grid) { return std::as_bytes(std::span(grid.words)); };
    switch (type) {
        case DType::iq1_s:
        case DType::iq1_m:
            return of(kernels::kGridIQ1);
        case DType::iq2_xxs:
            return of(kernels::kGridIQ2_XXS);
        case DType::iq2_xs:
            return of(kernels::kGridIQ2_XS);
        case DType::iq2_s:
            return of(kernels::kGridIQ2_S);
        case DType::iq3_xxs:
            return of(kernels::kGridIQ3_XXS);
        case DType::iq3_s:
            return of(kernels::kGridIQ3_S);
        default:
            return {};
    }
}

std::uint64_t Weights::bytes(const arch::Description& model, int first_layer) {
    std::uint64_t sum = 0;
    for_each_weight(
        model, first_layer, [&](const TensorView& t) { sum += t.size_bytes(); },
        [&](const float* values, int count) {
            sum += values != nullptr ? static_cast<std::uint64_t>(count) * 4 : 0;
        });
    return sum;
}

std::uint64_t Weights::layer_bytes(const arch::Layer& layer, int width) {
    std::uint64_t sum = 0;
    arch::for_each_layer_matrix(layer, [&](const TensorView& t) { sum += t.size_bytes(); });
    for_each_vector(layer, width, [&](const float* values, int count) {
        sum += values != nullptr ? static_cast<std::uint64_t>(count) * 4 : 0;
    });
    return sum;
}

Status Weights::upload(const arch::Description& model, int first_layer,
                       const std::function<void(float)>& on_progress, const std::stop_token& stop) {
    Uploader uploader(context_, pipelines_);
    const auto all = static_cast<float>(bytes(model, first_layer));
    std::uint64_t done = 0;
    bool stopped = false;
    const auto copy = [&](const void* data, std::uint64_t count) {
        if (data == nullptr || count == 0 || stopped) return;
        if (const auto known = places_.find(data); known != places_.end() && known->second.bytes >= count)
            return;
        const Slice place = heap_.take(count);
        places_.insert_or_assign(data, place);
        const std::span from(static_cast<const std::byte*>(data), count);
        for (std::uint64_t at = 0; at < count && !stopped; at += Uploader::piece_bytes) {
            stopped = stop.stop_requested();
            const auto part = from.subspan(at, std::min<std::uint64_t>(Uploader::piece_bytes, count - at));
            uploader.copy(part, {place.buffer, place.offset + at, part.size(), nullptr});
            done += part.size();
            if (on_progress) on_progress(std::min(1.0F, static_cast<float>(done) / all));
        }
    };
    for_each_weight(
        model, first_layer,
        [&](const TensorView& t) {
            copy(t.data, t.size_bytes());
            const std::span<const std::byte> words = grid_bytes(t.type);
            const auto type = static_cast<std::uint32_t>(t.type);
            if (words.empty() || grids_.contains(type)) return;
            grids_[type] = heap_.take(words.size());
            uploader.copy(words, grids_[type]);
        },
        [&](const float* values, int count) {
            copy(values, static_cast<std::uint64_t>(count) * sizeof(float));
        });
    uploader.finish();
    if (stopped) return fail(ErrorCode::cancelled, "Loading was stopped");
    return {};
}

Matrix Weights::matrix(const TensorView& tensor) const {
    if (!tensor) return {};
    Matrix matrix;
    matrix.data = places_.at(tensor.data);
    matrix.type = tensor.type;
    matrix.columns = static_cast<std::uint32_t>(tensor.cols());
    matrix.rows = static_cast<std::uint32_t>(tensor.dims[2] > 1 ? tensor.dims[1] : tensor.rows());
    matrix.row_bytes = static_cast<std::uint32_t>(tensor.row_stride());
    matrix.plane_bytes = matrix.row_bytes * matrix.rows;
    if (const auto grid = grids_.find(static_cast<std::uint32_t>(tensor.type)); grid != grids_.end())
        matrix.grid = grid->second;
    return matrix;
}

Slice Weights::vector(const float* values) const {
    return values == nullptr ? Slice() : places_.at(values);
}

}  // namespace kinglet::vulkan
