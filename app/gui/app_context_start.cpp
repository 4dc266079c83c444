// From the first line of main to a window with its chats: opening the database, reading what it holds, and
// choosing a model.
#include <QDir>
#include <QFileInfo>
#include <QGuiApplication>
#include <QtConcurrent>

#include "app/gui/app_context_p.h"
#include "app/gui/futures.h"
#include "app/gui/library_worker.h"

namespace kinglet::gui {

namespace {
constexpr int kDaysToUndo = 30;
}

void AppContextPrivate::start() {
    midnight.start();
    const auto prepare = [inMemory = options.inMemory, folder = options.dataFolder] {
        // The folder of models is there to be found, and to be watched.
        return inMemory || QDir().mkpath(QDir(folder).filePath(QStringLiteral("models")));
    };
    whenDone(this, QtConcurrent::run(prepare), [this](bool) {
        whenDone(this, database.open(), [this](const storage::OpenReport& report) { onOpened(report); });
    });
}

void AppContextPrivate::onOpened(const storage::OpenReport& report) {
    if (!report.ok()) {
        if (problem) {
            problem->setBusy(false, report.error.message);
            return;
        }
        const auto kind = report.outcome == storage::OpenOutcome::Corrupt ? DatabaseProblem::Corrupt
                          : report.outcome == storage::OpenOutcome::Newer ? DatabaseProblem::Newer
                                                                          : DatabaseProblem::Unreadable;
        QVariantList backups;
        for (const storage::BackupInfo& backup : report.backups) {
            backups.append(
                QVariantMap{{QStringLiteral("path"), backup.path}, {QStringLiteral("label"), backup.label}});
        }
        QString details = report.error.details;
        if (!report.error.hint.isEmpty()) details = report.error.hint + QLatin1Char('\n') + details;
        problem = std::make_unique<DatabaseProblem>(kind, report.error.message, details.trimmed(),
                                                    database.path(), backups);
        connect(problem.get(), &DatabaseProblem::openBackupRequested, this, [this](const QString& path) {
            problem->setBusy(true);
            whenDone(this, database.openBackup(path),
                     [this](const storage::OpenReport& next) { onOpened(next); });
        });
        connect(problem.get(), &DatabaseProblem::startFreshRequested, this, [this] {
            problem->setBusy(true);
            whenDone(this, database.startFresh(),
                     [this](const storage::OpenReport& next) { onOpened(next); });
        });
        chats.setLoading(false);
        emit q.databaseProblemChanged();
        ready = true;
        emit q.readyChanged();
        return;
    }
    if (problem) {
        problem.release()->deleteLater();
        emit q.databaseProblemChanged();
        if (!report.keptFile.isEmpty()) {
            offer(AppContext::tr("The old file is kept as %1.").arg(QFileInfo(report.keptFile).fileName()),
                  {}, {});
        }
    }
    if (!options.seed) {
        loadEverything();
        return;
    }
    // Demo data is written by a thread that may wait for it.
    whenDone(this, QtConcurrent::run([this] {
                 options.seed(database);
                 return true;
             }),
             [this](bool) { loadEverything(); });
}

void AppContextPrivate::loadEverything() {
    whenDone(this, settingsStore.all(), [this](const storage::Result<QJsonObject>& saved) {
        if (saved) {
            settings.restore(saved->toVariantHash());
            modelLibrary.setMeasured(saved->value(kMeasuredMemory).toDouble(),
                                     saved->value(kMeasuredDownload).toDouble());
        }
        // How the first model is opened depends on what was set for it.
        modelOptions.read([this] {
            conversation.open(0);
            startModel();
            startLibrary();
            ready = true;
            emit q.readyChanged();
        });
    });
    readChats();
    chatStore.purgeDeleted(QDateTime::currentDateTimeUtc().addDays(-kDaysToUndo));
}

/// Loads the model that was asked for, else the one used last; where there is neither, the first look through
/// the folder chooses one.
void AppContextPrivate::startModel() {
    const bool asked = !options.modelFile.isEmpty();
    const QString wanted = asked                  ? options.modelFile
                           : options.preloadModel ? settings.lastModel()
                                                  : QString();
    if (asked) loadModel(wanted);  // says what is wrong with it
    // Even asking whether a file is there can take long, e.g. where it lies on another computer.
    const bool fixed = options.fixedModels.has_value();
    const auto isThere = [wanted, fixed] {
        return !wanted.isEmpty() && (fixed || QFileInfo::exists(wanted));
    };
    whenDone(this, QtConcurrent::run(isThere), [this, wanted, asked, fixed](bool there) {
        if (there && !asked && model.state() == ModelStatus::None) loadModel(wanted);
        if (there && asked && !fixed) models.addFile(QUrl::fromLocalFile(wanted));
        models.refresh();
    });
}

void AppContextPrivate::startLibrary() {
    if (options.demoLibrary) return options.demoLibrary(modelLibrary);
    if (options.inMemory) return;
    LibraryOptions wanted;
    wanted.folder = options.dataFolder;
    wanted.verifier = options.verifier;
    wanted.measure = options.measureMachine;
    // A picture or a test has no desktop.
    wanted.taskbar = QGuiApplication::platformName() != QLatin1String("offscreen");
    wanted.hub = hubWanted();
    modelLibrary.setThreads(settings.threads() > 0 ? settings.threads() : settings.maxThreads());
    modelLibrary.offers()->setContextLength(settings.defaultContextLength());
    modelLibrary.setTokenStore(std::move(options.tokens));
    modelLibrary.start(wanted);
    modelLibrary.setModelsFolder(settings.modelsFolder().toLocalFile());
    setDownloadLimits();
    connect(&settings, &Settings::downloadsChanged, this, [this] {
        modelLibrary.setHub(hubWanted());
        setDownloadLimits();
    });
}

/// The hub of the command line or a test, else of the settings, else of the environment, whose token goes to
/// none but its own.
library::Hub AppContextPrivate::hubWanted() {
    if (!options.hub.isEmpty()) return library::Hub(options.hub);
    const auto hub = library::Hub::fromEnvironment();
    if (!settings.hubAddress().isEmpty()) {
        const library::Hub chosen{QUrl(settings.hubAddress())};
        return hub && hub->endpoint() == chosen.endpoint() ? *hub : chosen;
    }
    if (!hub) offer(hub.error().message, {}, {});
    return hub ? *hub : library::Hub();
}

void AppContextPrivate::setDownloadLimits() {
    constexpr qint64 megabyte = 1'000'000;
    modelLibrary.setLimits(settings.downloadsAtOnce(), settings.downloadLimit() * megabyte);
}

void AppContextPrivate::readChats() {
    whenDone(this, chatStore.list(), [this](const storage::Result<QList<storage::ChatSummary>>& list) {
        if (list) takeChats(*list);
        chats.setLoading(false);
    });
}

void AppContextPrivate::takeChats(const QList<storage::ChatSummary>& list) {
    std::vector<ChatEntry> entries;
    entries.reserve(static_cast<std::size_t>(list.size()));
    for (const storage::ChatSummary& chat : list)
        entries.push_back({chat.id, chat.title, chat.preview, chat.updated});
    chats.setEntries(std::move(entries));
}

/// Where no model was used yet, or the one that was is gone: the smallest of the person's own that was made
/// to chat, since it is the one most likely to run well; else the one that comes with Kinglet.
void AppContextPrivate::takeFirstModel() {
    if (!std::exchange(firstScan, false) || !options.preloadModel) return;
    if (model.state() != ModelStatus::None || !options.modelFile.isEmpty()) return;
    const ModelEntry* choice = models.firstChoice();
    const ModelEntry* starter = models.find(settings.starterModel());
    if (starter && (!choice || !choice->chats)) choice = starter;
    if (!choice) return;
    const QString usedLast = settings.lastModel();
    loadModel(choice->path);
    if (usedLast.isEmpty()) return;
    offer(AppContext::tr("%1 is no longer there. Kinglet goes on with %2.")
              .arg(QFileInfo(usedLast).fileName(), choice->name),
          {}, {});
}

}  // namespace kinglet::gui
