// The library at work: its database, its downloads and its questions to the hub, on a thread of their own.
#pragma once

#include <QFuture>
#include <QObject>
#include <QTimer>
#include <functional>
#include <memory>

#include "app/gui/call_queue.h"
#include "app/gui/taskbar_progress.h"
#include "library/download_queue.h"
#include "library/hub_client.h"
#include "library/offer.h"
#include "library/verifier.h"
#include "storage/catalogue_store.h"
#include "storage/database.h"

namespace kinglet::gui {

/// What the library is built from.
struct LibraryOptions {
    QString folder;  ///< where library.db lies
    library::Hub hub;
    QUrl
        catalogueAddress;  ///< where newer editions of the catalogue that ships are; empty: as it says itself
    bool measure = true;   ///< the machine, when it is first asked how models would run here
    QString verifier;      ///< kinglet-cli, which judges what arrives in a process of its own
    library::DownloadOptions download;
    bool taskbar = false;  ///< whether progress is shown there, too
    int watchMs = 1000;    ///< how often what kinglet-cli did to the list is looked for
    int snapshotMs = 150;  ///< how often progress is told at most
};

/// How the downloads and the disk stand.
struct LibrarySnapshot {
    QList<library::DownloadInfo> downloads;
    qint64 freeDisk = 0;         ///< where the models are kept; 0: not known
    qint64 availableMemory = 0;  ///< 0: not known
};

/// All downloads together.
struct LibraryActivity {
    int count = 0;  ///< under way, or waiting for their turn
    int failed = 0;
    double progress = 0;  ///< of those, 0 to 1
    double bytesPerSecond = 0;
};
LibraryActivity activityOf(const LibrarySnapshot& snapshot);

/// A catalogue besides the one that ships.
struct CatalogueSource {
    QString source;  ///< its address or file
    int models = 0;
};

/// What a LibraryWorker tells; called on its own thread.
struct LibraryEvents {
    std::function<void(const QList<library::CatalogueModel>&, const QList<CatalogueSource>&)> catalogueRead;
    std::function<void(const LibrarySnapshot&)> snapshot;
    std::function<void(const QString& name, const QStringList& targets, const QJsonObject& details)> arrived;
    /// A sentence for the person about something that has no row of its own.
    std::function<void(const QString& text)> trouble;
};

/// Lives on the library's thread; everything in it may wait for the disk.
class LibraryWorker : public QObject {
    Q_OBJECT
  public:
    LibraryWorker(LibraryOptions options, LibraryEvents events);
    ~LibraryWorker() override;

    /// Calls from the window's thread.
    CallQueue& calls() { return calls_; }

    /// Opens the database, reads the catalogues, and goes on with what an earlier run left.
    void open();
    void setModelsFolder(const QString& folder);
    void setHub(const library::Hub& hub);
    void setLimits(int mostRunning, qint64 bytesPerSecond);
    void add(const library::CatalogueModel& model, const library::CatalogueFile& form);
    void pause(qint64 id) { queue_->pause(id); }
    void resume(qint64 id) { queue_->resume(id); }
    void cancel(qint64 id) { queue_->cancel(id); }
    /// Adds a catalogue from an HTTPS address or a file. A bad one, or one that is not newer, changes
    /// nothing.
    void addCatalogue(const QString& source);
    /// Asks every address for a newer catalogue.
    void refreshCatalogues();
    void removeCatalogue(const QString& source);
    /// Judges a file where it lies, in a process of its own.
    void verify(const QString& path, const library::Verifier::Answer& answer) {
        verifier_->verify({path}, {path}, answer);
    }
    void verifyAdapter(const QString& model, const QString& adapter,
                       const library::Verifier::Answer& answer) {
        verifier_->verifyAdapter(model, adapter, answer);
    }
    void search(const QString& words, const library::HubClient::Then<QList<library::HubModel>>& then);
    void files(const QString& repository, const library::HubClient::Then<library::HubFiles>& then);

  private:
    void onOpened(const storage::OpenReport& report);
    void readCatalogues();
    void fetchCatalogue(const QUrl& url, const QString& source, bool isNew);
    void takeCatalogue(const QByteArray& json, const QString& source, bool isNew);
    void startQueue();
    void tellSoon();
    void tell();

    CallQueue calls_{this};
    LibraryOptions options_;
    LibraryEvents events_;
    QString modelsFolder_;
    QTimer tellTimer_;
    QTimer diskTimer_;
    std::unique_ptr<storage::Database> database_;
    std::unique_ptr<storage::CatalogueStore> catalogues_;
    std::unique_ptr<storage::DownloadStore> downloads_;
    std::unique_ptr<library::Verifier> verifier_;
    std::unique_ptr<TaskbarProgress> taskbar_;
    std::unique_ptr<library::HubClient> client_;
    std::unique_ptr<library::DownloadQueue> queue_;
    QHash<qint64, library::DownloadInfo> last_;  ///< what is told of a download that has just left the list
};

}  // namespace kinglet::gui
