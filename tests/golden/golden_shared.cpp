// The models of ../shared against its golden results, at several batch sizes. KINGLET_ISA says which kernels.
#include <QtTest>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "inference/engine/engine.h"
#include "inference/kernels/select.h"
#include "tests/support/files.h"

using namespace kinglet;

namespace {

constexpr double exact = 1e-6;
constexpr double quantized = 1e-3;
constexpr double very_few_bits = 2e-3;

// Files in models/ and in models/quant.
constexpr std::array models{
    "stories260K",
    "llama-gqa",
    "llama-linear",
    "llama-mha",
    "llama-yarn",
    "llama3-ropefreqs",
    "gpt2",
    "gpt2-output",
    "phi2",
    "qwen2",
    "qwen3",
    "qwen3-output",
    "gemma2",
    "gemma3",
    "phi3",
    "phi3-longrope",
    "phi3-shortrope",
    "smollm3",
    "granite",
    "minicpm",
    "stablelm",
    "gptneox",
    "starcoder2",
    "olmo2",
    "mistral3",
    "olmoe",
    "qwen3moe",
    "bert",
    "distilbert",
    "nomic-bert",
    "gemma-embedding",
    "lfm2",
    "qwen35",
    "granitehybrid",
    "gemma4",
};
struct Quantized {
    const char* name;
    double tolerance;
};
constexpr std::array quantizations{
    Quantized{"llama-gqa-f16", quantized},         Quantized{"llama-gqa-bf16", quantized},
    Quantized{"llama-gqa-q8_0", quantized},        Quantized{"llama-gqa-q4_0", quantized},
    Quantized{"llama-gqa-q4_1", quantized},        Quantized{"llama-gqa-q5_0", quantized},
    Quantized{"llama-gqa-q5_1", quantized},        Quantized{"llama-gqa-q2_k", quantized},
    Quantized{"llama-gqa-q3_k_m", quantized},      Quantized{"llama-gqa-q4_k_m", quantized},
    Quantized{"llama-gqa-q5_k_m", quantized},      Quantized{"llama-gqa-q6_k", quantized},
    Quantized{"llama-gqa-iq4_nl", quantized},      Quantized{"llama-gqa-iq4_xs", quantized},
    Quantized{"llama-gqa-tq1_0", quantized},       Quantized{"llama-gqa-tq2_0", quantized},
    Quantized{"llama-gqa-iq3_xxs", quantized},     Quantized{"llama-gqa-iq3_s", quantized},
    Quantized{"llama-gqa-iq2_xxs", very_few_bits}, Quantized{"llama-gqa-iq2_xs", very_few_bits},
    Quantized{"llama-gqa-iq2_s", very_few_bits},   Quantized{"llama-gqa-iq1_s", very_few_bits},
    Quantized{"llama-gqa-iq1_m", very_few_bits},
};

/// About three times the largest error that was measured. Random weights magnify what a cache rounds away.
constexpr std::pair<engine::KvType, double> cache_bounds[] = {
    {engine::KvType::f16, 2e-6}, {engine::KvType::q8_0, 1.5e-3}, {engine::KvType::q4_0, 0.3}};

std::shared_ptr<const engine::Model> open(const std::filesystem::path& path) {
    auto model = engine::Model::load(path, {});
    if (!model) {
        qWarning("%s", model.error().message.c_str());
        return nullptr;
    }
    return *model;
}

}  // namespace

class GoldenShared : public QObject {
    Q_OBJECT

    const std::filesystem::path shared_ = *test::shared_folder();
    const std::vector<int> tokens_ = test::read_token_ids(shared_ / "golden" / "tokens.json");

  private slots:
    void logits_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("name");
        QTest::addColumn<double>("tolerance");
        for (const char* name : models) QTest::newRow(name) << QString("%1.gguf").arg(name) << name << exact;
        for (const auto& [name, tolerance] : quantizations) {
            QTest::newRow(name) << QString("quant/%1.gguf").arg(name) << name << tolerance;
        }
    }

    void logits() {
        QFETCH(QString, file);
        QFETCH(QString, name);
        QFETCH(double, tolerance);
        const auto model = open(shared_ / "models" / file.toStdString());
        QVERIFY(model != nullptr);
        QCOMPARE(tokens_.size(), std::size_t{48});
        const auto expected =
            test::read_floats(shared_ / "golden" / "logits" / (name.toStdString() + ".bin"));
        std::vector<float> first;
        for (const int batch : {1, 7, 48}) {
            engine::SessionOptions options;
            options.kv_type = engine::KvType::f32;
            options.batch_size = batch;
            auto session = engine::Session::create(model, options);
            QVERIFY(session.has_value());
            const auto actual =
                model->info().generates ? (*session)->logits(tokens_) : (*session)->embed(tokens_);
            QVERIFY2(actual.has_value(), actual ? "" : actual.error().message.c_str());
            const double error = test::normalised_error(*actual, expected);
            QVERIFY2(error <= tolerance, qPrintable(QString("batch %1: normalised error %2, allowed %3")
                                                        .arg(batch)
                                                        .arg(error)
                                                        .arg(tolerance)));
            if (first.empty()) first = *actual;
            QVERIFY(test::normalised_error(*actual, first) <= exact);
        }
    }

    // What a cache of fewer bits costs, on every model that keeps one.
    void cache_types_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : models) QTest::newRow(name) << name;
    }

    void cache_types() {
        QFETCH(QString, name);
        const auto model = open(shared_ / "models" / (name.toStdString() + ".gguf"));
        QVERIFY(model != nullptr);
        const auto expected =
            test::read_floats(shared_ / "golden" / "logits" / (name.toStdString() + ".bin"));
        for (const auto& [type, allowed] : cache_bounds) {
            const auto session = engine::Session::create(model, {0, type, 7});
            QVERIFY(session.has_value());
            const auto actual =
                model->info().generates ? (*session)->logits(tokens_) : (*session)->embed(tokens_);
            QVERIFY2(actual.has_value(), actual ? "" : actual.error().message.c_str());
            const double error = test::normalised_error(*actual, expected);
            const QString told = QString("%1: normalised error %2, allowed %3")
                                     .arg(engine::kv_type_name(type).data())
                                     .arg(error)
                                     .arg(allowed);
            qInfo("%s", qPrintable(told));
            QVERIFY2(error <= allowed, qPrintable(told));
        }
    }

    void no_model_is_left_out() {
        std::set<std::string> listed(models.begin(), models.end());
        for (const Quantized& row : quantizations) listed.insert(row.name);
        for (const auto& folder : {shared_ / "models", shared_ / "models" / "quant"}) {
            for (const auto& entry : std::filesystem::directory_iterator(folder)) {
                if (entry.path().extension() != ".gguf") continue;
                const std::string name = entry.path().stem().string();
                QVERIFY2(listed.contains(name), name.c_str());
            }
        }
    }

    void greedy_text() {
        const auto golden = nlohmann::json::parse(test::read_file(shared_ / "golden" / "stories260K.json"));
        const auto model = open(shared_ / golden["model"].get<std::string>());
        QVERIFY(model != nullptr);
        const std::string expected = golden["text"];
        auto session = engine::Session::create(model, {});
        QVERIFY(session.has_value());
        engine::GenerateParams params;
        params.sampling.temperature = 0;
        params.sampling.repeat_penalty = 1;
        params.max_tokens = static_cast<int>(expected.size());
        std::string text;
        engine::GenerateCallbacks callbacks;
        callbacks.on_text = [&](std::string_view piece) { text += piece; };
        const auto prompt = model->tokenize_prompt(golden["prompt"].get<std::string>());
        const auto stats = (*session)->generate(prompt, params, callbacks);
        QVERIFY(stats.has_value());
        QCOMPARE(QString::fromStdString(text.substr(0, expected.size())), QString::fromStdString(expected));
        QCOMPARE(model->info().isa, qEnvironmentVariable("KINGLET_ISA").toStdString());
    }
};

int main(int argc, char** argv) {
    if (!test::shared_folder()) {
        std::puts("SKIPPED: the folder of shared models (KINGLET_SHARED) is not there");
        return 77;
    }
    if (const auto table = kernels::select_table(); !table) {
        std::printf("SKIPPED: %s\n", table.error().message.c_str());
        return 77;
    }
    GoldenShared test;
    return QTest::qExec(&test, argc, argv);
}

#include "golden_shared.moc"
