#include "app/gui/app_context.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QtConcurrent>

#include "app/gui/app_context_p.h"
#include "app/gui/conversation_services.h"
#include "app/gui/engine_service.h"
#include "app/gui/futures.h"

namespace kinglet::gui {

namespace {

storage::DatabaseOptions databaseOptions(const AppOptions& options) {
    storage::DatabaseOptions result;
    result.path = options.inMemory ? QStringLiteral(":memory:")
                                   : QDir(options.dataFolder).filePath(QStringLiteral("kinglet.db"));
    return result;
}

}  // namespace

AppContextPrivate::AppContextPrivate(AppContext& context, AppOptions given)
    : q(context),
      options(std::move(given)),
      database(databaseOptions(options)),
      chatStore(database),
      modelStore(database),
      settingsStore(database),
      archive(database),
      storedSettings(settingsStore),
      settings(options.dataFolder, &storedSettings),
      engine(options.engine ? std::move(options.engine) : std::make_unique<EngineService>()),
      catalogue(&modelStore),
      modelOptions(modelStore),
      model(*engine, settings, modelOptions),
      models(settings, catalogue),
      answers(*engine, model, chatStore),
      conversation(
          ConversationServices{&chatStore, &answers, engine.get(), &model, &settings, &modelOptions, &chats}),
      modelEditor(ModelEditorServices{&modelOptions, &model, &models, &modelLibrary, &settings,
                                      options.contextBytes ? options.contextBytes : contextBytesOfFile}),
      graphicsCards(options.graphicsCards) {
    if (!options.modelsFolder.isEmpty()) settings.setModelsFolderOverride(options.modelsFolder);
    if (options.fixedModels) catalogue.setFixed(*options.fixedModels);
    settings.setStarterModel(options.starterModel);
    catalogue.setStarter(options.starterModel);
    modelOptions.setStarter(options.starterModel);
    tie();
}

AppContextPrivate::~AppContextPrivate() {
    conversation.flush();
    answers.shutdown();
    modelOptions.flush();
    storedSettings.flush();
}

void AppContextPrivate::tie() {
    connect(&chats, &ChatListModel::newChatRequested, this, [this] { conversation.open(0); });
    connect(&chats, &ChatListModel::openRequested, this, [this](qint64 id) { conversation.open(id); });
    connect(&chats, &ChatListModel::renameRequested, this, [this](qint64 id, const QString& title) {
        chatStore.rename(id, title);
        conversation.setTitle(id, title);
    });
    connect(&chats, &ChatListModel::removeRequested, this, &AppContextPrivate::removeChat);
    connect(&conversation, &Conversation::pageRequested, &q, &AppContext::pageRequested);
    connect(&conversation, &Conversation::fileRequested, &models, &ModelListModel::reveal);
    tieModels();
    connect(&modelLibrary, &ModelLibrary::arrived, this, &AppContextPrivate::onArrived);
    connect(&modelLibrary, &ModelLibrary::trouble, this,
            [this](const QString& text) { offer(text, {}, {}); });
    connect(&modelLibrary, &ModelLibrary::tokenForgotten, this, [this](const QString& token) {
        offer(AppContext::tr("The access token was removed"), AppContext::tr("Undo"),
              [this, token] { modelLibrary.giveToken(token); });
    });
    connect(&modelLibrary, &ModelLibrary::measured, this, [this](double memory, double download) {
        settingsStore.setAll({{kMeasuredMemory, memory}, {kMeasuredDownload, download}});
    });
    connect(&settings, &Settings::modelsFolderChanged, this,
            [this] { modelLibrary.setModelsFolder(settings.modelsFolder().toLocalFile()); });
    connect(&settings, &Settings::defaultsChanged, this,
            [this] { modelLibrary.offers()->setContextLength(settings.defaultContextLength()); });
    connect(&model, &ModelStatus::changed, this, [this] {
        models.setCurrentPath(model.state() == ModelStatus::Ready ? model.path() : QString());
        nameModel();
    });
    connect(&model, &ModelStatus::settled, this, [this] {
        if (model.state() == ModelStatus::Ready) models.noteUsed(model.path(), QDateTime::currentDateTime());
    });
    connect(&answers, &Answers::ended, this, &AppContextPrivate::onAnswerEnded);
    connect(&answers, &Answers::storageFailed, this, [this](const storage::Error& error) {
        // A full disk fails every second; saying it once is enough.
        const QString text =
            error.hint.isEmpty() ? error.message : error.message + QLatin1Char(' ') + error.hint;
        if (std::exchange(lastStorageMessage, text) != text) offer(text, {}, {});
    });
    // What changes how a model is opened holds once nothing is being answered.
    reloadTimer.setSingleShot(true);
    reloadTimer.setInterval(500);
    connect(&settings, &Settings::deviceChanged, &reloadTimer, qOverload<>(&QTimer::start));
    connect(&modelOptions, &ModelOptions::changed, &reloadTimer, qOverload<>(&QTimer::start));
    connect(&reloadTimer, &QTimer::timeout, this, [this] {
        if (answers.any() || (!model.isOutdated() && !reloadWanted)) return;
        reloadWanted = false;
        model.load(model.path());
    });
    connect(&model, &ModelStatus::cardLost, this, [this] {
        offer(model.deviceRemark(), AppContext::tr("Try again"), [this] { q.reloadModel(); });
    });
    midnight.setInterval(60 * 1000);
    connect(&midnight, &QTimer::timeout, this, [this] { chats.setToday(QDate::currentDate()); });
}

/// A text that was dropped goes to the draft; reading it is not the window's business.
void AppContextPrivate::takeText(const QString& path) {
    constexpr qint64 mostBytes = 512 * 1024;
    const auto read = [path]() -> std::optional<QString> {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly) || file.size() > mostBytes) return std::nullopt;
        return QString::fromUtf8(file.read(mostBytes));
    };
    whenDone(this, QtConcurrent::run(read), [this, path](const std::optional<QString>& text) {
        if (!text) {
            offer(AppContext::tr("%1 could not be read, or is larger than 512 KB.")
                      .arg(QFileInfo(path).fileName()),
                  {}, {});
            return;
        }
        const QString draft = conversation.draft();
        conversation.setDraft(draft.isEmpty() ? *text : draft + QLatin1Char('\n') + *text);
    });
}

void AppContextPrivate::onAnswerEnded(AnswerJob* job) {
    lastStorageMessage.clear();
    reloadTimer.start();
    constexpr int enoughToMeasure = 16;
    if (job->stats().answerTokens >= enoughToMeasure && job->stats().tokensPerSecond() > 0 &&
        model.state() == ModelStatus::Ready) {
        models.noteSpeed(model.path(), job->stats().tokensPerSecond());
    }
    if (model.state() == ModelStatus::Ready) chatStore.setModel(job->chatId(), model.path());
}

void AppContextPrivate::removeChat(qint64 id) {
    const ChatEntry* entry = chats.find(id);
    if (!entry) return;
    const ChatEntry kept = *entry;
    if (AnswerJob* job = answers.jobFor(id)) job->stop();
    const bool current = chats.currentChatId() == QString::number(id);
    if (current) conversation.open(0);
    chats.take(id);
    chatStore.remove(id);
    offer(AppContext::tr("Chat deleted"), AppContext::tr("Undo"), [this, kept, current] {
        whenDone(this, chatStore.restore(kept.id),
                 [this, kept, current](const storage::Result<void>& restored) {
                     if (!restored) {
                         offer(restored.error().message, {}, {});
                         return;
                     }
                     chats.put(kept);
                     if (current && conversation.chatId().isEmpty() && conversation.isEmpty())
                         conversation.open(kept.id);
                 });
    });
}

void AppContextPrivate::deleteEverything() {
    for (const qint64 id : chats.ids()) {
        if (AnswerJob* job = answers.jobFor(id)) job->stop();
    }
    conversation.open(0);
    conversation.flush();
    const QHash<QString, QVariant> kept = settings.snapshot();
    const QHash<QString, QJsonObject> keptOfModels = modelOptions.all();
    settings.forgetAll();
    modelOptions.replaceAll({});
    const QString token = modelLibrary.takeToken();
    conversation.setDraft({});
    chats.setEntries({});
    const auto takeBack = [this, kept, keptOfModels, token](const QList<qint64>& ids) {
        settings.takeBack(kept);
        modelOptions.replaceAll(keptOfModels);
        if (!token.isEmpty()) modelLibrary.giveToken(token);
        if (conversation.chatId().isEmpty() && conversation.draft().isEmpty())
            conversation.setDraft(settings.newChatDraft());
        whenDone(this, chatStore.restoreAll(ids), [this](const storage::Result<void>& restored) {
            if (!restored) offer(restored.error().message, {}, {});
            readChats();
        });
    };
    whenDone(this, chatStore.removeAll(), [this, takeBack](const storage::Result<QList<qint64>>& removed) {
        if (!removed) {
            offer(removed.error().message, {}, {});
            takeBack({});
            return;
        }
        offer(AppContext::tr("All chats and settings deleted"), AppContext::tr("Undo"),
              [takeBack, ids = *removed] { takeBack(ids); });
    });
}

void AppContextPrivate::offer(const QString& text, const QString& label, std::function<void()> action) {
    const int id = ++lastNotice;
    if (action) noticeActions.insert(id, std::move(action));
    // Only the newest few can still be on the screen.
    noticeActions.remove(id - 20);
    emit q.notice(text, label, id);
}

void AppContextPrivate::onImported(const storage::Result<storage::ImportReport>& report) {
    if (!report) {
        const storage::Error& error = report.error();
        offer(error.hint.isEmpty() ? error.message : error.message + QLatin1Char(' ') + error.hint, {}, {});
        return;
    }
    const int come = report->newChats + report->restoredChats;
    offer(come > 0                  ? AppContext::tr("%n chats imported", nullptr, come)
          : report->newMessages > 0 ? AppContext::tr("%n messages imported", nullptr, report->newMessages)
                                    : AppContext::tr("Everything in this file is here already"),
          {}, {});
    readChats();
}

AppContext::AppContext(AppOptions options, QObject* parent)
    : QObject(parent), d_(std::make_unique<AppContextPrivate>(*this, std::move(options))) {}
AppContext::~AppContext() = default;

ChatListModel* AppContext::chats() const {
    return &d_->chats;
}
Conversation* AppContext::conversation() const {
    return &d_->conversation;
}
ModelListModel* AppContext::models() const {
    return &d_->models;
}
ModelLibrary* AppContext::library() const {
    return &d_->modelLibrary;
}
ModelStatus* AppContext::model() const {
    return &d_->model;
}
ModelEditor* AppContext::modelEditor() const {
    return &d_->modelEditor;
}
GraphicsCards* AppContext::graphicsCards() const {
    return &d_->graphicsCards;
}
Settings* AppContext::settings() const {
    return &d_->settings;
}
QString AppContext::version() const {
    return QStringLiteral(KINGLET_VERSION);
}
DatabaseProblem* AppContext::databaseProblem() const {
    return d_->problem.get();
}
bool AppContext::ready() const {
    return d_->ready;
}
EngineInterface* AppContext::engine() const {
    return d_->engine.get();
}
Answers* AppContext::answers() const {
    return &d_->answers;
}
void AppContext::start() {
    d_->start();
}

void AppContext::openModelFile(const QUrl& file) {
    d_->takeModel(file, true);
}

void AppContext::addModelFile(const QUrl& file) {
    d_->takeModel(file, false);
}

void AppContext::reloadModel() {
    d_->reloadWanted = true;
    d_->reloadTimer.start();
}

void AppContext::importChats(const QUrl& file) {
    whenDone(d_.get(), d_->archive.importFile(file.toLocalFile()),
             [this](const storage::Result<storage::ImportReport>& report) { d_->onImported(report); });
}

namespace {
template <class Report>
QString exportedText(const storage::Result<Report>& report) {
    if (!report) return report.error().message;
    return AppContext::tr("%n chats saved in %1", nullptr, report->chats)
        .arg(QFileInfo(report->path).fileName());
}
}  // namespace

void AppContext::exportAllChats(const QUrl& file) {
    whenDone(d_.get(), d_->archive.exportAll(file.toLocalFile()),
             [this](const storage::Result<storage::ExportReport>& report) {
                 d_->offer(exportedText(report), {}, {});
             });
}

void AppContext::exportChat(const QString& chatId, const QUrl& file) {
    whenDone(d_.get(), d_->archive.exportChat(chatId.toLongLong(), file.toLocalFile()),
             [this](const storage::Result<storage::ExportReport>& report) {
                 d_->offer(exportedText(report), {}, {});
             });
}

QString AppContext::exportFileName(const QString& chatId) const {
    const ChatEntry* entry = d_->chats.find(chatId.toLongLong());
    QString name = entry ? entry->title : tr("Kinglet chats");
    for (QChar& c : name) {
        if (QStringLiteral("/\\:*?\"<>|").contains(c) || c.category() == QChar::Other_Control)
            c = QLatin1Char(' ');
    }
    name = name.simplified().left(80);
    while (name.startsWith(QLatin1Char('.'))) name.remove(0, 1);
    return (name.isEmpty() ? QStringLiteral("chat") : name) + QStringLiteral(".zip");
}

void AppContext::openDroppedFiles(const QList<QUrl>& files) {
    for (const QUrl& file : files) {
        if (!file.isLocalFile()) continue;
        const QString suffix = QFileInfo(file.toLocalFile()).suffix().toLower();
        if (suffix == QLatin1String("zip")) {
            importChats(file);
        } else if (suffix == QLatin1String("txt") || suffix == QLatin1String("md")) {
            d_->takeText(file.toLocalFile());
        } else {
            openModelFile(file);  // a file that is none says so
        }
    }
}

void AppContext::deleteEverything() {
    d_->deleteEverything();
}

void AppContext::runNoticeAction(int actionId) {
    const auto action = d_->noticeActions.take(actionId);
    if (action) action();
}

}  // namespace kinglet::gui
