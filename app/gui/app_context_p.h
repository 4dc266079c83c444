// What stands behind AppContext: the parts that it owns, and what ties them together.
#pragma once

#include <QDateTime>
#include <QHash>
#include <QJsonObject>
#include <QTimer>
#include <functional>
#include <memory>
#include <utility>

#include "app/gui/answers.h"
#include "app/gui/app_context.h"
#include "app/gui/model_catalogue.h"
#include "app/gui/model_copies.h"
#include "app/gui/model_editor.h"
#include "app/gui/model_options.h"
#include "storage/chat_archive.h"
#include "storage/chat_store.h"
#include "storage/database.h"
#include "storage/model_store.h"
#include "storage/settings_store.h"

namespace kinglet::gui {

/// What was measured of this computer, kept with the settings though it is none.
inline const QString kMeasuredMemory = QStringLiteral("measured_memory_speed");
inline const QString kMeasuredDownload = QStringLiteral("measured_download_speed");

/// Saves settings in the database, together where several change in one turn of the event loop.
class StoredSettings : public SettingsBackend {
  public:
    explicit StoredSettings(storage::SettingsStore& store) : store_(store) {
        timer_.setSingleShot(true);
        timer_.setInterval(150);
        QObject::connect(&timer_, &QTimer::timeout, &timer_, [this] { flush(); });
    }
    void save(const QString& key, const QVariant& value) override {
        gone_.removeAll(key);
        waiting_.insert(key, QJsonValue::fromVariant(value));
        timer_.start();
    }
    void forget(const QString& key) override {
        waiting_.remove(key);
        if (!gone_.contains(key)) gone_.append(key);
        timer_.start();
    }
    void flush() {
        timer_.stop();
        if (!waiting_.isEmpty()) store_.setAll(std::exchange(waiting_, {}));
        if (!gone_.isEmpty()) store_.remove(std::exchange(gone_, {}));
    }

  private:
    storage::SettingsStore& store_;
    QTimer timer_;
    QJsonObject waiting_;
    QStringList gone_;
};

class AppContextPrivate : public QObject {
    Q_OBJECT
  public:
    AppContextPrivate(AppContext& context, AppOptions given);
    ~AppContextPrivate() override;

    void tie();
    void tieModels();
    void start();
    void onOpened(const storage::OpenReport& report);
    void loadEverything();
    void startModel();
    void readChats();
    void takeChats(const QList<storage::ChatSummary>& list);
    void takeFirstModel();
    void startLibrary();
    library::Hub hubWanted();
    void setDownloadLimits();
    void onArrived(const QString& name, const QStringList& paths);
    void onModelsChanged();
    void takeModel(const QUrl& file, bool load);
    void copyModel(const QString& path);
    void onCopied(const QString& path, const QString& target, const QString& trouble);
    void removeChat(qint64 id);
    void onImported(const storage::Result<storage::ImportReport>& report);
    void deleteEverything();
    void offer(const QString& text, const QString& label, std::function<void()> action);
    void loadModel(const QString& path);
    /// Tells the model what the list calls it.
    void nameModel();
    void takeText(const QString& path);
    void onAnswerEnded(AnswerJob* job);

    AppContext& q;
    AppOptions options;
    storage::Database database;
    storage::ChatStore chatStore;
    storage::ModelStore modelStore;
    storage::SettingsStore settingsStore;
    storage::ChatArchive archive;
    StoredSettings storedSettings;
    Settings settings;
    std::unique_ptr<EngineInterface> engine;
    ModelCatalogue catalogue;
    ModelOptions modelOptions;
    ModelStatus model;
    ChatListModel chats;
    ModelListModel models;
    ModelLibrary modelLibrary;
    ModelCopies copies;
    Answers answers;
    Conversation conversation;
    ModelEditor modelEditor;
    GraphicsCards graphicsCards;
    std::unique_ptr<DatabaseProblem> problem;
    QTimer midnight;
    QTimer reloadTimer;
    bool reloadWanted = false;
    QHash<int, std::function<void()>> noticeActions;
    int lastNotice = 0;
    bool ready = false;
    bool firstScan = true;
    QString lastStorageMessage;
};

}  // namespace kinglet::gui
