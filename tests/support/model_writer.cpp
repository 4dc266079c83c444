#include "tests/support/model_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "inference/base/cpu_features.h"
#include "inference/gguf/writer.h"
#include "inference/kernels/select.h"
#include "tests/support/random_values.h"

namespace kinglet::test {

const char* const chatml_template =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
    "'<|im_end|>' + "
    "'\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

namespace {

/// Elements after which the values of a big matrix repeat (a whole number of rows of it).
constexpr std::uint64_t most_distinct = 1 << 20;

struct Tensor {
    std::string name;
    DType type = DType::f32;
    std::vector<std::uint64_t> dimensions;  ///< fastest first
    /// Row i of the tensor; rows from `distinct` on repeat the first ones.
    std::function<void(std::uint64_t row, float* out)> fill;

    std::uint64_t rows() const { return dimensions.size() > 1 ? dimensions[1] : 1; }
};

class Plan {
  public:
    explicit Plan(const TestModel& model) : model_(model), vocabulary_(make_vocabulary(model.vocabulary)) {
        if (!model.turns) vocabulary_.drop_turns();
        if (!model.script.empty()) split_script();
        while (static_cast<int>(vocabulary_.tokens.size()) < model.vocabulary_size) {
            vocabulary_.add_text(fmt::format("<unused{}>", vocabulary_.tokens.size()));
        }
        list_tensors();
    }

    void describe(gguf::Writer& writer) const;
    const std::vector<Tensor>& tensors() const { return tensors_; }

  private:
    void split_script();
    void list_tensors();
    void random_matrix(const std::string& name, int rows, int columns, float scale = 1);
    void norm(const std::string& name);
    void scripted_embedding();
    float sign(std::uint64_t which, std::uint64_t column) const;

    const TestModel& model_;
    TestVocabulary vocabulary_;
    std::vector<std::int32_t> script_;
    std::vector<Tensor> tensors_;
};

// Every piece is a token of its own, so that each says which one comes next; a word that was there before
// takes the next one along.
void Plan::split_script() {
    std::set<std::string> used;
    std::string piece;
    std::vector<std::string> pieces;
    for (std::size_t i = 0; i < model_.script.size(); ++i) {
        piece += model_.script[i];
        const bool boundary =
            i + 1 == model_.script.size() || model_.script[i + 1] == ' ' || model_.script[i] == '\n';
        if (boundary && used.insert(piece).second) {
            pieces.push_back(piece);
            piece.clear();
        }
    }
    if (!piece.empty() && !pieces.empty()) pieces.back() += piece;
    for (const std::string& text : pieces) script_.push_back(vocabulary_.add_text(text));
}

void Plan::random_matrix(const std::string& name, int rows, int columns, float scale) {
    const std::uint64_t stream = stream_of(model_.seed, name);
    const auto n = static_cast<std::uint64_t>(columns);
    const float size = scale * 1.7F / std::sqrt(static_cast<float>(columns));
    tensors_.push_back(
        {name, model_.weights, {n, static_cast<std::uint64_t>(rows)}, [=](std::uint64_t row, float* out) {
             for (std::uint64_t j = 0; j < n; ++j) out[j] = size * value_of(stream, row * n + j);
         }});
}

void Plan::norm(const std::string& name) {
    const std::uint64_t stream = stream_of(model_.seed, name);
    const auto n = static_cast<std::uint64_t>(model_.width);
    tensors_.push_back({name, DType::f32, {n}, [=](std::uint64_t, float* out) {
                            for (std::uint64_t j = 0; j < n; ++j) out[j] = 1 + 0.25F * value_of(stream, j);
                        }});
}

float Plan::sign(std::uint64_t which, std::uint64_t column) const {
    return value_of(stream_of(model_.seed, "script") + which * 0x10001, column) < 0 ? -1.0F : 1.0F;
}

// Direction 0 belongs to every token outside the script, direction i to its i-th token. The output row of a
// token of the script is the direction of the one before it; where the script is endless, that of its
// first token also has the direction of the last.
void Plan::scripted_embedding() {
    const auto n = static_cast<std::uint64_t>(model_.width);
    const auto count = static_cast<std::uint64_t>(vocabulary_.tokens.size());
    std::vector<std::uint64_t> direction(count, 0);
    std::vector<std::int64_t> before(count, -1);
    for (std::size_t i = 0; i < script_.size(); ++i) {
        direction[static_cast<std::size_t>(script_[i])] = i + 1;
        before[static_cast<std::size_t>(script_[i])] = static_cast<std::int64_t>(i);
    }
    const std::uint64_t last = script_.size();
    const bool endless = model_.endless;
    if (!endless) before[static_cast<std::size_t>(vocabulary_.turn_end)] = static_cast<std::int64_t>(last);
    tensors_.push_back(
        {"token_embd.weight", model_.weights, {n, count}, [=, this](std::uint64_t row, float* out) {
             for (std::uint64_t j = 0; j < n; ++j) out[j] = sign(direction[row], j);
         }});
    tensors_.push_back(
        {"output.weight", model_.weights, {n, count}, [=, this](std::uint64_t row, float* out) {
             const std::int64_t from = before[row];
             for (std::uint64_t j = 0; j < n; ++j) {
                 out[j] = from < 0 ? 0.0F : sign(static_cast<std::uint64_t>(from), j);
                 if (endless && from == 0) out[j] += sign(last, j);
             }
         }});
}

void Plan::list_tensors() {
    const TestModel& m = model_;
    const int size = m.width / m.heads;
    const bool scripted = !m.script.empty();
    const int count = static_cast<int>(vocabulary_.tokens.size());
    if (scripted) {
        scripted_embedding();
    } else {
        random_matrix("token_embd.weight", count, m.width, std::sqrt(static_cast<float>(m.width)));
        if (!m.tied) random_matrix("output.weight", count, m.width, 2);
    }
    // A scripted model is computed like any other, but its layers add nothing to the stream.
    const float share = scripted ? 0.0F : 1.0F;
    for (int i = 0; i < m.layers; ++i) {
        const std::string p = fmt::format("blk.{}.", i);
        norm(p + "attn_norm.weight");
        random_matrix(p + "attn_q.weight", m.heads * size, m.width);
        random_matrix(p + "attn_k.weight", m.kv_heads * size, m.width);
        random_matrix(p + "attn_v.weight", m.kv_heads * size, m.width);
        random_matrix(p + "attn_output.weight", m.width, m.heads * size, share);
        norm(p + "ffn_norm.weight");
        random_matrix(p + "ffn_gate.weight", m.ff, m.width);
        random_matrix(p + "ffn_up.weight", m.ff, m.width);
        random_matrix(p + "ffn_down.weight", m.width, m.ff, share);
    }
    norm("output_norm.weight");
}

void Plan::describe(gguf::Writer& writer) const {
    const TestModel& m = model_;
    const auto number = [&](const char* key, int value) {
        writer.add_u32(key, static_cast<std::uint32_t>(value));
    };
    writer.add_string("general.architecture", "llama");
    writer.add_string("general.name", m.name);
    number("llama.context_length", m.context_length);
    number("llama.embedding_length", m.width);
    number("llama.block_count", m.layers);
    number("llama.feed_forward_length", m.ff);
    number("llama.attention.head_count", m.heads);
    number("llama.attention.head_count_kv", m.kv_heads);
    number("llama.rope.dimension_count", m.width / m.heads);
    writer.add_f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
    writer.add_f32("llama.rope.freq_base", 10000);
    vocabulary_.write(writer);
    if (!m.chat_template.empty()) writer.add_string("tokenizer.chat_template", m.chat_template);
    if (m.metadata) m.metadata(writer);
}

/// `repeat`: rows beyond the first may repeat them, where there are very many.
Status write_tensor(gguf::Writer& writer, const Tensor& tensor, bool repeat,
                    const kernels::KernelTable& table) {
    const std::uint64_t columns = tensor.dimensions[0];
    const std::uint64_t row_size = *row_bytes(tensor.type, columns);
    const auto encode = table.of(tensor.type).from_float;
    const std::uint64_t distinct = std::clamp<std::uint64_t>(most_distinct / columns, 1, tensor.rows());
    std::vector<float> row(columns);
    std::vector<std::byte> bytes(distinct * row_size);
    for (std::uint64_t at = 0; at < tensor.rows(); at += distinct) {
        const std::uint64_t count = std::min(distinct, tensor.rows() - at);
        const bool same = repeat && at > 0 && tensor.rows() * columns >= 8 * most_distinct;
        for (std::uint64_t i = 0; i < count && !same; ++i) {
            tensor.fill(at + i, row.data());
            if (tensor.type == DType::f32) {
                std::copy_n(reinterpret_cast<const std::byte*>(row.data()), row_size,
                            bytes.data() + i * row_size);
            } else {
                encode(row.data(), bytes.data() + i * row_size, columns);
            }
        }
        if (auto status = writer.write(std::span(bytes).first(count * row_size)); !status) return status;
    }
    return {};
}

}  // namespace

Status write_model(const std::filesystem::path& path, const TestModel& model) {
    const auto table = kernels::select_table("scalar", CpuFeatures{});
    if (!table) return tl::unexpected(table.error());
    if (!row_bytes(model.weights, static_cast<std::uint64_t>(model.width)) ||
        !row_bytes(model.weights, static_cast<std::uint64_t>(model.ff)) ||
        (model.weights != DType::f32 && (*table)->of(model.weights).from_float == nullptr)) {
        return fail(ErrorCode::invalid_argument, "A test model cannot have such weights");
    }
    const Plan plan(model);
    gguf::Writer writer;
    plan.describe(writer);
    for (const Tensor& tensor : plan.tensors()) {
        writer.add_tensor(tensor.name, static_cast<std::uint32_t>(tensor.type), tensor.dimensions,
                          tensor.rows() * *row_bytes(tensor.type, tensor.dimensions[0]));
    }
    if (auto status = writer.begin(path); !status) return status;
    for (const Tensor& tensor : plan.tensors()) {
        if (auto status = write_tensor(writer, tensor, model.script.empty(), **table); !status) return status;
    }
    return writer.finish();
}

TestModel large_model(DType weights) {
    TestModel model;
    model.name = "Kinglet large test model";
    model.weights = weights;
    model.vocabulary_size = 32000;
    model.context_length = 4096;
    model.width = 1536;
    model.heads = 24;
    model.kv_heads = 6;
    model.ff = 4608;
    model.layers = weights == DType::q4_0 ? 36 : 17;
    return model;
}

}  // namespace kinglet::test
