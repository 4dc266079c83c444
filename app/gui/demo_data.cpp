#include "app/gui/demo_data.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>
#include <iterator>

#include "app/gui/demo_cards.h"
#include "app/gui/demo_library.h"
#include "app/gui/demo_texts.h"
#include "app/gui/fake_engine.h"
#include "storage/chat_store.h"
#include "storage/connection.h"
#include "storage/database.h"

namespace kinglet::gui {

namespace {

const QString kTinyLlama = QStringLiteral("/models/tinyllama-1.1b-chat.Q4_K_M.gguf");

QList<ModelEntry> demoModels() {
    const auto entry = [](const char* path, const char* name, const char* quantization, qint64 bytes,
                          double speed, int daysAgo) {
        ModelEntry model;
        model.path = QString::fromLatin1(path);
        model.name = QString::fromLatin1(name);
        model.quantization = QString::fromLatin1(quantization);
        model.architecture = QStringLiteral("llama");
        model.sizeBytes = bytes;
        model.parameterCount = bytes * 8 / 5;
        model.contextLength = 2048;
        model.tokensPerSecond = speed;
        model.lastUsed = QDateTime::currentDateTime().addDays(-daysAgo);
        return model;
    };
    ModelEntry broken = entry("/models/half-a-download.gguf", "half-a-download", "", 214'000'000, 0, 0);
    broken.problem = QStringLiteral("half-a-download.gguf ends in the middle of tensor blk.7.ffn_up.weight.");
    broken.lastUsed = {};
    return {entry("/models/tinyllama-1.1b-chat.Q4_K_M.gguf", "TinyLlama 1.1B Chat", "Q4_K_M", 669'000'000,
                  28.4, 0),
            entry("/models/qwen3-0.6b.Q8_0.gguf", "Qwen 3 0.6B", "Q8_0", 639'000'000, 41, 1),
            entry("/models/phi-2.Q4_K_M.gguf", "Phi-2", "Q4_K_M", 1'790'000'000, 9.2, 2),
            entry("/models/stories-3m.Q8_0.gguf", "Stories 3M", "Q8_0", 3'200'000, 600, 3), broken};
}

ModelFacts factsOf(const ModelEntry& entry) {
    ModelFacts facts;
    facts.path = entry.path;
    facts.name = entry.path == kTinyLlama ? QStringLiteral("TinyLlama 1.1B") : entry.name;
    facts.quantization = entry.quantization;
    facts.architecture = entry.architecture;
    facts.device.text = QStringLiteral("Processor, AVX2");
    facts.chatTemplate = QStringLiteral("file");
    facts.contextLength = entry.contextLength;
    facts.fileBytes = entry.sizeBytes;
    facts.parameterCount = entry.parameterCount;
    return facts;
}

/// A model whose graphics card failed.
ModelFacts onProcessorInstead() {
    ModelFacts facts = factsOf(demoModels().first());
    facts.device.fellBack = true;
    facts.device.remark =
        QStringLiteral("Radeon RX 6600 stopped working (the device was lost); the processor goes on.");
    return facts;
}

std::unique_ptr<FakeEngine> demoEngine() {
    auto engine = std::make_unique<FakeEngine>();
    for (const ModelEntry& entry : demoModels()) engine->setModel(factsOf(entry));
    engine->setPace(30, 6);
    return engine;
}

template <class T>
T waited(QFuture<storage::Result<T>> future) {
    future.waitForFinished();
    return future.result() ? *future.result() : T{};
}

/// Sets a chat back in time, which no store has a reason to offer.
void age(storage::Database& database, qint64 id, qint64 milliseconds) {
    const auto set = [id, milliseconds](storage::Connection& connection) -> storage::Result<void> {
        storage::Query chats(
            connection,
            QStringLiteral(
                "UPDATE chats SET created_at = created_at - ?, updated_at = updated_at - ? WHERE id = ?"));
        if (const auto done = chats.bind(milliseconds).bind(milliseconds).bind(id).run(); !done) return done;
        storage::Query messages(
            connection, QStringLiteral("UPDATE messages SET created_at = created_at - ? WHERE chat_id = ?"));
        return messages.bind(milliseconds).bind(id).run();
    };
    database.run(set).waitForFinished();
}

void seedChat(storage::Database& database, const DemoChat& chat,
              storage::ChatKind kind = storage::ChatKind::Chat) {
    storage::ChatStore store(database);
    storage::NewChat wanted;
    wanted.title = chat.title;
    wanted.kind = kind;
    wanted.settings = chat.settings;
    wanted.model = kTinyLlama;
    const qint64 id = waited(store.create(wanted)).id;
    qint64 parent = 0;
    qint64 third = 0;
    for (const DemoMessage& message : chat.messages) {
        if (message.person) {
            storage::NewMessage added;
            added.chatId = id;
            added.content = message.text;
            parent = waited(store.append(added)).id;
            if (third == 0 && parent != 0 && &message - chat.messages.data() == 2) third = parent;
            continue;
        }
        QStringList answers = message.alternatives;
        answers.insert(std::min<qsizetype>(1, answers.size()), message.text);
        qint64 shown = 0;
        for (const QString& text : std::as_const(answers)) {
            const qint64 answer = waited(store.startAnswer(id, parent, QStringLiteral("TinyLlama 1.1B"))).id;
            storage::AnswerEnd end;
            end.content = text;
            end.thinking = message.thinking;
            end.thinkingSeconds = message.thinkingSeconds;
            end.promptTokens = 180;
            end.answerTokens = static_cast<int>(text.size() / 4);
            end.tokensPerSecond = 28.4;
            end.firstTokenMs = 210;
            waited(store.finishAnswer(answer, end));
            if (text == message.text) shown = answer;
        }
        parent = shown;
        if (answers.size() > 1) waited(store.selectMessage(shown));
    }
    if (chat.title == QLatin1String("Letter to the landlord")) {
        store
            .setSettings(id,
                         {{QStringLiteral("context_start"), third}, {QStringLiteral("drop_oldest"), true}})
            .waitForFinished();
    }
    if (chat.title == QLatin1String("Fix the CSV parser")) {
        store
            .setSettings(id, {{QStringLiteral("system_prompt"),
                               QStringLiteral("Answer briefly. Prefer code over prose.")},
                              {QStringLiteral("context_length"), 2048}})
            .waitForFinished();
    }
    age(database, id, (qint64(chat.daysAgo) * 24 * 3600 + qint64(chat.minutesAgo) * 60) * 1000);
}

}  // namespace

AppOptions demoOptions() {
    AppOptions options;
    options.graphicsCards = demoCards;
    options.demoLibrary = stockLibrary;
    options.inMemory = true;
    options.dataFolder = QDir::temp().filePath(QStringLiteral("kinglet-demo"));
    options.modelsFolder = QStringLiteral("/models");
    options.modelFile = kTinyLlama;
    options.fixedModels = demoModels();
    options.engine = demoEngine();
    options.contextBytes = [](const QString&, int length, const QString& kvType) {
        return std::optional(FakeEngine::contextBytes(length, kvType));
    };
    options.seed = [](storage::Database& database) {
        for (const DemoChat& chat : demoChats()) seedChat(database, chat);
    };
    return options;
}

namespace {

/// What a scene shows beyond the demo data.
struct Scene {
    const char* name;
    const char* chat = "";  ///< title of the chat that is open
    bool asks = false;      ///< its last question is answered, or fails to be
    const char* page = "";  ///< what Main.qml opens then
    bool narrow = false;
};

const char* const kCode = "Fix the CSV parser";

const Scene kScenes[] = {
    {"empty"},
    {"welcome"},
    {"firstrun"},
    {"chat", "A weekend in Porto"},
    {"midanswer", kCode, true},
    {"narrow", kCode, true, "", true},
    {"states", "Letter to the landlord", true},
    {"switcher", kCode, true, "switcher"},
    {"panel", kCode, true, "panel"},
    {"sidebar", "", false, "sidebar", true},
    {"text", "The keeper of the lighthouse"},
    {"longtext", "The keeper of the lighthouse"},
    {"blanktext"},
    {"markdown", "Explain quantization"},
    {"long", "Names for a sailing boat"},
    {"texts", "A title that is far too long for the list of chats and for most windows, too"},
    {"find", "A weekend in Porto", false, "find/Porto"},
    {"rename", "A weekend in Porto", false, "rename"},
    {"notice", "A weekend in Porto"},
    {"search", "", false, "search/submarine"},
    {"link", "A weekend in Porto", false, "link/https://example.org/porto/trams?line=1"},
    {"library", "", false, "library"},
    {"nolibrary", "", false, "library"},
    {"getmodels", "", false, "library/get"},
    {"modelsettings", "A weekend in Porto", false, "modelSettings"},
    {"settings", "", false, "settings/general"},
    {"appearance", "", false, "settings/appearance"},
    {"folders", "", false, "settings/models"},
    {"device", "", false, "settings/device"},
    {"lostcard", "", false, "settings/device"},
    {"privacy", "", false, "settings/privacy"},
    {"delete", "", false, "settings/privacy/delete"},
    {"keys", "", false, "settings/keys"},
    {"about", "", false, "settings/about"},
    {"shortcuts", "", false, "shortcuts"},
    {"nomodel"},
    {"loading"},
    {"broken"},
    {"problem"},
};

const Scene& sceneNamed(const QString& name) {
    const auto* const found = std::find_if(std::begin(kScenes), std::end(kScenes), [&](const Scene& scene) {
        return name == QLatin1String(scene.name);
    });
    return found == std::end(kScenes) ? kScenes[0] : *found;
}

}  // namespace

QStringList sceneNames() {
    QStringList names;
    for (const Scene& scene : kScenes) names.append(QLatin1String(scene.name));
    return names;
}

QSize sceneSize(const QString& scene) {
    return sceneNamed(scene).narrow ? QSize(480, 800) : QSize(1100, 720);
}

namespace {

/// A completion model is loaded, and one text was begun with it, whose beginning it may no longer see.
void startText(AppOptions& options, FakeEngine& engine, bool isLong) {
    ModelFacts facts;
    facts.path = QStringLiteral("/models/stories-3m.Q8_0.gguf");
    facts.name = QStringLiteral("Stories 3M");
    facts.quantization = QStringLiteral("Q8_0");
    facts.device.text = QStringLiteral("Processor, AVX2");
    facts.chatTemplate = QStringLiteral("none");
    facts.contextLength = 512;
    engine.setModel(facts);
    options.modelFile = facts.path;
    options.seed = [isLong](storage::Database& database) {
        for (const DemoChat& chat : demoChats()) seedChat(database, chat);
        DemoChat text = demoText();
        const auto seen = text.messages[0].text.size() + text.messages[1].text.indexOf(u'\n') + 2;
        if (isLong)
            text.settings = {{QStringLiteral("text_start"), seen}, {QStringLiteral("drop_oldest"), true}};
        seedChat(database, text, storage::ChatKind::Text);
    };
}

/// A start with nothing but the model that comes with Kinglet: before the first question, and after it.
bool isFirstRun(const QString& scene) {
    return scene == QLatin1String("welcome") || scene == QLatin1String("firstrun");
}

void startFirstRun(AppOptions& options, FakeEngine& engine) {
    ModelEntry starter;
    starter.path = QStringLiteral("/share/kinglet/starter.gguf");
    starter.name = QStringLiteral("Kinglet Starter");
    starter.quantization = QStringLiteral("Q8_0");
    starter.architecture = QStringLiteral("llama");
    starter.sizeBytes = 3'000'000;
    starter.contextLength = 512;
    starter.chats = true;
    starter.builtIn = true;
    options.modelFile.clear();
    options.starterModel = starter.path;
    options.fixedModels = QList<ModelEntry>{starter};
    options.seed = nullptr;
    engine.setModel(factsOf(starter));
    FakeAnswer answer;
    answer.text = QStringLiteral(
        "On this computer, in one database file. Nothing you write leaves it. You can export a chat, or all "
        "of "
        "them, from Settings.");
    engine.enqueue(answer);
}

/// A file that says how it is best sampled.
void suggestSampling(AppOptions& options, FakeEngine& engine) {
    const QJsonObject suggested{{QStringLiteral("temperature"), 0.6}, {QStringLiteral("top_k"), 20}};
    options.fixedModels->first().sampling = suggested;
    ModelFacts facts = factsOf(options.fixedModels->first());
    facts.sampling = suggested;
    engine.setModel(facts);
}

/// What a person may have set for it.
void chooseSettings(ModelEditor& editor) {
    editor.editCurrent();
    editor.set(QStringLiteral("system_prompt"), QStringLiteral("Answer in two or three sentences."));
    editor.set(QStringLiteral("temperature"), 0.3);
    editor.set(QStringLiteral("kv_type"), QStringLiteral("q8_0"));
    editor.addAdapter(QUrl::fromLocalFile(QStringLiteral("/models/adapters/letters-in-plain-english.gguf")));
    editor.addAdapter(QUrl::fromLocalFile(QStringLiteral("/models/adapters/rhymes.gguf")));
    editor.setAdapterStrength(0, 0.8);
    editor.setAdapterOn(1, false);
}

}  // namespace

AppOptions sceneOptions(const QString& scene) {
    AppOptions options = demoOptions();
    auto& engine = static_cast<FakeEngine&>(*options.engine);
    engine.setPace(1, 40);
    if (scene == QLatin1String("nomodel") || scene == QLatin1String("nolibrary")) {
        options.modelFile.clear();
        options.preloadModel = false;
        options.fixedModels = QList<ModelEntry>();
    } else if (scene == QLatin1String("getmodels")) {
        options.demoLibrary = stockBusyLibrary;
    } else if (scene == QLatin1String("loading")) {
        engine.holdLoads(true);
    } else if (scene == QLatin1String("broken")) {
        Failure failure;
        failure.kind = FailureKind::ModelFile;
        failure.message =
            QStringLiteral("half-a-download.gguf ends in the middle of tensor blk.7.ffn_up.weight.");
        failure.hint = QStringLiteral("Download it again.");
        failure.path = QStringLiteral("/models/half-a-download.gguf");
        engine.setLoadFailure(failure.path, failure);
        options.modelFile = failure.path;
    } else if (scene == QLatin1String("problem")) {
        options.inMemory = false;
        auto folder = std::make_shared<QTemporaryDir>();
        options.dataFolder = folder->path();
        options.keepsake = folder;
        QFile file(QDir(options.dataFolder).filePath(QStringLiteral("kinglet.db")));
        if (file.open(QIODevice::WriteOnly)) file.write(QByteArray(16384, 'x'));
        options.seed = nullptr;
    }
    if (isFirstRun(scene)) startFirstRun(options, engine);
    if (scene == QLatin1String("lostcard")) {
        engine.setModel(onProcessorInstead());
        options.graphicsCards = demoNoCards;
    }
    if (scene == QLatin1String("modelsettings")) suggestSampling(options, engine);
    if (scene.endsWith(QLatin1String("text"))) startText(options, engine, scene == QLatin1String("longtext"));
    if (scene == QLatin1String("texts")) {
        ModelFacts facts;
        facts.path = kTinyLlama;
        facts.name = QStringLiteral("A Model With A Name Of Many Words, Merged and Tuned Again, v0.3");
        facts.quantization = QStringLiteral("Q4_K_M");
        facts.device.text = QStringLiteral("Processor, AVX2");
        facts.chatTemplate = QStringLiteral("file");
        facts.contextLength = 2048;
        engine.setModel(facts);
        options.seed = [](storage::Database& database) {
            QList<DemoChat> chats = demoChats();
            chats.prepend(demoHardTexts());
            for (const DemoChat& chat : std::as_const(chats)) seedChat(database, chat);
        };
    }
    if (scene == QLatin1String("states")) {
        FakeAnswer answer;
        Failure failure;
        failure.kind = FailureKind::OutOfMemory;
        failure.message = QStringLiteral("TinyLlama 1.1B needs 0.8 GB more memory than is free.");
        failure.hint = QStringLiteral("Your message is kept.");
        answer.failure = failure;
        engine.enqueue(answer);
    } else {
        FakeAnswer answer;
        answer.text = demoAnswerUnderWay();
        answer.holdAfter = 141;
        engine.enqueue(answer);
    }
    return options;
}

Director::Director(AppContext& app, const QString& scene, QObject* parent)
    : QObject(parent),
      app_(app),
      scene_(scene),
      chat_(QLatin1String(sceneNamed(scene).chat)),
      page_(QLatin1String(sceneNamed(scene).page)),
      asks_(sceneNamed(scene).asks) {}

void Director::play() {
    connect(&app_, &AppContext::readyChanged, this, &Director::check);
    connect(app_.chats(), &ChatListModel::countChanged, this, &Director::check);
    connect(app_.chats(), &ChatListModel::loadingChanged, this, &Director::check);
    connect(app_.conversation(), &Conversation::chatChanged, this, &Director::check);
    connect(app_.conversation(), &Conversation::phaseChanged, this, &Director::check);
    connect(app_.conversation(), &Conversation::contextChanged, this, &Director::check);
    connect(app_.conversation(), &Conversation::messagesChanged, this, &Director::check);
    connect(app_.model(), &ModelStatus::changed, this, &Director::check);
    connect(app_.model(), &ModelStatus::progressChanged, this, &Director::check);
    check();
}

void Director::openChat(const QString& title) {
    for (int row = 0; row < app_.chats()->count(); ++row) {
        const QModelIndex index = app_.chats()->index(row);
        if (index.data(ChatListModel::TitleRole).toString() != title) continue;
        app_.chats()->openChat(index.data(ChatListModel::ChatIdRole).toString());
        return;
    }
}

bool Director::answerIsUnderWay() const {
    const Conversation& conversation = *app_.conversation();
    const int rows = conversation.messages()->count();
    if (scene_ == QLatin1String("states")) {
        const QModelIndex last = conversation.messages()->index(rows - 1);
        return !conversation.generating() &&
               last.data(MessageListModel::ErrorActionRole).toString() == QLatin1String("switcher");
    }
    const QString text = conversation.messages()
                             ->data(conversation.messages()->index(rows - 1), MessageListModel::TextRole)
                             .toString();
    return conversation.phase() == Conversation::Writing && text.size() >= 141;
}

/// Goes as far as it can; called again whenever something changed.
void Director::check() {
    if (done_ || !app_.ready() || !modelStands()) return;
    if (scene_ != QLatin1String("problem") && app_.chats()->loading()) return;
    if (scene_ == QLatin1String("firstrun")) {
        Conversation* conversation = app_.conversation();
        if (!asked_) {
            asked_ = true;
            QTimer::singleShot(0, this,
                               [conversation] { conversation->send(tr("Where are my chats kept?")); });
            return;
        }
        if (conversation->messages()->count() < 2 || conversation->generating()) return;
    }
    if (!chat_.isEmpty()) {
        if (!opened_) {
            opened_ = true;
            openChat(chat_);
            return;
        }
        if (app_.conversation()->title() != chat_ || app_.conversation()->loading()) return;
        if (asks_ && !asked_) {
            // What the context costs is known only while nothing is answered.
            if (app_.conversation()->contextMemoryText().isEmpty()) return;
            asked_ = true;
            QTimer::singleShot(0, this, [this] { app_.conversation()->retry(); });
            return;
        }
        if (asks_ && !answerIsUnderWay()) return;
    }
    done_ = true;
    dress();
    if (!page_.isEmpty()) emit app_.pageRequested(page_);
    emit finished();
}

bool Director::modelStands() const {
    const ModelStatus& model = *app_.model();
    if (scene_ == QLatin1String("loading")) return model.progress() >= 0.7;
    const bool none = scene_ == QLatin1String("nomodel") || scene_ == QLatin1String("nolibrary") ||
                      scene_ == QLatin1String("problem");
    return none || model.state() == ModelStatus::Ready || model.state() == ModelStatus::Failed;
}

/// What is done with the chats once they are there.
void Director::dress() {
    ChatListModel& chats = *app_.chats();
    QString last;
    for (int row = 0; row < chats.count(); ++row) {
        const QModelIndex index = chats.index(row);
        last = index.data(ChatListModel::ChatIdRole).toString();
        if (index.data(ChatListModel::TitleRole).toString() == QLatin1String("Explain quantization"))
            chats.setNews(last.toLongLong(), !index.data(ChatListModel::IsCurrentRole).toBool());
    }
    if (scene_ == QLatin1String("notice")) chats.remove(last);
    if (scene_ == QLatin1String("modelsettings")) chooseSettings(*app_.modelEditor());
}

}  // namespace kinglet::gui
