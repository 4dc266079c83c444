// The models of fixtures.json, written here and computed by the engine, against what
// reference/make_goldens.py computed. Needs nothing but the repository. KINGLET_ISA says which kernels.
#include <QtTest>

#include <cstdio>
#include <set>

#include "inference/arch/registry.h"
#include "inference/engine/engine.h"
#include "inference/kernels/select.h"
#include "tests/support/files.h"
#include "tests/support/fixture_models.h"

using namespace kinglet;

namespace {

/// Single precision leaves about 1e-12; a wrong formula leaves 1e-4 and more.
constexpr double allowed = 1e-9;

const std::filesystem::path folder = std::filesystem::path(KINGLET_SOURCE_FOLDER) / "tests" / "golden";

Result<std::vector<float>> compute(const std::shared_ptr<const engine::Model>& model,
                                   const std::vector<int>& tokens, int batch) {
    engine::SessionOptions options;
    options.kv_type = engine::KvType::f32;
    options.batch_size = batch;
    auto session = engine::Session::create(model, options);
    if (!session) return tl::unexpected(session.error());
    const bool scores = model->info().generates || model->info().fills_masks;
    return scores ? (*session)->logits(tokens) : (*session)->embed(tokens);
}

}  // namespace

class GoldenFixtures : public QObject {
    Q_OBJECT

    test::TemporaryFolder temporary_;
    test::Fixtures fixtures_;

  private slots:
    void initTestCase() {
        auto fixtures = test::Fixtures::read(folder / "fixtures.json");
        QVERIFY(fixtures.has_value());
        fixtures_ = std::move(*fixtures);
    }

    void matches_data() {
        QTest::addColumn<QString>("name");
        const auto fixtures = test::Fixtures::read(folder / "fixtures.json");
        for (const std::string& name : fixtures->names())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }

    void matches() {
        QFETCH(QString, name);
        const auto path = temporary_ / (name.toStdString() + ".gguf");
        const auto written = fixtures_.write(name.toStdString(), path);
        QVERIFY2(written.has_value(), written ? "" : written.error().message.c_str());
        const auto model = engine::Model::load(path, {});
        QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
        const auto expected = test::read_floats(folder / "expected" / (name.toStdString() + ".bin"));
        for (const int batch : {1, 3, 64}) {
            const auto actual = compute(*model, fixtures_.tokens(), batch);
            QVERIFY2(actual.has_value(), actual ? "" : actual.error().message.c_str());
            const double error = test::normalised_error(*actual, expected);
            QVERIFY2(error <= allowed,
                     qPrintable(QString("batch %1: normalised error %2").arg(batch).arg(error)));
        }
    }

    void a_quantized_model_gives_the_same_bits() {
        // Its products come from the set under test, all else from AVX2 (NEON on ARM); without that there is
        // nothing to compare.
        const auto isa = qEnvironmentVariable("KINGLET_ISA").toStdString();
        engine::LoadOptions options;
        options.isa = isa.starts_with("neon") ? "neon" : "avx2";
        const auto file = std::filesystem::path(KINGLET_SOURCE_FOLDER) / "resources" / "starter" /
                          "kinglet-starter-q8_0.gguf";
        const auto reference = engine::Model::load(file, options);
        if (!reference && reference.error().code == ErrorCode::unsupported)
            QSKIP(reference.error().message.c_str());
        QVERIFY2(reference.has_value(), reference ? "" : reference.error().message.c_str());
        options.isa = isa;
        const auto model = engine::Model::load(file, options);
        QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
        QCOMPARE((*model)->info().isa, isa);
        const std::vector<int> tokens{5, 40, 300, 7, 81, 200, 31, 12, 99, 150, 2, 64};
        for (const int batch : {1, 7, 48}) {
            const auto expected = compute(*reference, tokens, batch);
            const auto actual = compute(*model, tokens, batch);
            QVERIFY(expected.has_value() && actual.has_value());
            // The plain loops add floats in another order, which rounding of activations magnifies.
            if (isa == "scalar")
                QVERIFY(test::normalised_error(*actual, *expected) <= 1e-3);
            else
                QVERIFY(*actual == *expected);
        }
    }

    void experts_are_never_left_out() {
        std::string text = test::read_file(folder / "fixtures.json");
        const std::string key = "\"embedding_length_per_layer_input\"";
        QVERIFY(text.find(key) != std::string::npos);
        text.insert(text.find(key), "\"expert_count\": 4, ");
        test::write_file(temporary_ / "fixtures.json", text);
        const auto path = temporary_ / "experts.gguf";
        QVERIFY(test::Fixtures::read(temporary_ / "fixtures.json")->write("gemma4", path));
        const auto model = engine::Model::load(path, {});
        QVERIFY(!model.has_value());
        QVERIFY2(model.error().message.find("gemma4 models with experts") != std::string::npos,
                 model.error().message.c_str());
    }

    void every_architecture_has_one() {
        std::set<std::string> covered;
        for (const std::string& name : fixtures_.names()) covered.insert(fixtures_.architecture(name));
        for (const arch::Architecture& row : arch::architectures()) {
            QVERIFY2(covered.contains(std::string(row.name)), std::string(row.name).c_str());
        }
    }
};

int main(int argc, char** argv) {
    if (const auto table = kernels::select_table(); !table) {
        std::printf("SKIPPED: %s\n", table.error().message.c_str());
        return 77;
    }
    GoldenFixtures test;
    return QTest::qExec(&test, argc, argv);
}

#include "golden_fixtures.moc"
