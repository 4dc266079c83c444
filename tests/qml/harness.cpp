#include "tests/qml/harness.h"

#include <QAccessible>
#include <QClipboard>
#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QInputMethodEvent>
#include <QQuickWindow>
#include <filesystem>

#include "app/gui/demo_cards.h"
#include "tests/support/adapter_writer.h"
#include "tests/support/model_writer.h"

namespace kinglet::test {

namespace {

QString pathOf(const QString& name) {
    return QStringLiteral("/models/%1.gguf").arg(name.toLower().replace(QLatin1Char(' '), QLatin1Char('-')));
}

QList<gui::ModelEntry> entriesFor(const QStringList& names) {
    QList<gui::ModelEntry> entries;
    for (const QString& name : names) {
        gui::ModelEntry entry;
        entry.path = pathOf(name);
        entry.name = name;
        entry.quantization = QStringLiteral("Q4_K_M");
        entry.architecture = QStringLiteral("llama");
        entry.sizeBytes = 669'000'000;
        entry.contextLength = 2048;
        // Recent ones stand first: keep the order that was asked for.
        entry.lastUsed = QDateTime::currentDateTime().addDays(-entries.size());
        entries.append(entry);
    }
    return entries;
}

QAccessibleInterface* accessible(QQuickItem* item) {
    return item ? QAccessible::queryAccessibleInterface(item) : nullptr;
}

bool isControl(QAccessible::Role role) {
    switch (role) {
        case QAccessible::Button:
        case QAccessible::ButtonMenu:
        case QAccessible::CheckBox:
        case QAccessible::RadioButton:
        case QAccessible::EditableText:
        case QAccessible::Slider:
        case QAccessible::MenuItem:
        case QAccessible::PageTab:
        case QAccessible::ListItem:
            return true;
        default:
            return false;
    }
}

void collect(QQuickItem* item, QVariantList& found) {
    if (!item || !item->isVisible() || item->width() <= 0 || item->height() <= 0) return;
    QAccessibleInterface* iface = accessible(item);
    const bool focusable = item->activeFocusOnTab();
    const bool control = iface && isControl(iface->role());
    if (focusable || control) {
        found.append(
            QVariantMap{{QStringLiteral("name"), iface ? iface->text(QAccessible::Name) : QString()},
                        {QStringLiteral("role"), iface ? int(iface->role()) : 0},
                        {QStringLiteral("type"), QString::fromLatin1(item->metaObject()->className())},
                        {QStringLiteral("objectName"), item->objectName()},
                        {QStringLiteral("focusable"), focusable && item->isEnabled()},
                        {QStringLiteral("item"), QVariant::fromValue(item)}});
    }
    const QList<QQuickItem*> children = item->childItems();
    for (QQuickItem* child : children) collect(child, found);
}

}  // namespace

int Harness::answersAsked() const {
    return engine_ ? static_cast<int>(engine_->generateRequests.size()) : 0;
}

QString Harness::deviceAskedFor() const {
    if (!engine_ || engine_->loadRequests.isEmpty()) return {};
    const gui::LoadRequest& last = engine_->loadRequests.last();
    return last.card.isEmpty() ? last.device : last.device + QLatin1Char(' ') + last.card;
}

QString Harness::lastPrompt() const {
    if (!engine_ || engine_->generateRequests.isEmpty()) return {};
    if (const auto& text = engine_->generateRequests.last().text) return *text;
    const QList<gui::Turn>& turns = engine_->generateRequests.last().turns;
    return turns.isEmpty() ? QString() : turns.last().content;
}

void Harness::begin(const QVariantMap& options) {
    end();
    folder_ = std::make_unique<QTemporaryDir>();
    options_ = options;
    real_ = false;
    if (options.value(QStringLiteral("brokenDatabase")).toBool()) {
        QFile file(folder_->filePath(QStringLiteral("kinglet.db")));
        if (file.open(QIODevice::WriteOnly)) file.write(QByteArray(16384, 'x'));
    }
    build();
}

void Harness::beginReal(const QString& modelFile) {
    app_.reset();
    emit appChanged();
    folder_ = std::make_unique<QTemporaryDir>();
    options_.clear();
    real_ = true;
    realModel_ = modelFile;
    build();
}

void Harness::beginLibrary(const QString& script) {
    beginLibraryOf(writeModel(script));
}

void Harness::beginLibraryOf(const QString& modelFile) {
    end();
    QFile model(modelFile);
    hub_ = std::make_unique<library::testing::TestHub>();
    if (model.open(QIODevice::ReadOnly))
        hub_->setFile(QStringLiteral("birds/Wren-GGUF"), QStringLiteral("wren-Q8_0.gguf"), model.readAll());
    beginReal({});
}

void Harness::hubHold(int bytes) {
    hub_->setFault([bytes](const library::testing::HubRequest& request, library::testing::HubReply& reply) {
        if (request.toContentHost) reply.stallAfter = bytes;
    });
}

void Harness::hubRefuse(int status) {
    hub_->setFault([status](const library::testing::HubRequest& request, library::testing::HubReply& reply) {
        if (!request.isFile()) return;
        reply = {};
        reply.status = status;
    });
}

void Harness::hubLetGo() {
    hub_->setFault({});
}

int Harness::hubRequests() const {
    return hub_ ? static_cast<int>(hub_->requests().size()) : 0;
}

void Harness::restart() {
    app_.reset();
    emit appChanged();
    build();
}

void Harness::build() {
    gui::AppOptions options;
    options.dataFolder = folder_->path();
    options.measureMachine = false;  // seconds of all processors
    options.modelsFolder = folder_->filePath(QStringLiteral("models"));
    QDir().mkpath(options.modelsFolder);
    if (!real_) {
        auto engine = std::make_unique<gui::FakeEngine>();
        engine->setPace(1, 12);
        engine_ = engine.get();
        QStringList names = options_.value(QStringLiteral("models")).toStringList();
        if (!options_.contains(QStringLiteral("models")))
            names = {QStringLiteral("TinyLlama 1.1B"), QStringLiteral("Phi 2"), QStringLiteral("Qwen 3")};
        options.fixedModels = entriesFor(names);
        options.graphicsCards =
            options_.value(QStringLiteral("cards")).toBool() ? gui::demoCards : gui::demoNoCards;
        options.contextBytes = [](const QString&, int length, const QString& kvType) {
            return std::optional(gui::FakeEngine::contextBytes(length, kvType));
        };
        for (gui::ModelEntry& entry : *options.fixedModels) {
            entry.sampling = QJsonObject::fromVariantMap(options_.value(QStringLiteral("sampling")).toMap());
            gui::ModelFacts facts;
            facts.sampling = *entry.sampling;
            facts.path = entry.path;
            facts.name = entry.name;
            facts.quantization = entry.quantization;
            facts.device.text = QStringLiteral("Processor, AVX2");
            facts.chatTemplate =
                options_.value(QStringLiteral("chatTemplate"), QStringLiteral("file")).toString();
            if (options_.value(QStringLiteral("completion")).toStringList().contains(entry.name))
                facts.chatTemplate = QStringLiteral("none");
            facts.warnings = options_.value(QStringLiteral("warnings")).toStringList();
            facts.contextLength = entry.contextLength;
            facts.fileBytes = entry.sizeBytes;
            engine_->setModel(facts);
        }
        if (options_.value(QStringLiteral("load"), true).toBool() && !names.isEmpty())
            options.modelFile = pathOf(names.first());
        else
            options.preloadModel = false;
        options.engine = std::move(engine);
    } else {
        options.modelFile = realModel_;
        options.verifier = QStringLiteral(KINGLET_CLI_PATH);
        if (hub_) {
            options.hub = hub_->endpoint();
            options.preloadModel = false;
        } else if (realModel_.isEmpty()) {
            options.starterModel = starterModel();
        }
    }
    app_ = std::make_unique<gui::AppContext>(std::move(options));
    app_->start();
    emit appChanged();
}

void Harness::end() {
    app_.reset();
    folder_.reset();
    hub_.reset();
    emit appChanged();
}

void Harness::answer(const QString& text, const QVariantMap& options) {
    gui::FakeAnswer answer;
    answer.text = text;
    answer.holdAfter = options.value(QStringLiteral("hold"), -1).toInt();
    answer.holdPrompt = options.value(QStringLiteral("holdPrompt")).toBool();
    if (const QString why = options.value(QStringLiteral("lostCard")).toString(); !why.isEmpty())
        answer.device = gui::DeviceFacts{QStringLiteral("Processor, AVX2"), why, true};
    if (options.contains(QStringLiteral("error"))) {
        gui::Failure failure;
        const QString kind = options.value(QStringLiteral("kind")).toString();
        failure.kind = kind == QLatin1String("memory")    ? gui::FailureKind::OutOfMemory
                       : kind == QLatin1String("context") ? gui::FailureKind::ContextFull
                                                          : gui::FailureKind::Other;
        failure.message = options.value(QStringLiteral("error")).toString();
        failure.hint = options.value(QStringLiteral("hint")).toString();
        answer.failure = failure;
    }
    if (engine_) engine_->enqueue(answer);
}

void Harness::release() {
    if (engine_) engine_->release();
}

void Harness::setPace(int milliseconds, int characters) {
    if (engine_) engine_->setPace(milliseconds, characters);
}

void Harness::failLoad(const QString& model, const QString& message, const QString& hint) {
    gui::Failure failure;
    failure.kind = gui::FailureKind::ModelFile;
    failure.message = message;
    failure.hint = hint;
    failure.path = pathOf(model);
    if (engine_) engine_->setLoadFailure(failure.path, failure);
}

void Harness::holdLoads(bool hold) {
    if (engine_) engine_->holdLoads(hold);
}

QString Harness::modelId(const QString& name) const {
    return pathOf(name);
}

void Harness::compose(QQuickItem* item, const QString& preedit) {
    QInputMethodEvent event(preedit, {{QInputMethodEvent::Cursor, int(preedit.size()), 1}});
    QCoreApplication::sendEvent(item, &event);
}

void Harness::commit(QQuickItem* item, const QString& text) {
    QInputMethodEvent event;
    event.setCommitString(text);
    QCoreApplication::sendEvent(item, &event);
}

QString Harness::clipboard() const {
    return QGuiApplication::clipboard()->text();
}

void Harness::setClipboard(const QString& text) {
    QGuiApplication::clipboard()->setText(text);
}

QVariantList Harness::controls(QQuickItem* root) const {
    QAccessible::setActive(true);
    QVariantList found;
    collect(root, found);
    return found;
}

QString Harness::accessibleName(QQuickItem* item) const {
    QAccessible::setActive(true);
    QAccessibleInterface* iface = accessible(item);
    return iface ? iface->text(QAccessible::Name) : QString();
}

QString Harness::writeModel(const QString& script, bool endless, bool chats) {
    if (!folder_) folder_ = std::make_unique<QTemporaryDir>();
    // Beside the folder of a test, since beginReal() makes a new one.
    static QTemporaryDir models;
    const QString path = models.filePath(QStringLiteral("tiny.gguf"));
    TestModel model;
    model.name = "Tiny test model";
    model.script = script.toStdString();
    if (!chats) {
        model.chat_template.clear();
        model.turns = false;
        model.vocabulary = VocabularyKind::sentencepiece;
    }
    if (endless) {
        // Long and slow enough that a person, or a test, can stop it in the middle.
        model.endless = true;
        model.context_length = 4096;
        model.width = 512;
        model.layers = 8;
    }
    return write_model(std::filesystem::path(path.toStdString()), model) ? path : QString();
}

QUrl Harness::writeAdapter(const QString& kind) {
    static QTemporaryDir adapters;
    const QString path = adapters.filePath(kind + QStringLiteral("-adapter.gguf"));
    TestAdapter adapter;
    adapter.not_a_number = kind == QLatin1String("damaged");
    if (kind == QLatin1String("foreign")) adapter.architecture = "phi2";
    return write_adapter(path.toStdString(), adapter) ? QUrl::fromLocalFile(path) : QUrl();
}

QString Harness::starterModel() const {
    const QString path = QStringLiteral(KINGLET_STARTER_MODEL);
    return QFile::exists(path) ? path : QString();
}

QString Harness::storiesModel() const {
    const QString path = qEnvironmentVariable("KINGLET_SHARED") + QStringLiteral("/models/stories260K.gguf");
    return QFile::exists(path) ? path : QString();
}

}  // namespace kinglet::test
