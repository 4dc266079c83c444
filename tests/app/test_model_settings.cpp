// Settings of models: which place a value comes from, that they are kept, reach the engine and go with their
// model.
#include <QDir>
#include <QFile>
#include <QJsonArray>

#include "app/gui/model_editor.h"
#include "app/gui/model_options.h"
#include "app/gui/setting_layers.h"
#include "inference/gguf/writer.h"
#include "storage/database.h"
#include "storage/model_store.h"
#include "tests/app/app_fixture.h"
#include "tests/support/model_writer.h"

namespace kinglet::gui {

namespace {

const QString kModel = QStringLiteral("/models/fake.gguf");
const QString kOther = QStringLiteral("/models/other.gguf");

QUrl adapterFile(const char* name) {
    return QUrl::fromLocalFile(QStringLiteral("/adapters/") + QLatin1String(name));
}

}  // namespace

class ModelSettingsTest : public QObject {
    Q_OBJECT
  private slots:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void theStrongestPlaceHolds_data();
    void theStrongestPlaceHolds();
    void whatASettingCannotBe_data();
    void whatASettingCannotBe();
    void adaptersAreReadWithCare();
    void anAnswerTakesEveryPlace();
    void theFileIsAskedOnceItIsOpen();
    void keptOverARestart();
    void originsAndTheWayBack();
    void theWholeWayBackCanBeUndone();
    void whatOpensAModelLoadsItAgain();
    void noReloadWhileAnAnswerIsWritten();
    void aBadAdapterCanBeRemoved();
    void memoryFollowsTheEditor();
    void forgottenWithTheModel();
    void deletedWithEverything();
    void missingModelsKeepTheirs();
    void filesKnownBeforeAreAskedOnceMore();

  private:
    std::unique_ptr<AppRun> run(const std::function<void(FakeEngine&)>& script = {}) {
        return std::make_unique<AppRun>(folder_->path(), kModel, script);
    }
    std::unique_ptr<QTemporaryDir> folder_;
};

void ModelSettingsTest::theStrongestPlaceHolds_data() {
    QTest::addColumn<int>("places");  // bits: 1 chat, 2 model, 4 file, 8 program
    QTest::addColumn<double>("value");
    QTest::addColumn<int>("origin");
    for (int places = 0; places < 16; ++places) {
        const bool chat = places & 1, model = places & 2, file = places & 4, program = places & 8;
        const double value = chat ? 0.1 : model ? 0.2 : file ? 0.3 : program ? 0.4 : 0.7;
        const SettingOrigin origin = chat    ? SettingOrigin::Chat
                                     : model ? SettingOrigin::Model
                                     : file  ? SettingOrigin::File
                                             : SettingOrigin::Program;
        QTest::addRow("%d", places) << places << value << static_cast<int>(origin);
    }
}

void ModelSettingsTest::theStrongestPlaceHolds() {
    QFETCH(int, places);
    const auto at = [&](int bit, double value) {
        return places & bit ? QJsonObject{{"temperature", value}} : QJsonObject();
    };
    const SettingLayers layers{at(1, 0.1), at(2, 0.2), at(4, 0.3), at(8, 0.4)};
    const FoundSetting found = findSetting(layers, "temperature");
    QTEST(found.value.toDouble(), "value");
    QTEST(static_cast<int>(found.origin), "origin");
}

void ModelSettingsTest::whatASettingCannotBe_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<QJsonValue>("admitted");
    const QJsonValue none(QJsonValue::Undefined);
    QTest::newRow("a text for a number") << "temperature" << QJsonValue("hot") << none;
    QTest::newRow("too large") << "temperature" << QJsonValue(99.0) << QJsonValue(2.0);
    QTest::newRow("too small") << "repeat_penalty" << QJsonValue(0.1) << QJsonValue(1.0);
    QTest::newRow("a fraction of a word") << "top_k" << QJsonValue(20.4) << QJsonValue(20);
    QTest::newRow("an unknown type") << "kv_type" << QJsonValue("q1_0") << none;
    QTest::newRow("a known type") << "kv_type" << QJsonValue("q4_0") << QJsonValue("q4_0");
    QTest::newRow("an unknown device") << "device" << QJsonValue("abacus") << none;
    QTest::newRow("an unknown name") << "colour" << QJsonValue("red") << none;
}

void ModelSettingsTest::whatASettingCannotBe() {
    QFETCH(QString, name);
    QFETCH(QJsonValue, value);
    QTEST(admittedSetting(name, value), "admitted");
    // A place that says what cannot be is passed over like one that says nothing.
    if (admittedSetting(name, value).isUndefined())
        QVERIFY(findSetting({{{name, value}}, {}, {}, {}}, name).origin != SettingOrigin::Chat);
}

void ModelSettingsTest::adaptersAreReadWithCare() {
    QJsonArray kept{QJsonObject{{"path", "/a.gguf"}, {"strength", 99}}, QJsonObject{{"path", ""}}, 7,
                    QJsonObject{{"path", "/b.gguf"}, {"on", false}}};
    for (int i = 0; i < 20; ++i) kept.append(QJsonObject{{"path", "/more.gguf"}});
    const QJsonObject settings{{"adapters", kept}, {"threads", 3}, {"kv_type", "q8_0"}};
    const QList<AdapterChoice> adapters = adaptersOf(settings);
    QCOMPARE(adapters.size(), kMostAdapters);
    QCOMPARE(adapters.at(0), (AdapterChoice{"/a.gguf", kStrongestAdapter, true}));
    QCOMPARE(adapters.at(1), (AdapterChoice{"/b.gguf", 1, false}));

    const LoadRequest request = loadRequestOf(kModel, settings, Settings(folder_->path()));
    QCOMPARE(request.threads, 3);
    QCOMPARE(request.kvType, QStringLiteral("q8_0"));
    QCOMPARE(request.device, QStringLiteral("auto"));
    QCOMPARE(request.adapters.size(), kMostAdapters - 1);  // those that are on
    QJsonObject none = settings;
    setAdapters(none, {});
    QVERIFY(!none.contains("adapters"));
}

void ModelSettingsTest::anAnswerTakesEveryPlace() {
    ModelFacts facts;
    facts.path = kModel;
    facts.name = QStringLiteral("Fake");
    facts.chatTemplate = QStringLiteral("file");
    facts.contextLength = 4096;
    facts.sampling = {{"temperature", 0.6}, {"top_k", 20}, {"min_p", 0.02}};
    const auto app = run([&](FakeEngine& engine) { engine.setModel(facts); });
    app->app().settings()->setDefaultTopP(0.8);
    app->app().settings()->setDefaultTopK(50);  // the file is nearer to the model
    ModelEditor& editor = *app->app().modelEditor();
    editor.editCurrent();
    QCOMPARE(editor.path(), kModel);
    editor.set("min_p", 0.1);
    editor.set("system_prompt", "Sing.");
    editor.set("context_length", 1024);
    editor.set("repeat_penalty", 1.3);
    app->chat().setRepeatPenalty(1.5);
    QVERIFY(app->ask(QStringLiteral("Hello")));
    const GenerateRequest asked = app->engine().generateRequests.last();
    QCOMPARE(asked.sampling.temperature, 0.6);    // the file
    QCOMPARE(asked.sampling.topK, 20);            // the file, before Settings
    QCOMPARE(asked.sampling.topP, 0.8);           // Settings
    QCOMPARE(asked.sampling.minP, 0.1);           // this model, before its file
    QCOMPARE(asked.sampling.repeatPenalty, 1.5);  // this chat, before its model
    QCOMPARE(asked.sampling.maxTokens, 1024);     // Kinglet
    QCOMPARE(asked.contextLength, 1024);
    QCOMPARE(asked.turns.first().content, QStringLiteral("Sing."));

    // A model's change holds from the next answer on, but for what the chat has of its own.
    editor.set("repeat_penalty", 1.2);
    editor.set("temperature", 0.2);
    QVERIFY(app->ask(QStringLiteral("Again")));
    QCOMPARE(app->engine().generateRequests.last().sampling.repeatPenalty, 1.5);
    QCOMPARE(app->engine().generateRequests.last().sampling.temperature, 0.2);
}

/// The first message may be sent before the model stands, when nobody knows yet what its file suggests.
void ModelSettingsTest::theFileIsAskedOnceItIsOpen() {
    ModelFacts facts;
    facts.path = kOther;
    facts.chatTemplate = QStringLiteral("file");
    facts.contextLength = 4096;
    facts.sampling = {{"temperature", 0.25}};
    const auto app = run([&](FakeEngine& engine) { engine.setModel(facts); });
    app->engine().holdLoads(true);
    app->app().models()->load(kOther);
    QCOMPARE(app->app().model()->state(), ModelStatus::Loading);
    QVERIFY(app->chat().send(QStringLiteral("Hello")));
    QTest::qWait(20);
    app->engine().release();
    QVERIFY(app->waitIdle());
    QCOMPARE(app->engine().generateRequests.last().sampling.temperature, 0.25);
}

void ModelSettingsTest::keptOverARestart() {
    {
        const auto app = run();
        ModelEditor& editor = *app->app().modelEditor();
        editor.editCurrent();
        editor.set("threads", 1);
        editor.set("kv_type", "q4_0");
        editor.addAdapter(adapterFile("wren.gguf"));
        editor.setAdapterStrength(0, 0.5);
        // Closed at once: what was set a moment ago is kept all the same.
    }
    const auto app = run();
    // The first load knows them already.
    QCOMPARE(app->engine().loadRequests.size(), 1);
    const LoadRequest request = app->engine().loadRequests.first();
    QCOMPARE(request.threads, 1);
    QCOMPARE(request.kvType, QStringLiteral("q4_0"));
    QCOMPARE(request.adapters, QList<AdapterRequest>({{"/adapters/wren.gguf", 0.5}}));
}

void ModelSettingsTest::originsAndTheWayBack() {
    ModelFacts facts;
    facts.path = kModel;
    facts.contextLength = 2048;
    facts.sampling = {{"temperature", 0.6}};
    const auto app = run([&](FakeEngine& engine) { engine.setModel(facts); });
    app->app().settings()->setDefaultTopK(30);
    ModelEditor& editor = *app->app().modelEditor();
    editor.editCurrent();
    const auto origin = [&](const char* name) { return editor.origins().value(name).toString(); };
    QCOMPARE(origin("temperature"), QStringLiteral("file"));
    QCOMPARE(origin("top_k"), QStringLiteral("settings"));
    QCOMPARE(origin("top_p"), QStringLiteral("kinglet"));
    QCOMPARE(editor.contextLengthMax(), 2048);
    QCOMPARE(editor.changedCount(), 0);

    editor.set("temperature", 1.0);
    QCOMPARE(origin("temperature"), QStringLiteral("yours"));
    QCOMPARE(editor.values().value("temperature").toDouble(), 1.0);
    QCOMPARE(editor.otherwise().value("temperature").toDouble(), 0.6);
    QCOMPARE(editor.otherOrigins().value("temperature").toString(), QStringLiteral("file"));
    QCOMPARE(editor.changedCount(), 1);
    editor.putBack("temperature");
    QCOMPARE(origin("temperature"), QStringLiteral("file"));
    // Set to what would hold anyway, nothing is kept.
    editor.set("top_k", 30);
    QCOMPARE(origin("top_k"), QStringLiteral("settings"));
    editor.set("temperature", "much");
    QCOMPARE(editor.changedCount(), 0);
}

void ModelSettingsTest::theWholeWayBackCanBeUndone() {
    const auto app = run();
    ModelEditor& editor = *app->app().modelEditor();
    editor.editCurrent();
    editor.set("temperature", 1.0);
    editor.set("system_prompt", "Sing.");
    editor.addAdapter(adapterFile("wren.gguf"));
    QCOMPARE(editor.changedCount(), 3);
    editor.putBackAll();
    QCOMPARE(editor.changedCount(), 0);
    QVERIFY(editor.canUndo());
    editor.undo();
    QCOMPARE(editor.changedCount(), 3);
    QVERIFY(!editor.canUndo());
    QCOMPARE(editor.values().value("system_prompt").toString(), QStringLiteral("Sing."));

    editor.removeAdapter(0);
    QCOMPARE(editor.adapters().size(), 0);
    editor.undo();
    QCOMPARE(editor.adapters().size(), 1);
    editor.removeAdapter(0);
    editor.set("top_k", 5);  // whoever goes on has no more to undo
    QVERIFY(!editor.canUndo());
}

void ModelSettingsTest::whatOpensAModelLoadsItAgain() {
    const auto app = run();
    FakeEngine& engine = app->engine();
    ModelEditor& editor = *app->app().modelEditor();
    editor.editCurrent();
    const auto loads = [&] { return engine.loadRequests.size(); };
    QCOMPARE(loads(), 1);
    editor.set("kv_type", "q8_0");
    QTRY_COMPARE(loads(), 2);
    QCOMPARE(engine.loadRequests.last().kvType, QStringLiteral("q8_0"));
    QVERIFY(app->waitReady());
    editor.addAdapter(adapterFile("wren.gguf"));
    QTRY_COMPARE(loads(), 3);
    QCOMPARE(engine.loadRequests.last().adapters.size(), 1);
    QVERIFY(app->waitReady());
    editor.setAdapterOn(0, false);
    QTRY_COMPARE(loads(), 4);
    QVERIFY(engine.loadRequests.last().adapters.isEmpty());
    QVERIFY(app->waitReady());
    // Sampling needs no load, and another model's settings are no business of this one.
    editor.set("temperature", 0.1);
    editor.set("context_length", 512);
    editor.edit(kOther);
    editor.set("kv_type", "q4_0");
    QTest::qWait(800);
    QCOMPARE(loads(), 4);
    app->app().models()->load(kOther);
    QVERIFY(app->waitReady());
    QCOMPARE(engine.loadRequests.last().kvType, QStringLiteral("q4_0"));
}

void ModelSettingsTest::noReloadWhileAnAnswerIsWritten() {
    const auto app = run();
    FakeAnswer answer;
    answer.text = QStringLiteral("A long story about a very small bird.");
    answer.holdAfter = 10;
    app->engine().enqueue(answer);
    app->engine().setPace(1, 4);
    QVERIFY(app->chat().send(QStringLiteral("Tell me")));
    QTRY_COMPARE(app->chat().phase(), Conversation::Writing);
    app->app().modelEditor()->editCurrent();
    app->app().modelEditor()->set("kv_type", "q8_0");
    QTest::qWait(800);
    QCOMPARE(app->engine().loadRequests.size(), 1);
    app->engine().release();
    QVERIFY(app->waitIdle());
    QCOMPARE(app->text(1), answer.text);
    QTRY_COMPARE(app->engine().loadRequests.size(), 2);
}

void ModelSettingsTest::aBadAdapterCanBeRemoved() {
    Failure failure;
    failure.kind = FailureKind::Adapter;
    failure.message = QStringLiteral("wren.gguf: the adapter is for models of another architecture.");
    failure.path = QStringLiteral("/adapters/wren.gguf");
    const auto app = run([&](FakeEngine& engine) { engine.setLoadFailure(failure.path, failure); });
    ModelEditor& editor = *app->app().modelEditor();
    ModelStatus& model = *app->app().model();
    editor.editCurrent();
    editor.addAdapter(adapterFile("wren.gguf"));
    QTRY_COMPARE(model.state(), ModelStatus::Failed);
    QVERIFY(model.adapterFailed());
    QCOMPARE(model.problemText(), failure.message);
    // In a chat, too, the way out is the model's settings.
    QVERIFY(app->chat().send(QStringLiteral("Hello")));
    QVERIFY(app->waitIdle());
    QCOMPARE(app->at(1, MessageListModel::ErrorActionRole).toString(), QStringLiteral("modelSettings"));
    editor.removeAdapter(0);
    QTRY_COMPARE(model.state(), ModelStatus::Ready);
    QVERIFY(!model.adapterFailed());
    app->chat().retry();
    QVERIFY(app->waitIdle());
    QVERIFY(app->text(app->messages().count() - 1).contains(QStringLiteral("Hello")));
}

void ModelSettingsTest::memoryFollowsTheEditor() {
    AppOptions options;
    options.inMemory = true;
    options.preloadModel = false;
    options.engine = std::make_unique<FakeEngine>();
    options.fixedModels = QList<ModelEntry>{{.path = kModel, .name = "Fake", .contextLength = 2048}};
    options.contextBytes = [](const QString& path, int length, const QString& kvType) {
        const qint64 bytes = path == kModel ? 1'000'000 : 500;
        return std::optional<qint64>(kvType == "f16" ? bytes * length : bytes * length / 2);
    };
    AppContext app(std::move(options));
    app.start();
    QTRY_VERIFY(app.ready() && !app.models()->scanning());
    ModelEditor& editor = *app.modelEditor();
    editor.edit(kModel);
    editor.set("context_length", 4096);  // more than the model was made for
    QTRY_COMPARE(editor.memoryText(), QStringLiteral("2.0 GB"));
    editor.set("kv_type", "q8_0");
    QTRY_COMPARE(editor.memoryText(), QStringLiteral("1.0 GB"));
    QVERIFY(!editor.kvTypeIdle());
    editor.set("context_length", 512);
    QTRY_COMPARE(editor.memoryText(), QStringLiteral("256 MB"));
}

void ModelSettingsTest::forgottenWithTheModel() {
    ModelEntry entry;
    entry.path = kModel;
    entry.name = QStringLiteral("Fake");
    AppOptions options;
    options.dataFolder = folder_->path();
    options.preloadModel = false;
    options.engine = std::make_unique<FakeEngine>();
    options.fixedModels = QList<ModelEntry>{entry};
    AppContext app(std::move(options));
    QSignalSpy notices(&app, &AppContext::notice);
    app.start();
    QTRY_COMPARE(app.models()->count(), 1);
    ModelEditor& editor = *app.modelEditor();
    editor.edit(kModel);
    editor.set("temperature", 1.0);
    app.models()->remove(kModel);
    QCOMPARE(editor.changedCount(), 0);
    QCOMPARE(notices.size(), 1);
    app.runNoticeAction(notices.first().at(2).toInt());
    QCOMPARE(editor.values().value("temperature").toDouble(), 1.0);
}

/// What was written for a model is the person's own words like a chat.
void ModelSettingsTest::deletedWithEverything() {
    {
        const auto app = run();
        ModelEditor& editor = *app->app().modelEditor();
        editor.editCurrent();
        editor.set("system_prompt", "A secret.");
        editor.edit(kOther);
        editor.set("temperature", 1.0);
        app->app().deleteEverything();
        QCOMPARE(editor.changedCount(), 0);
        QTRY_VERIFY(app->lastNoticeId() != 0);
        app->app().runNoticeAction(app->lastNoticeId());
        QCOMPARE(editor.changedCount(), 1);
        editor.edit(kModel);
        QCOMPARE(editor.values().value("system_prompt").toString(), QStringLiteral("A secret."));
        app->app().deleteEverything();
    }
    const auto app = run();
    app->app().modelEditor()->editCurrent();
    QCOMPARE(app->app().modelEditor()->changedCount(), 0);
}

/// A disk that is not there for a while.
void ModelSettingsTest::missingModelsKeepTheirs() {
    const QString path = folder_->filePath(QStringLiteral("disk/wren.gguf"));
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("no model, but a file") > 0);
    file.close();
    const auto start = [&] {
        AppOptions options;
        options.dataFolder = folder_->filePath(QStringLiteral("data"));
        options.modelsFolder = folder_->filePath(QStringLiteral("data/models"));
        options.preloadModel = false;
        options.engine = std::make_unique<FakeEngine>();
        auto app = std::make_unique<AppContext>(std::move(options));
        app->start();
        return app;
    };
    {
        const auto app = start();
        QTRY_VERIFY(app->ready() && !app->models()->scanning());
        app->models()->addFile(QUrl::fromLocalFile(path));
        QTRY_VERIFY(app->models()->find(path) != nullptr);
        app->modelEditor()->edit(path);
        app->modelEditor()->set("system_prompt", "Sing.");
    }
    QVERIFY(QDir().rename(folder_->filePath("disk"), folder_->filePath("gone")));
    const auto app = start();
    QTRY_VERIFY(app->models()->find(path) != nullptr);
    QVERIFY(app->models()->find(path)->missing);
    app->modelEditor()->edit(path);
    QCOMPARE(app->modelEditor()->values().value("system_prompt").toString(), QStringLiteral("Sing."));
}

/// Earlier versions did not look for what a file suggests; all else that they found out about it stays.
void ModelSettingsTest::filesKnownBeforeAreAskedOnceMore() {
    const QString path = folder_->filePath(QStringLiteral("models/wren.gguf"));
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    test::TestModel model;
    model.metadata = [](gguf::Writer& writer) { writer.add_f32("general.sampling.temp", 0.6F); };
    QVERIFY(test::write_model(path.toStdString(), model).has_value());
    {
        storage::DatabaseOptions where;
        where.path = folder_->filePath(QStringLiteral("kinglet.db"));
        storage::Database database(where);
        database.open().waitForFinished();
        storage::ModelRecord record;
        record.path = path;
        record.size = QFileInfo(path).size();
        record.modified = QFileInfo(path).lastModified().toUTC();
        record.metadata = {{"name", "Wren"}, {"verified", true}};
        storage::ModelStore(database).put(record).waitForFinished();
    }
    AppOptions options;
    options.dataFolder = folder_->path();
    options.preloadModel = false;
    options.engine = std::make_unique<FakeEngine>();
    AppContext app(std::move(options));
    app.start();
    QTRY_VERIFY(app.models()->find(path) != nullptr);
    QVERIFY(app.models()->find(path)->verified);
    app.modelEditor()->edit(path);
    QCOMPARE(app.modelEditor()->values().value("temperature").toDouble(), 0.6);
    QCOMPARE(app.modelEditor()->origins().value("temperature").toString(), QStringLiteral("file"));
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::ModelSettingsTest)
#include "test_model_settings.moc"
