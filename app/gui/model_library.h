// The models that can be had, as the window sees them: one list, and what can be done with its rows.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QSet>
#include <QString>
#include <QThread>
#include <QVariantList>
#include <atomic>
#include <functional>
#include <memory>

#include "app/gui/call_queue.h"
#include "app/gui/offer_list_model.h"
#include "app/gui/token_store.h"
#include "library/other_apps.h"

namespace kinglet::gui {

class LibraryWorker;
struct CatalogueSource;
struct LibraryOptions;
struct LibrarySnapshot;

/// Drives the library on its own thread; nothing here waits. Rows are named by their offerId.
class ModelLibrary : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("AppContext.library is the one instance")
    Q_PROPERTY(kinglet::gui::OfferListModel* offers READ offers CONSTANT)
    /// Downloads that are under way or wait for their turn.
    Q_PROPERTY(int activeCount READ activeCount NOTIFY activityChanged)
    /// Downloads that failed and have not been looked at since.
    Q_PROPERTY(bool attention READ attention NOTIFY activityChanged)
    /// Of all active downloads together, 0 to 1.
    Q_PROPERTY(double progress READ progress NOTIFY activityChanged)
    Q_PROPERTY(QString activityText READ activityText NOTIFY activityChanged)
    Q_PROPERTY(bool searching READ searching NOTIFY searchChanged)
    /// What was searched for on the hub; empty before the first search.
    Q_PROPERTY(QString searchedFor READ searchedFor NOTIFY searchChanged)
    Q_PROPERTY(QString searchProblem READ searchProblem NOTIFY searchChanged)
    Q_PROPERTY(int foundCount READ foundCount NOTIFY searchChanged)
    Q_PROPERTY(QString hubName READ hubName NOTIFY hubChanged)
    /// Whether an access token is sent to the hub, and whether it is still there after a restart.
    Q_PROPERTY(TokenState tokenState READ tokenState NOTIFY tokenChanged)
    Q_PROPERTY(bool measuring READ measuring NOTIFY measuringChanged)
    /// Catalogues besides the one that ships: "source" and "count" each.
    Q_PROPERTY(QVariantList catalogues READ catalogues NOTIFY cataloguesChanged)
    /// Models of other programs that are not in the list yet: "name", "app", "sizeText" and "file" each.
    Q_PROPERTY(QVariantList foreign READ foreign NOTIFY foreignChanged)
    /// Whether they were looked for: "", "looking" or "done".
    Q_PROPERTY(QString foreignState READ foreignState NOTIFY foreignChanged)
  public:
    enum TokenState { NoToken, TokenOfEnvironment, TokenForThisRun, TokenKept };
    Q_ENUM(TokenState)

    explicit ModelLibrary(QObject* parent = nullptr);
    ~ModelLibrary() override;

    OfferListModel* offers() { return &offers_; }
    int activeCount() const { return active_; }
    bool attention() const { return attention_; }
    double progress() const { return progress_; }
    QString activityText() const;
    bool searching() const { return searching_; }
    QString searchedFor() const { return searchedFor_; }
    QString searchProblem() const { return searchProblem_; }
    int foundCount() const { return foundCount_; }
    QString hubName() const { return hub_.host(); }
    TokenState tokenState() const { return tokenState_; }
    bool measuring() const { return measuring_; }
    QVariantList foreign() const;
    QVariantList catalogues() const { return catalogues_; }
    QString foreignState() const { return foreignState_; }

    /// Begins: reads the catalogue and goes on with unfinished downloads. Call once.
    void start(const LibraryOptions& options);
    void setModelsFolder(const QString& folder);
    /// Where tokens are kept; without one they are forgotten with the program. Call before start().
    void setTokenStore(std::unique_ptr<TokenStore> store) { tokens_ = std::move(store); }
    /// Another hub from now on; a token that was given stays with the hub that it was given for.
    void setHub(const library::Hub& hub);
    void setLimits(int mostRunning, qint64 bytesPerSecond);
    void setThreads(int threads) { threads_ = threads; }
    /// Files in the list of this computer's models: their names and where they lie.
    void setInstalled(const QHash<QString, QString>& paths);
    /// Judges a file where it lies; `then` comes on the window's thread with what is wrong, if anything.
    /// False, and no answer, where nobody can judge.
    bool verify(const QString& path, std::function<void(const std::optional<library::Problem>&)> then);
    /// The same of an adapter for a model.
    bool verifyAdapter(const QString& model, const QString& adapter,
                       std::function<void(const std::optional<library::Problem>&)> then);
    /// What earlier runs measured: bytes a second of memory and of downloads.
    void setMeasured(double memory, double download);
    /// For demos: rows without a thread behind them.
    void setDemo(const QList<library::CatalogueModel>& models, const LibrarySnapshot& snapshot,
                 const library::Machine& machine);

    /// The page is looked at: measures the machine once, which takes some seconds of its processor.
    Q_INVOKABLE void visit();
    Q_INVOKABLE void download(const QString& offerId);
    Q_INVOKABLE void pause(const QString& offerId);
    /// Goes on with a paused or failed download.
    Q_INVOKABLE void resume(const QString& offerId);
    Q_INVOKABLE void cancel(const QString& offerId);
    Q_INVOKABLE void chooseForm(const QString& offerId, int form);
    Q_INVOKABLE void listFiles(const QString& offerId);
    /// Asks the hub; its answer replaces what was found before.
    Q_INVOKABLE void search(const QString& words);
    Q_INVOKABLE void clearSearch();
    /// From an HTTPS address or a file of this computer.
    Q_INVOKABLE void addCatalogue(const QString& source);
    Q_INVOKABLE void removeCatalogue(const QString& source);
    /// Asks the addresses of all catalogues for newer ones.
    Q_INVOKABLE void refreshCatalogues();
    /// Looks into the folders of other programs.
    Q_INVOKABLE void lookElsewhere();
    /// An access token for the hub, which goes to the desktop's secret store where there is one.
    Q_INVOKABLE void giveToken(const QString& token);
    /// Forgets the token that was given, here and in the secret store; tokenForgotten() has it for undo.
    Q_INVOKABLE void forgetToken();
    /// The same without the signal; empty where none was given.
    QString takeToken();

  signals:
    void activityChanged();
    void searchChanged();
    void hubChanged();
    void tokenChanged();
    void tokenForgotten(const QString& token);
    void measuringChanged();
    void foreignChanged();
    void cataloguesChanged();
    /// A model is there and verified.
    void arrived(const QString& name, const QStringList& paths);
    void trouble(const QString& text);
    /// setMeasured() wants these the next time.
    void measured(double memory, double download);

  private:
    void onSnapshot(const LibrarySnapshot& snapshot);
    void onMeasured(double memory);
    void onCatalogue(const QList<library::CatalogueModel>& models, const QList<CatalogueSource>& sources);
    void tell(std::function<void(LibraryWorker&)> command);
    void useToken(const QByteArray& token, TokenState state);
    void readToken();
    std::function<void(std::optional<library::Problem>)> told(
        std::function<void(const std::optional<library::Problem>&)> then);
    void withDownload(const QString& offerId, void (LibraryWorker::*command)(qint64));

    OfferListModel offers_;
    library::Hub hub_;
    std::unique_ptr<TokenStore> tokens_;
    QByteArray token_;
    TokenState tokenState_ = NoToken;
    library::Machine machine_;
    QList<library::DownloadInfo> downloads_;
    QThread thread_;
    LibraryWorker* worker_ = nullptr;
    CallQueue events_;
    int threads_ = 1;
    int active_ = 0;
    bool attention_ = false;
    double progress_ = 0;
    bool searching_ = false;
    int searchNumber_ = 0;
    QString searchedFor_;
    QString searchProblem_;
    int foundCount_ = 0;
    bool judges_ = false;
    QList<library::ForeignModel> foreign_;
    QString foreignState_;
    QVariantList catalogues_;
    QSet<QString> installed_;
    bool measures_ = false;
    bool measuring_ = false;
    std::shared_ptr<std::atomic<bool>> stop_;
};

}  // namespace kinglet::gui
