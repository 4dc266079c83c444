// The model that comes with Kinglet: when it is chosen, how it answers, what its answers and its entry are
// marked with. The engine is scripted; the real one answers in tests/qml/tst_starter.qml and tests/cli.
#include <QDir>
#include <QFile>

#include "tests/app/app_fixture.h"
#include "tests/support/model_writer.h"

namespace kinglet::gui {

namespace {

const QString kStarter = QStringLiteral("/share/kinglet/starter.gguf");

ModelEntry entry(const QString& path, qint64 bytes, bool chats) {
    ModelEntry model;
    model.path = path;
    model.name = QFileInfo(path).completeBaseName();
    model.sizeBytes = bytes;
    model.contextLength = 2048;
    model.chats = chats;
    return model;
}

ModelEntry starterEntry(const QString& path = kStarter) {
    ModelEntry model = entry(path, 2'000'000, true);
    model.builtIn = true;
    return model;
}

/// One run of the program on the scripted engine.
class Run {
  public:
    Run(const QString& folder, const QString& starter, const std::optional<QList<ModelEntry>>& models) {
        auto fake = std::make_unique<FakeEngine>();
        engine_ = fake.get();
        fake->setPace(0, 4000);
        AppOptions options;
        options.dataFolder = folder;
        options.starterModel = starter;
        options.fixedModels = models;
        options.engine = std::move(fake);
        app_ = std::make_unique<AppContext>(std::move(options));
        QObject::connect(app_.get(), &AppContext::notice, app_.get(),
                         [this](const QString& text) { notices.append(text); });
        app_->start();
    }
    bool waitReady() {
        return QTest::qWaitFor([&] { return app_->model()->state() == ModelStatus::Ready; }, 20000);
    }
    bool ask(const QString& text) {
        return app_->conversation()->send(text) &&
               QTest::qWaitFor([&] { return !app_->conversation()->generating(); }, 20000);
    }
    QVariant answer(int role) {
        const MessageListModel& messages = *app_->conversation()->messages();
        return messages.data(messages.index(messages.count() - 1), role);
    }
    QVariant model(const QString& path, int role) {
        for (int row = 0; row < app_->models()->count(); ++row) {
            const QModelIndex index = app_->models()->index(row);
            if (index.data(ModelListModel::PathRole).toString() == path) return index.data(role);
        }
        return {};
    }
    AppContext& app() { return *app_; }
    FakeEngine& engine() { return *engine_; }
    QStringList notices;

  private:
    FakeEngine* engine_ = nullptr;
    std::unique_ptr<AppContext> app_;
};

}  // namespace

class StarterTest : public QObject {
    Q_OBJECT

  private slots:
    void firstRunChatsAtOnce();
    void aChatModelOfOnesOwnComesFirst();
    void whatWasUsedLastStays();
    void aModelThatHasGoneIsReplaced();
    void temperature();
    void entryStays();
    void withoutStarterNothingIsChosen();
};

void StarterTest::firstRunChatsAtOnce() {
    QTemporaryDir folder;
    {
        Run run(folder.path(), kStarter, QList<ModelEntry>{starterEntry()});
        QVERIFY(run.waitReady());
        QCOMPARE(run.app().model()->path(), kStarter);
        QVERIFY(run.app().model()->isStarter());
        QVERIFY(run.app().conversation()->canSend());
        QCOMPARE(run.app().conversation()->suggestions().size(), 4);
        QVERIFY(run.ask(QStringLiteral("Hello")));
        QCOMPARE(run.answer(MessageListModel::FromStarterRole).toBool(), true);
        QCOMPARE(run.engine().generateRequests.last().sampling.temperature, 0.0);
        QCOMPARE(run.engine().generateRequests.last().sampling.repeatPenalty, 1.0);
    }
    // The mark is kept with the answer.
    Run again(folder.path(), kStarter, QList<ModelEntry>{starterEntry()});
    QVERIFY(again.waitReady());
    QTRY_COMPARE(again.app().chats()->count(), 1);
    again.app().chats()->openNext();
    QTRY_COMPARE(again.app().conversation()->messages()->count(), 2);
    QCOMPARE(again.answer(MessageListModel::FromStarterRole).toBool(), true);
}

void StarterTest::aChatModelOfOnesOwnComesFirst() {
    QTemporaryDir folder;
    ModelEntry broken = entry(QStringLiteral("/models/broken.gguf"), 1000, true);
    broken.problem = QStringLiteral("broken.gguf ends too early.");
    ModelEntry shortOne = entry(QStringLiteral("/models/short.gguf"), 2000, true);
    shortOne.contextLength = 128;
    const QList<ModelEntry> models = {entry(QStringLiteral("/models/large.gguf"), 4'000'000'000, true),
                                      entry(QStringLiteral("/models/small.gguf"), 600'000'000, true),
                                      entry(QStringLiteral("/models/story.gguf"), 1'000'000, false),
                                      broken,
                                      shortOne,
                                      starterEntry()};
    Run run(folder.path(), kStarter, models);
    QVERIFY(run.waitReady());
    QCOMPARE(run.app().model()->path(), QStringLiteral("/models/small.gguf"));
    QCOMPARE(run.app().models()->ownCount(), 5);
    QVERIFY(run.ask(QStringLiteral("Hello")));
    QCOMPARE(run.answer(MessageListModel::FromStarterRole).toBool(), false);
    QCOMPARE(run.engine().generateRequests.last().sampling.temperature, 0.7);
    run.app().models()->load(kStarter);
    QTRY_VERIFY(run.app().model()->isStarter() && run.app().model()->state() == ModelStatus::Ready);
    QVERIFY(run.ask(QStringLiteral("And you?")));
    QCOMPARE(run.answer(MessageListModel::FromStarterRole).toBool(), true);

    // A model that only goes on with a text is no reason to leave the starter.
    QTemporaryDir other;
    Run stories(
        other.path(), kStarter,
        QList<ModelEntry>{entry(QStringLiteral("/models/story.gguf"), 1'000'000, false), starterEntry()});
    QVERIFY(stories.waitReady());
    QCOMPARE(stories.app().model()->path(), kStarter);
}

void StarterTest::whatWasUsedLastStays() {
    QTemporaryDir folder;
    const ModelEntry own = entry(QStringLiteral("/models/own.gguf"), 600'000'000, true);
    {
        Run run(folder.path(), kStarter, QList<ModelEntry>{own, starterEntry()});
        QVERIFY(run.waitReady());
        QCOMPARE(run.app().model()->path(), own.path);
        run.app().models()->load(kStarter);
        QTRY_VERIFY(run.app().model()->isStarter() && run.app().model()->state() == ModelStatus::Ready);
    }
    // The starter model is meant, wherever it lies this time.
    const QString moved = QStringLiteral("/another/place/starter.gguf");
    {
        Run run(folder.path(), moved, QList<ModelEntry>{own, starterEntry(moved)});
        QVERIFY(run.waitReady());
        QCOMPARE(run.app().model()->path(), moved);
    }
    // This Kinglet comes without it.
    Run run(folder.path(), {}, QList<ModelEntry>{own});
    QVERIFY(run.waitReady());
    QCOMPARE(run.app().model()->path(), own.path);
    QVERIFY(!run.app().model()->isStarter());
}

void StarterTest::aModelThatHasGoneIsReplaced() {
    QTemporaryDir folder;
    const QString starter = folder.filePath(QStringLiteral("starter.gguf"));
    const QString own = folder.filePath(QStringLiteral("models/own.gguf"));
    QVERIFY(QDir(folder.path()).mkpath(QStringLiteral("models")));
    test::TestModel model;
    for (const QString& path : {starter, own})
        QVERIFY(test::write_model(path.toStdString(), model).has_value());
    {
        Run run(folder.path(), starter, std::nullopt);
        QVERIFY(run.waitReady());
        QCOMPARE(run.app().model()->path(), own);
        QTRY_COMPARE(run.app().models()->totalCount(), 2);
        QCOMPARE(run.app().models()->ownCount(), 1);
        QCOMPARE(run.model(starter, ModelListModel::BuiltInRole).toBool(), true);
        QCOMPARE(run.model(own, ModelListModel::BuiltInRole).toBool(), false);
    }
    QVERIFY(QFile::remove(own));
    Run run(folder.path(), starter, std::nullopt);
    QVERIFY(run.waitReady());
    QCOMPARE(run.app().model()->path(), starter);
    QCOMPARE(run.notices.size(), 1);
    QVERIFY2(run.notices.first().startsWith(QLatin1String("own.gguf is no longer there.")),
             qPrintable(run.notices.first()));
}

void StarterTest::temperature() {
    QTemporaryDir folder;
    const ModelEntry own = entry(QStringLiteral("/models/own.gguf"), 600'000'000, true);
    Run run(folder.path(), kStarter, QList<ModelEntry>{own, starterEntry()});
    QVERIFY(run.waitReady());
    Conversation& chat = *run.app().conversation();
    QCOMPARE(chat.temperature(), 0.7);
    QSignalSpy changed(&chat, &Conversation::settingsChanged);
    run.app().models()->load(kStarter);
    QTRY_COMPARE(run.app().model()->state(), ModelStatus::Ready);
    QCOMPARE(chat.temperature(), 0.0);
    QVERIFY(!changed.isEmpty());
    QVERIFY(!chat.settingsModified());
    chat.setTemperature(0.7);
    QCOMPARE(chat.temperature(), 0.7);
    chat.resetSettings();
    QCOMPARE(chat.temperature(), 0.0);
    run.app().settings()->setDefaultTemperature(0.3);
    QCOMPARE(chat.temperature(), 0.3);
}

void StarterTest::entryStays() {
    QTemporaryDir folder;
    const QString first = folder.filePath(QStringLiteral("one/starter.gguf"));
    const QString second = folder.filePath(QStringLiteral("two/starter.gguf"));
    test::TestModel model;
    for (const QString& path : {first, second}) {
        QVERIFY(QDir().mkpath(QFileInfo(path).path()));
        QVERIFY(test::write_model(path.toStdString(), model).has_value());
    }
    {
        Run run(folder.path(), first, std::nullopt);
        QVERIFY(run.waitReady());
        QTRY_COMPARE(run.app().models()->totalCount(), 1);
        QVERIFY(
            run.model(first, ModelListModel::FolderTextRole).toString().contains(QLatin1String("Kinglet")));
        run.app().models()->remove(first);
        QCOMPARE(run.app().models()->totalCount(), 1);
        QVERIFY(run.notices.isEmpty());
        run.app().models()->noteSpeed(first, 321);
    }
    // What was learnt of it is known where it lies elsewhere, and it is listed once.
    Run run(folder.path(), second, std::nullopt);
    QVERIFY(run.waitReady());
    QTRY_COMPARE(run.app().models()->totalCount(), 1);
    QVERIFY(run.model(second, ModelListModel::SpeedTextRole).toString().contains(QLatin1String("321")));
    QVERIFY(run.model(second, ModelListModel::LastUsedRole).toDateTime().isValid());
}

void StarterTest::withoutStarterNothingIsChosen() {
    QTemporaryDir folder;
    Run run(folder.path(), {}, QList<ModelEntry>());
    QTRY_VERIFY(run.app().ready() && !run.app().models()->scanning());
    QCOMPARE(run.app().model()->state(), ModelStatus::None);
    QVERIFY(!run.app().model()->isStarter());
    QVERIFY(!run.app().conversation()->canSend());
    QVERIFY(run.engine().loadRequests.isEmpty());
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::StarterTest)
#include "test_starter.moc"
