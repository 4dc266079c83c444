// What a model's file suggests for sampling: read where it makes sense, and never a reason to refuse the
// file.
#include <QtTest>

#include <limits>

#include "inference/engine/engine.h"
#include "inference/gguf/writer.h"
#include "tests/support/files.h"
#include "tests/support/model_writer.h"

using namespace kinglet;

class EngineSuggestions : public QObject {
    Q_OBJECT

  private slots:
    void theUsualKeys() {
        const auto found = suggested([](gguf::Writer& writer) {
            writer.add_f32("general.sampling.temp", 0.6F);
            writer.add_i32("general.sampling.top_k", 20);
            writer.add_f32("general.sampling.top_p", 0.9F);
            writer.add_f32("general.sampling.min_p", 0);
            writer.add_f32("general.sampling.penalty_repeat", 1.05F);
        });
        QCOMPARE(found.temperature.value(), 0.6F);
        QCOMPARE(found.top_k.value(), 20);
        QCOMPARE(found.top_p.value(), 0.9F);
        QCOMPARE(found.min_p.value(), 0.0F);  // off is a suggestion, too
        QCOMPARE(found.repeat_penalty.value(), 1.05F);
    }

    void oneAloneIsEnough() {
        const auto found =
            suggested([](gguf::Writer& writer) { writer.add_i32("general.sampling.top_k", -1); });
        QCOMPARE(found.top_k.value(), 0);
        QVERIFY(!found.temperature && !found.top_p && !found.min_p && !found.repeat_penalty);
    }

    void aFileThatSaysNothing() {
        const auto found = suggested(nullptr);
        QVERIFY(!found.temperature && !found.top_k && !found.top_p && !found.min_p && !found.repeat_penalty);
    }

    void nonsenseIsPassedOver_data() {
        QTest::addColumn<float>("value");
        QTest::newRow("no number") << std::numeric_limits<float>::quiet_NaN();
        QTest::newRow("infinite") << std::numeric_limits<float>::infinity();
        QTest::newRow("negative") << -3.0F;
        QTest::newRow("huge") << 1e30F;
    }
    void nonsenseIsPassedOver() {
        QFETCH(float, value);
        const auto found = suggested([value](gguf::Writer& writer) {
            for (const char* name : {"temp", "top_k", "top_p", "min_p", "penalty_repeat"})
                writer.add_f32(std::string("general.sampling.") + name, value);
        });
        QVERIFY(!found.temperature && !found.top_k && !found.top_p && !found.min_p && !found.repeat_penalty);
    }

    void otherKindsArePassedOver() {
        const auto found = suggested([](gguf::Writer& writer) {
            writer.add_string("general.sampling.temp", "0.6");
            writer.add_f32("general.sampling.top_k", 20.5F);
            writer.add_strings("general.sampling.top_p", std::vector<std::string>{"0.9"});
            writer.add_bool("general.sampling.min_p", true);
        });
        QVERIFY(!found.temperature && !found.top_k && !found.top_p && !found.min_p);
    }

    /// The header alone tells what a session would take.
    void memoryOfAContextFromTheHeader() {
        const auto path = write(nullptr);
        const auto model = engine::Model::load(path);
        QVERIFY(model.has_value());
        for (const auto type : {engine::KvType::f16, engine::KvType::q8_0, engine::KvType::q4_0}) {
            const auto bytes = engine::Model::inspect_kv_bytes(path, 512, type);
            QVERIFY(bytes.has_value());
            QCOMPARE(*bytes, (*model)->kv_bytes(512, type));
        }
        QVERIFY(!engine::Model::inspect_kv_bytes(folder_ / "none.gguf", 512, engine::KvType::f16));
    }

  private:
    std::filesystem::path write(const std::function<void(gguf::Writer&)>& metadata) {
        test::TestModel model;
        model.metadata = metadata;
        const std::filesystem::path path = folder_ / "model.gguf";
        if (!test::write_model(path, model)) qFatal("no model");
        return path;
    }
    engine::SamplingDefaults suggested(const std::function<void(gguf::Writer&)>& metadata) {
        const auto info = engine::Model::inspect(write(metadata));
        if (!info) qFatal("%s", info.error().message.c_str());
        return info->sampling;
    }

    test::TemporaryFolder folder_;
};

QTEST_GUILESS_MAIN(EngineSuggestions)
#include "engine_suggestions.moc"
