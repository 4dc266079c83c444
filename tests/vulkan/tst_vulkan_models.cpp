// Whole models on a graphics device: every architecture against its golden results, layers shared between
// processor and device, sessions that move between them, and devices that fail.
#include <QtTest>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "inference/engine/engine.h"
#include "inference/vulkan/devices.h"
#include "tests/support/files.h"
#include "tests/support/fixture_models.h"

using namespace kinglet;

namespace {

/// What the issue of the graphics device allows.
constexpr double allowed = 1e-3;
/// What a wrong formula would exceed by far: in single precision throughout, and with products of halves or
/// of whole numbers of 8 bits.
double tolerance() {
    return qgetenv("KINGLET_VULKAN_FEATURES") == "plain" ? 1e-8 : allowed;
}

const std::filesystem::path golden = std::filesystem::path(KINGLET_SOURCE_FOLDER) / "tests" / "golden";
const std::filesystem::path starter =
    std::filesystem::path(KINGLET_SOURCE_FOLDER) / "resources" / "starter" / "kinglet-starter-q8_0.gguf";

std::shared_ptr<const engine::Model> open(const std::filesystem::path& path, int layers = -1,
                                          engine::DeviceUse use = engine::DeviceUse::graphics) {
    engine::LoadOptions options;
    options.device.use = use;
    options.device.layers = layers;
    auto model = engine::Model::load(path, options);
    if (!model) {
        qWarning("%s", model.error().message.c_str());
        return nullptr;
    }
    return *model;
}

Result<std::vector<float>> compute(const std::shared_ptr<const engine::Model>& model,
                                   const std::vector<int>& tokens, int batch,
                                   engine::KvType kv = engine::KvType::f32) {
    auto session = engine::Session::create(model, {0, kv, batch});
    if (!session) return tl::unexpected(session.error());
    const bool scores = model->info().generates || model->info().fills_masks;
    return scores ? (*session)->logits(tokens) : (*session)->embed(tokens);
}

std::string answer(engine::Session& session, const engine::Model& model, const std::string& prompt,
                   int tokens) {
    engine::GenerateParams params;
    params.sampling.temperature = 0;
    params.sampling.repeat_penalty = 1;
    params.max_tokens = tokens;
    std::string text;
    engine::GenerateCallbacks callbacks;
    callbacks.on_text = [&](std::string_view piece) { text += piece; };
    const auto stats = session.generate(model.tokenize_prompt(prompt), params, callbacks);
    return stats ? text : "failed: " + stats.error().message;
}

}  // namespace

class TestVulkanModels : public QObject {
    Q_OBJECT

    test::TemporaryFolder temporary_;
    test::Fixtures fixtures_;

    std::filesystem::path fixture(const std::string& name) {
        const auto path = temporary_ / (name + ".gguf");
        if (!std::filesystem::exists(path)) (void)fixtures_.write(name, path);
        return path;
    }

  private slots:
    void initTestCase() {
        auto fixtures = test::Fixtures::read(golden / "fixtures.json");
        QVERIFY(fixtures.has_value());
        fixtures_ = std::move(*fixtures);
    }

    void cleanup() { unsetenv("KINGLET_VULKAN_FAIL_AFTER"); }

    void architectures_data() {
        QTest::addColumn<QString>("name");
        const auto fixtures = test::Fixtures::read(golden / "fixtures.json");
        for (const std::string& name : fixtures->names())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }

    void architectures() {
        QFETCH(QString, name);
        const std::string fixture_name = name.toStdString();
        const auto path = fixture(fixture_name);
        const auto expected = test::read_floats(golden / "expected" / (fixture_name + ".bin"));
        const auto model = open(path);
        QVERIFY(model != nullptr);
        const engine::DeviceState device = model->device();
        QVERIFY2(device.layers == model->info().layer_count, device.remark.c_str());
        for (const int batch : {1, 3, 64}) {
            const auto actual = compute(model, fixtures_.tokens(), batch);
            QVERIFY2(actual.has_value(), actual ? "" : actual.error().message.c_str());
            QVERIFY2(model->device().layers > 0, model->device().remark.c_str());
            const double error = test::normalised_error(*actual, expected);
            QVERIFY2(error <= tolerance(),
                     qPrintable(QString("batch %1: normalised error %2").arg(batch).arg(error)));
        }
    }

    void some_layers_data() { architectures_data(); }

    void some_layers() {
        QFETCH(QString, name);
        const auto model = open(fixture(name.toStdString()), 1);
        QVERIFY(model != nullptr);
        if (model->device().layers == 0) QSKIP(model->device().remark.c_str());
        QCOMPARE(model->device().layers, 1);
        const auto expected = test::read_floats(golden / "expected" / (name.toStdString() + ".bin"));
        const auto actual = compute(model, fixtures_.tokens(), 5);
        QVERIFY2(actual.has_value(), actual ? "" : actual.error().message.c_str());
        QVERIFY(test::normalised_error(*actual, expected) <= tolerance());
    }

    void caches_of_every_type() {
        const auto here = open(fixture("llama"), -1, engine::DeviceUse::processor);
        const auto there = open(fixture("llama"));
        QVERIFY(here != nullptr && there != nullptr);
        for (const auto kv :
             {engine::KvType::f32, engine::KvType::f16, engine::KvType::q8_0, engine::KvType::q4_0}) {
            const auto expected = compute(here, fixtures_.tokens(), 7, kv),
                       actual = compute(there, fixtures_.tokens(), 7, kv);
            QVERIFY(expected.has_value() && actual.has_value());
            QVERIFY(there->device().layers > 0);
            const double error = test::normalised_error(*actual, *expected);
            QVERIFY2(error <= 1e-4,
                     qPrintable(QString("%1: %2").arg(engine::kv_type_name(kv).data()).arg(error)));
        }
    }

    void the_starter_model_says_the_same() {
        const std::string prompt = "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n";
        const auto here = open(starter, -1, engine::DeviceUse::processor), there = open(starter);
        QVERIFY(here != nullptr && there != nullptr);
        QVERIFY2(there->device().layers == there->info().layer_count, there->device().remark.c_str());
        auto session = engine::Session::create(here, {}), other = engine::Session::create(there, {});
        const std::string expected = answer(**session, *here, prompt, 40);
        QVERIFY(!expected.empty());
        QCOMPARE(answer(**other, *there, prompt, 40), expected);
        // A second turn, and one that goes back to the first.
        for (const char* more : {"what is a token<|im_end|>\n<|im_start|>assistant\n",
                                 "thanks<|im_end|>\n<|im_start|>assistant\n"}) {
            const std::string next = prompt + expected + "<|im_end|>\n<|im_start|>user\n" + more;
            QCOMPARE(answer(**other, *there, next, 30), answer(**session, *here, next, 30));
        }
    }

    void sessions_move_between_them_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"llama", "llama-window", "gemma3", "qwen35", "granitehybrid", "lfm2"})
            QTest::newRow(name) << name;
    }

    void sessions_move_between_them() {
        QFETCH(QString, name);
        const auto path = fixture(name.toStdString());
        const auto here = open(path, -1, engine::DeviceUse::processor), there = open(path);
        QVERIFY(here != nullptr && there != nullptr);
        const std::vector<int>& tokens = fixtures_.tokens();
        const std::vector<int> start(tokens.begin(),
                                     tokens.begin() + static_cast<std::ptrdiff_t>(tokens.size()) / 2);
        engine::GenerateParams params;
        params.sampling.temperature = 0;
        params.max_tokens = 4;
        const auto ids = [&](engine::Session& session, const std::vector<int>& prompt) {
            const auto stats = session.generate(prompt, params, {});
            return stats ? std::vector<int>(session.tokens().begin(), session.tokens().end())
                         : std::vector<int>();
        };
        auto on_device = engine::Session::create(there, {}), on_processor = engine::Session::create(here, {});
        const std::vector<int> expected = ids(**on_processor, tokens);
        QVERIFY(!expected.empty());
        QVERIFY(!ids(**on_device, start).empty());
        // From the device to the processor, and to another session on the device; both go on from what was
        // computed.
        const auto file = temporary_ / "session.kin";
        QVERIFY((*on_device)->save(file).has_value());
        for (const auto& model : {here, there}) {
            auto session = engine::Session::create(model, {});
            QVERIFY((*session)->load(file).has_value());
            QCOMPARE(ids(**session, tokens), expected);
        }
        auto twin = (*on_device)->copy();
        QVERIFY(twin.has_value());
        QCOMPARE(ids(**twin, tokens), expected);
        QCOMPARE(ids(**on_device, tokens), expected);
    }

    void a_lost_device_costs_nothing_data() {
        QTest::addColumn<int>("submissions");
        for (const int n : {0, 1, 3, 9, 20}) QTest::addRow("after %d", n) << n;
    }

    void a_lost_device_costs_nothing() {
        QFETCH(int, submissions);
        const std::string prompt = "<|im_start|>user\nwhat is a token<|im_end|>\n<|im_start|>assistant\n";
        const auto here = open(starter, -1, engine::DeviceUse::processor);
        auto session = engine::Session::create(here, {});
        const std::string expected = answer(**session, *here, prompt, 30);
        const auto model = open(starter);
        QVERIFY(model != nullptr && model->device().layers > 0);
        auto other = engine::Session::create(model, {});
        qputenv("KINGLET_VULKAN_FAIL_AFTER", QByteArray::number(submissions));
        QCOMPARE(answer(**other, *model, prompt, 30), expected);
        const engine::DeviceState state = model->device();
        QCOMPARE(state.layers, 0);
        QVERIFY2(state.remark.find("the processor goes on") != std::string::npos, state.remark.c_str());
        qunsetenv("KINGLET_VULKAN_FAIL_AFTER");
        QCOMPARE(answer(**other, *model, prompt, 30), expected);
    }

    void answers_compile_nothing() {
        const auto folder = temporary_ / "pipelines";
        std::vector<float> told;
        engine::LoadOptions options;
        options.device.use = engine::DeviceUse::graphics;
        options.device.layers = 2;
        options.device.cache_folder = folder;
        options.on_progress = [&told](float fraction) { told.push_back(fraction); };
        const auto model = engine::Model::load(starter, options);
        QVERIFY(model.has_value() && (*model)->device().layers == 2);
        QVERIFY(std::is_sorted(told.begin(), told.end()));
        QVERIFY(told.size() > 10 && told.back() == 1.0F);
        const auto kept = [&folder] {
            QByteArray bytes;
            for (const auto& entry : std::filesystem::directory_iterator(folder)) {
                QFile file(QString::fromStdString(entry.path().string()));
                if (file.open(QIODevice::ReadOnly)) bytes += file.readAll();
            }
            return bytes;
        };
        const QByteArray before = kept();
        QVERIFY(!before.isEmpty());
        auto session = engine::Session::create(*model, {});
        std::string prompt;
        for (int i = 0; i < 300; ++i) prompt += "how do i delete a chat ";
        QVERIFY(!answer(**session, **model, prompt, 20).empty());
        QCOMPARE(kept(), before);
    }

    void a_device_that_is_not_there_is_told() {
        engine::LoadOptions options;
        options.device.use = engine::DeviceUse::graphics;
        options.device.number = 63;
        const auto model = engine::Model::load(starter, options);
        QVERIFY(model.has_value());
        QCOMPARE((*model)->device().layers, 0);
        QVERIFY((*model)->device().remark.find("no graphics device 63") != std::string::npos);
    }

    void small_models_stay_on_the_processor() {
        const auto model = open(starter, -1, engine::DeviceUse::automatic);
        QVERIFY(model != nullptr);
        QCOMPARE(model->device().layers, 0);
        QVERIFY(model->device().remark.empty());
    }

    void shared_models_data() {
        QTest::addColumn<QString>("file");
        const auto shared = test::shared_folder();
        if (!shared) return;
        for (const char* folder : {"models", "models/quant"}) {
            for (const auto& entry : std::filesystem::directory_iterator(*shared / folder)) {
                if (entry.path().extension() != ".gguf") continue;
                const QString name = QString::fromStdString(entry.path().stem().string());
                QTest::newRow(qPrintable(name)) << QString::fromStdString(entry.path().string());
            }
        }
    }

    void shared_models() {
        if (!test::shared_folder()) QSKIP("the folder of shared models (KINGLET_SHARED) is not there");
        QFETCH(QString, file);
        const std::filesystem::path path = file.toStdString();
        const auto tokens = test::read_token_ids(*test::shared_folder() / "golden" / "tokens.json");
        const auto expected =
            test::read_floats(*test::shared_folder() / "golden" / "logits" / (path.stem().string() + ".bin"));
        const auto model = open(path);
        QVERIFY(model != nullptr);
        QVERIFY2(model->device().layers == model->info().layer_count, model->device().remark.c_str());
        for (const int batch : {1, 48}) {
            const auto actual = compute(model, tokens, batch);
            QVERIFY2(actual.has_value(), actual ? "" : actual.error().message.c_str());
            QVERIFY2(model->device().layers > 0, model->device().remark.c_str());
            const double error = test::normalised_error(*actual, expected);
            qInfo("batch %d: normalised error %g", batch, error);
            QVERIFY2(error <= allowed, qPrintable(QString("batch %1: %2").arg(batch).arg(error)));
        }
    }

    void greedy_text() {
        if (!test::shared_folder()) QSKIP("the folder of shared models (KINGLET_SHARED) is not there");
        const auto text =
            nlohmann::json::parse(test::read_file(*test::shared_folder() / "golden" / "stories260K.json"));
        const auto model = open(*test::shared_folder() / text["model"].get<std::string>());
        QVERIFY(model != nullptr);
        const std::string expected = text["text"];
        auto session = engine::Session::create(model, {});
        const std::string actual =
            answer(**session, *model, text["prompt"].get<std::string>(), static_cast<int>(expected.size()));
        QCOMPARE(QString::fromStdString(actual.substr(0, expected.size())), QString::fromStdString(expected));
    }
};

int main(int argc, char** argv) {
    if (const auto list = vulkan::list_devices(); list.devices.empty()) {
        std::printf("SKIPPED: %s\n", list.why_none.c_str());
        return 77;
    }
    TestVulkanModels test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_vulkan_models.moc"
