// LoRA adapters: applied beside the weights they give what weights with the adapter added in give, and what
// does not fit is named.
#include <QtTest>

#include <cstring>

#include "inference/engine/engine.h"
#include "inference/gguf/model_file.h"
#include "inference/gguf/writer.h"
#include "inference/kernels/select.h"
#include "tests/support/files.h"
#include "tests/support/fixture_models.h"
#include "tests/support/model_writer.h"
#include "tests/support/random_values.h"

using namespace kinglet;

namespace {

/// One pair of an adapter: B (outputs, rank) times A (rank, inputs), drawn from the tensor's name.
struct Pair {
    std::string tensor;
    std::uint64_t outputs = 0;
    std::uint64_t inputs = 0;
    std::uint64_t rank = 3;

    std::vector<float> a() const { return drawn(".lora_a", rank * inputs); }
    std::vector<float> b() const { return drawn(".lora_b", outputs * rank); }

  private:
    std::vector<float> drawn(const char* part, std::uint64_t count) const {
        const auto stream = test::stream_of(7, tensor + part);
        std::vector<float> out(count);
        for (std::uint64_t i = 0; i < count; ++i) out[i] = 0.5F * test::value_of(stream, i);
        return out;
    }
};

struct AdapterSettings {
    std::string kind = "lora";
    std::string general = "adapter";
    std::string architecture = "llama";
    float alpha = 6;
    std::vector<std::string> left_out = {};
};

Status write_adapter(const std::filesystem::path& path, const std::vector<Pair>& pairs,
                     const AdapterSettings& settings = {}) {
    gguf::Writer writer;
    writer.add_string("general.architecture", settings.architecture);
    writer.add_string("general.type", settings.general);
    writer.add_string("adapter.type", settings.kind);
    writer.add_f32("adapter.lora.alpha", settings.alpha);
    std::vector<std::vector<float>> data;
    const auto add = [&](const std::string& name, std::uint64_t cols, std::uint64_t rows,
                         std::vector<float> v) {
        if (std::find(settings.left_out.begin(), settings.left_out.end(), name) != settings.left_out.end())
            return;
        writer.add_tensor(name, 0, std::array{cols, rows}, v.size() * sizeof(float));
        data.push_back(std::move(v));
    };
    for (const Pair& pair : pairs) {
        add(pair.tensor + ".lora_a", pair.inputs, pair.rank, pair.a());
        add(pair.tensor + ".lora_b", pair.rank, pair.outputs, pair.b());
    }
    if (auto status = writer.begin(path); !status) return status;
    for (const auto& values : data) {
        if (auto status = writer.write(std::as_bytes(std::span(values))); !status) return status;
    }
    return writer.finish();
}

/// A copy of an F32 model with strength * B A added to its matrices.
bool merge(const std::filesystem::path& base, const std::filesystem::path& out,
           const std::vector<Pair>& pairs, double strength) {
    std::string bytes = test::read_file(base);
    // Windows keeps a file that is mapped from being written.
    const auto copy = std::filesystem::path(base) += ".copy";
    test::write_file(copy, bytes);
    const auto model = gguf::ModelFile::open(copy);
    if (!model) return false;
    for (const Pair& pair : pairs) {
        const gguf::TensorInfo* tensor = model->file.find_tensor(pair.tensor);
        if (tensor == nullptr || tensor->type != 0) return false;
        const auto a = pair.a();
        const auto b = pair.b();
        char* at = bytes.data() + model->file.position(*tensor);
        for (std::uint64_t row = 0; row < pair.outputs; ++row) {
            for (std::uint64_t col = 0; col < pair.inputs; ++col, at += sizeof(float)) {
                double sum = 0;
                for (std::uint64_t r = 0; r < pair.rank; ++r) {
                    sum += static_cast<double>(b[row * pair.rank + r]) *
                           static_cast<double>(a[r * pair.inputs + col]);
                }
                float value = 0;
                std::memcpy(&value, at, sizeof value);
                value = static_cast<float>(static_cast<double>(value) + strength * sum);
                std::memcpy(at, &value, sizeof value);
            }
        }
    }
    test::write_file(out, bytes);
    return true;
}

using Adapters = std::vector<engine::AdapterFile>;

Result<std::shared_ptr<const engine::Model>> load(const std::filesystem::path& path, const Adapters& adapters,
                                                  std::string_view isa = {}) {
    engine::LoadOptions options;
    options.isa = isa;
    options.adapters = adapters;
    return engine::Model::load(path, options);
}

Result<std::vector<float>> logits(const std::filesystem::path& path, const Adapters& adapters = {},
                                  std::string_view isa = {}, int batch = 256) {
    const auto model = load(path, adapters, isa);
    if (!model) return tl::unexpected(model.error());
    engine::SessionOptions options;
    options.kv_type = engine::KvType::f32;
    options.batch_size = batch;
    std::vector<Token> tokens;
    for (int i = 0; i < 12; ++i) tokens.push_back(3 + i * 5 % 20);
    return (*engine::Session::create(*model, options))->logits(tokens);
}

// Of tests/golden/fixtures.json's "llama" (whose output is a matrix of its own).
const std::vector<Pair> llama_pairs{{"blk.0.attn_q.weight", 32, 32},
                                    {"blk.1.attn_v.weight", 16, 32},
                                    {"blk.0.ffn_down.weight", 32, 48},
                                    {"blk.1.ffn_gate.weight", 48, 32, 8},
                                    {"output.weight", 24, 32, 1}};

}  // namespace

class EngineAdapter : public QObject {
    Q_OBJECT

    test::TemporaryFolder folder_;
    std::filesystem::path base_;

    std::string refusal(const std::vector<Pair>& pairs, const AdapterSettings& settings = {}) {
        const auto path = folder_ / "refused.gguf";
        if (!write_adapter(path, pairs, settings)) return "not written";
        const auto result = load(base_, {{path, 1}});
        return result ? std::string("accepted") : result.error().message;
    }

  private slots:
    void initTestCase() {
        const auto fixtures =
            test::Fixtures::read(std::filesystem::path(KINGLET_SOURCE_FOLDER) / "tests/golden/fixtures.json");
        base_ = folder_ / "base.gguf";
        QVERIFY(fixtures && fixtures->write("llama", base_));
    }

    void equals_merged_weights() {
        const auto adapter = folder_ / "adapter.gguf";
        QVERIFY(write_adapter(adapter, llama_pairs).has_value());
        const std::string before = test::read_file(base_);
        const auto plain = logits(base_);
        QVERIFY(plain.has_value());
        for (const float strength : {1.0F, 0.25F, -0.5F}) {
            const auto merged = folder_ / "merged.gguf";
            std::string bytes = before;
            test::write_file(merged, bytes);
            // alpha 6 over each pair's rank.
            for (const Pair& pair : llama_pairs) {
                QVERIFY(merge(merged, merged, {pair},
                              static_cast<double>(strength) * 6 / static_cast<double>(pair.rank)));
            }
            for (const kernels::KernelTable* table : kernels::available_tables(detect_cpu_features())) {
                const auto expected = logits(merged, {}, table->name);
                for (const int batch : {1, 5, 256}) {
                    const auto actual = logits(base_, {{adapter, strength}}, table->name, batch);
                    QVERIFY2(actual.has_value(), actual ? "" : actual.error().message.c_str());
                    const double error = test::normalised_error(*actual, *expected);
                    QVERIFY2(error <= 1e-9, qPrintable(QString::number(error)));
                    QVERIFY(test::normalised_error(*actual, *plain) > 1e-3);
                }
            }
        }
        QCOMPARE(test::read_file(base_), before);
    }

    void several_add_up() {
        const auto one = folder_ / "one.gguf";
        const auto two = folder_ / "two.gguf";
        QVERIFY(write_adapter(one, {llama_pairs[0], llama_pairs[2]}).has_value());
        QVERIFY(write_adapter(two, {llama_pairs[2], llama_pairs[4]}).has_value());
        const auto merged = folder_ / "both.gguf";
        QVERIFY(merge(base_, merged, {llama_pairs[0], llama_pairs[2]}, 2.0));
        QVERIFY(merge(merged, merged, {llama_pairs[2]}, 2.0 * 0.5));
        QVERIFY(merge(merged, merged, {llama_pairs[4]}, 6.0 * 0.5));
        const auto actual = logits(base_, {{one, 1}, {two, 0.5F}});
        QVERIFY(actual.has_value());
        QVERIFY(test::normalised_error(*actual, *logits(merged)) <= 1e-9);
        const auto model = load(base_, {{one, 1}, {two, 0.5F}});
        QCOMPARE((*model)->info().adapters, (std::vector<std::string>{"one.gguf (1)", "two.gguf (0.5)"}));
    }

    void quantized_weights_stay_as_they_are() {
        test::TestModel settings;
        settings.weights = DType::q8_0;
        const auto base = folder_ / "quantized.gguf";
        QVERIFY(test::write_model(base, settings).has_value());
        const auto adapter = folder_ / "for_quantized.gguf";
        QVERIFY(write_adapter(adapter, {{"blk.0.attn_q.weight", 64, 64}, {"blk.1.ffn_up.weight", 128, 64}}));
        QCOMPARE(logits(base, {{adapter, 0}}).value(), logits(base).value());
        QVERIFY(test::normalised_error(*logits(base, {{adapter, 1}}), *logits(base)) > 1e-4);
    }

    // A saved session belongs to the model with its adapters at their strengths.
    void sessions_know_their_adapters() {
        const auto adapter = folder_ / "for_session.gguf";
        QVERIFY(write_adapter(adapter, {llama_pairs[0]}).has_value());
        const auto path = folder_ / "saved.session";
        const auto session_of = [&](const Adapters& adapters) {
            return std::move(*engine::Session::create(*load(base_, adapters), {}));
        };
        const auto session = session_of({{adapter, 1}});
        QVERIFY(session->logits(std::vector<Token>{5, 6, 7}).has_value());
        QVERIFY(session->save(path).has_value());
        QVERIFY(session_of({{adapter, 1}})->load(path).has_value());
        for (const Adapters& other : {Adapters{}, Adapters{{adapter, 0.5F}}}) {
            const auto refused = session_of(other)->load(path);
            QVERIFY(!refused && refused.error().message.find("adapters") != std::string::npos);
        }
    }

    void what_does_not_fit_is_named() {
        const Pair good = llama_pairs[0];
        QCOMPARE(refusal({good}), std::string("accepted"));
        const auto names = [](const std::string& message, const char* what) {
            const bool good_message = message.find(what) != std::string::npos;
            if (!good_message) qWarning("%s", message.c_str());
            return good_message && message.find("refused.gguf") != std::string::npos;
        };
        QVERIFY(names(refusal({{"blk.7.attn_q.weight", 32, 32}}), "blk.7.attn_q.weight"));
        QVERIFY(names(refusal({{"token_embd.weight", 24, 32}}), "token_embd.weight"));
        QVERIFY(names(refusal({{"blk.0.attn_q.weight", 32, 16}}), "16 x 32"));
        QVERIFY(names(refusal({{"blk.0.attn_q.weight", 16, 32}}), "32 x 16"));
        QVERIFY(names(refusal({good}, {.left_out = {"blk.0.attn_q.weight.lora_b"}}), "lora_b is missing"));
        QVERIFY(names(refusal({good}, {.left_out = {"blk.0.attn_q.weight.lora_a"}}), "lora_a is missing"));
        QVERIFY(names(refusal({good}, {.kind = "control_vector"}), "control_vector"));
        QVERIFY(names(refusal({good}, {.general = "model"}), "no adapter"));
        QVERIFY(names(refusal({good}, {.architecture = "gpt2"}), "gpt2"));
        QVERIFY(names(refusal({good}, {.alpha = std::numeric_limits<float>::quiet_NaN()}), "refused.gguf"));
        QVERIFY(names(refusal({}), "empty"));
        QVERIFY(!load(base_, {{base_, 1}}));
        const auto missing = load(base_, {{folder_ / "missing.gguf", 1}});
        QVERIFY(!missing && missing.error().code == ErrorCode::not_found);
    }
};

QTEST_GUILESS_MAIN(EngineAdapter)
#include "engine_adapter.moc"
