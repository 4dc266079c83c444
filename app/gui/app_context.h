// Everything the window is given: built once in main (or a test) and injected as Main.qml's `app`.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QList>
#include <QObject>
#include <QString>
#include <QUrl>
#include <functional>
#include <memory>
#include <optional>

#include "app/gui/chat_list_model.h"
#include "app/gui/conversation.h"
#include "app/gui/database_problem.h"
#include "app/gui/graphics_cards.h"
#include "app/gui/model_editor.h"
#include "app/gui/model_library.h"
#include "app/gui/model_list_model.h"
#include "app/gui/model_status.h"
#include "app/gui/settings.h"

namespace kinglet::storage {
class Database;
}

namespace kinglet::gui {

class Answers;
class AppContextPrivate;

/// What AppContext is built from.
struct AppOptions {
    QString dataFolder;        ///< where the database lies; made where it does not exist
    QString modelsFolder;      ///< holds for this run only; empty: as the settings say
    QString modelFile;         ///< loaded at the start; empty: the model used last, when it is needed
    bool preloadModel = true;  ///< load the model to begin with as soon as the window stands
    QString starterModel;      ///< the model that comes with Kinglet; empty: none does
    /// Stands in for the real engine (FakeEngine in tests and demos); null: the real one on its own thread.
    std::unique_ptr<EngineInterface> engine;
    bool inMemory = false;  ///< a database that is forgotten
    QUrl hub;               ///< where models are fetched; empty: what HF_ENDPOINT says, else Hugging Face
    QString verifier;       ///< kinglet-cli, which judges what was fetched
    GraphicsCards::Lister graphicsCards;  ///< lists them; null: what the machine has
    bool measureMachine = true;           ///< when the models that can be had are first looked at
    /// Fills the list of models that can be had, in place of the catalogue, the hub and the disk.
    std::function<void(ModelLibrary&)> demoLibrary;
    /// Keeps access tokens of hubs; null: they are forgotten with the program.
    std::unique_ptr<TokenStore> tokens;
    /// The list of models, in place of what is on the disk.
    std::optional<QList<ModelEntry>> fixedModels;
    /// What a context costs, in place of what the model's file says.
    ContextBytes contextBytes;
    /// Fills a fresh database (on a thread of its own) before anything is read from it.
    std::function<void(storage::Database&)> seed;
    /// Kept as long as the context, e.g. a temporary folder.
    std::shared_ptr<void> keepsake;
};

/// Owns the models of the window, the engine's thread and the database, and ties them together.
class AppContext : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("main builds it")
    Q_PROPERTY(kinglet::gui::ChatListModel* chats READ chats CONSTANT)
    Q_PROPERTY(kinglet::gui::Conversation* conversation READ conversation CONSTANT)
    Q_PROPERTY(kinglet::gui::ModelListModel* models READ models CONSTANT)
    Q_PROPERTY(kinglet::gui::ModelLibrary* library READ library CONSTANT)
    Q_PROPERTY(kinglet::gui::ModelStatus* model READ model CONSTANT)
    Q_PROPERTY(kinglet::gui::ModelEditor* modelEditor READ modelEditor CONSTANT)
    Q_PROPERTY(kinglet::gui::GraphicsCards* graphicsCards READ graphicsCards CONSTANT)
    Q_PROPERTY(kinglet::gui::Settings* settings READ settings CONSTANT)
    Q_PROPERTY(QString version READ version CONSTANT)
    Q_PROPERTY(
        kinglet::gui::DatabaseProblem* databaseProblem READ databaseProblem NOTIFY databaseProblemChanged)
    /// True once the database is open (or its problem is known) and the settings hold.
    Q_PROPERTY(bool ready READ ready NOTIFY readyChanged)
  public:
    explicit AppContext(AppOptions options, QObject* parent = nullptr);
    ~AppContext() override;

    ChatListModel* chats() const;
    Conversation* conversation() const;
    ModelListModel* models() const;
    ModelLibrary* library() const;
    ModelStatus* model() const;
    ModelEditor* modelEditor() const;
    GraphicsCards* graphicsCards() const;
    Settings* settings() const;
    QString version() const;
    DatabaseProblem* databaseProblem() const;
    bool ready() const;
    /// For tests and demos.
    EngineInterface* engine() const;
    Answers* answers() const;

    /// Opens the database and all that follows from it; call once the window stands. Returns at once.
    void start();

    /// Adds a model file from anywhere and loads it, once it was verified in a process of its own.
    Q_INVOKABLE void openModelFile(const QUrl& file);
    /// The same without loading it.
    Q_INVOKABLE void addModelFile(const QUrl& file);
    /// Opens the loaded model once more, e.g. to try the graphics card again, as soon as nothing is answered.
    Q_INVOKABLE void reloadModel();
    Q_INVOKABLE void importChats(const QUrl& file);
    Q_INVOKABLE void exportAllChats(const QUrl& file);
    Q_INVOKABLE void exportChat(const QString& chatId, const QUrl& file);
    /// What was dropped on the window: a model is loaded, an archive of chats imported, a text goes to the
    /// draft.
    Q_INVOKABLE void openDroppedFiles(const QList<QUrl>& files);
    /// Deletes every chat and draft and puts every setting back, with undo in a notice. Model files and the
    /// list of them stay.
    Q_INVOKABLE void deleteEverything();
    Q_INVOKABLE void runNoticeAction(int actionId);
    /// A name for the file of an export, e.g. "Trip to Porto.zip".
    Q_INVOKABLE QString exportFileName(const QString& chatId) const;

  signals:
    void databaseProblemChanged();
    void readyChanged();
    /// A small message that goes by itself; actionLabel is empty where there is nothing to do.
    void notice(const QString& text, const QString& actionLabel, int actionId);
    /// As Conversation::pageRequested.
    void pageRequested(const QString& page);

  private:
    friend class AppContextPrivate;
    std::unique_ptr<AppContextPrivate> d_;
};

}  // namespace kinglet::gui
