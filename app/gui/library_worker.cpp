#include "app/gui/library_worker.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStorageInfo>

#include "app/gui/futures.h"
#include "app/machine/limits.h"

namespace kinglet::gui {

namespace {

constexpr int kDiskMs = 5000;
constexpr int kMostFound = 30;
constexpr qint64 kMostCatalogue = 8 << 20;

QString wordsOf(const storage::Error& error) {
    return error.hint.isEmpty() ? error.message : error.message + QLatin1Char(' ') + error.hint;
}

}  // namespace

LibraryActivity activityOf(const LibrarySnapshot& snapshot) {
    LibraryActivity activity;
    qint64 received = 0;
    qint64 total = 0;
    for (const library::DownloadInfo& info : snapshot.downloads) {
        using enum library::DownloadStatus;
        activity.failed += info.status == Failed;
        if (info.status != Queued && info.status != Running && info.status != Waiting &&
            info.status != Checking)
            continue;
        ++activity.count;
        received += info.received;
        total += info.total;
        activity.bytesPerSecond += info.bytesPerSecond;
    }
    if (total > 0) activity.progress = static_cast<double>(received) / static_cast<double>(total);
    return activity;
}

LibraryWorker::LibraryWorker(LibraryOptions options, LibraryEvents events)
    : options_(std::move(options)), events_(std::move(events)), tellTimer_(this), diskTimer_(this) {
    tellTimer_.setSingleShot(true);
    tellTimer_.setInterval(options_.snapshotMs);
    diskTimer_.setInterval(kDiskMs);
    connect(&tellTimer_, &QTimer::timeout, this, &LibraryWorker::tell);
    connect(&diskTimer_, &QTimer::timeout, this, &LibraryWorker::tell);
}

LibraryWorker::~LibraryWorker() = default;

void LibraryWorker::open() {
    QDir().mkpath(options_.folder);
    client_ = std::make_unique<library::HubClient>(options_.hub);
    database_ = std::make_unique<storage::Database>(storage::DatabaseOptions::ofLibrary(options_.folder));
    catalogues_ = std::make_unique<storage::CatalogueStore>(*database_);
    downloads_ = std::make_unique<storage::DownloadStore>(*database_);
    verifier_ = std::make_unique<library::Verifier>(options_.verifier);
    if (options_.taskbar) taskbar_ = std::make_unique<TaskbarProgress>();
    startQueue();
    whenDone(this, database_->open(), [this](const storage::OpenReport& report) { onOpened(report); });
}

void LibraryWorker::startQueue() {
    library::QueueOptions options;
    options.download = options_.download;
    options.locks = library::DownloadLocks::pathIn(options_.folder);
    options.watchMs = options_.watchMs;
    options.verify = [this](const QStringList& parts, const QStringList& targets, auto answer) {
        verifier_->verify(parts, targets, answer);
    };
    queue_ = std::make_unique<library::DownloadQueue>(*downloads_, options_.hub, options);
    connect(queue_.get(), &library::DownloadQueue::changed, this, &LibraryWorker::tellSoon);
    connect(queue_.get(), &library::DownloadQueue::removed, this, &LibraryWorker::tellSoon);
    connect(queue_.get(), &library::DownloadQueue::finished, this,
            [this](qint64 id, const QStringList& targets) {
                const library::DownloadInfo info = last_.take(id);
                tell();
                events_.arrived(info.name, targets, info.details);
            });
    connect(queue_.get(), &library::DownloadQueue::storeFailed, this,
            [this](const storage::Error& error) { events_.trouble(wordsOf(error)); });
}

void LibraryWorker::onOpened(const storage::OpenReport& report) {
    if (!report.ok()) {
        events_.trouble(wordsOf(report.error));
        events_.catalogueRead(library::builtInCatalogue().models, {});
        return;
    }
    if (!report.keptFile.isEmpty())
        events_.trouble(tr("The list of downloads was damaged and was begun anew. The old one is kept as %1.")
                            .arg(QFileInfo(report.keptFile).fileName()));
    readCatalogues();
    queue_->load();
    diskTimer_.start();
    tell();
}

/// The catalogue that ships goes into the database first, unless a newer one is there.
void LibraryWorker::readCatalogues() {
    catalogues_->put(library::recordOf(library::builtInCatalogue(), {}));
    whenDone(this, catalogues_->all(),
             [this](const storage::Result<QList<storage::CatalogueRecord>>& records) {
                 if (!records) {
                     events_.trouble(wordsOf(records.error()));
                     return events_.catalogueRead(library::builtInCatalogue().models, {});
                 }
                 QList<library::CatalogueModel> models;
                 QSet<QString> ids;
                 QList<CatalogueSource> sources;
                 for (const storage::CatalogueRecord& record : *records) {
                     if (!record.source.isEmpty())
                         sources << CatalogueSource{record.source, static_cast<int>(record.rows.size())};
                     for (const library::CatalogueModel& model : library::modelsOf(record)) {
                         if (ids.contains(model.id)) continue;
                         ids.insert(model.id);
                         models << model;
                     }
                 }
                 events_.catalogueRead(models, sources);
             });
}

void LibraryWorker::addCatalogue(const QString& source) {
    const QUrl url(source, QUrl::StrictMode);
    if (url.scheme() == u"https" || url.scheme() == u"http") return fetchCatalogue(url, url.toString(), true);
    QFile file(source);
    if (!file.open(QIODevice::ReadOnly))
        return events_.trouble(tr("The catalogue “%1” cannot be read.").arg(source));
    takeCatalogue(file.read(kMostCatalogue + 1), source, true);
}

void LibraryWorker::refreshCatalogues() {
    whenDone(this, catalogues_->all(),
             [this](const storage::Result<QList<storage::CatalogueRecord>>& records) {
                 if (!records) return events_.trouble(wordsOf(records.error()));
                 int asked = 0;
                 const QUrl own = options_.catalogueAddress.isEmpty() ? library::builtInCatalogue().address
                                                                      : options_.catalogueAddress;
                 if (!own.isEmpty()) {
                     fetchCatalogue(own, {}, false);
                     ++asked;
                 }
                 for (const storage::CatalogueRecord& record : *records) {
                     const QUrl url(record.source, QUrl::StrictMode);
                     if (!library::mayFetchCatalogue(url)) continue;
                     fetchCatalogue(url, record.source, false);
                     ++asked;
                 }
                 if (asked == 0)
                     events_.trouble(
                         tr("No list here has an address to ask. The one that comes with Kinglet "
                            "is renewed with Kinglet; others can be added under Catalogues…"));
             });
}

void LibraryWorker::removeCatalogue(const QString& source) {
    if (source.isEmpty()) return;
    catalogues_->remove(source);
    readCatalogues();
}

/// `source` is what the answer is kept under: the address as it was given, or nothing for the catalogue that
/// ships.
void LibraryWorker::fetchCatalogue(const QUrl& url, const QString& source, bool isNew) {
    if (!library::mayFetchCatalogue(url))
        return events_.trouble(tr("A catalogue is taken from an address that begins with https:// only."));
    client_->text(url, library::withoutSecrets(url),
                  [this, source, isNew](const library::Outcome<QByteArray>& answer) {
                      if (const auto* problem = std::get_if<library::Problem>(&answer))
                          return events_.trouble(problem->message);
                      takeCatalogue(std::get<QByteArray>(answer), source, isNew);
                  });
}

void LibraryWorker::takeCatalogue(const QByteArray& json, const QString& source, bool isNew) {
    const auto catalogue = library::parseCatalogue(json, source.isEmpty() ? tr("The catalogue") : source);
    if (!catalogue) return events_.trouble(wordsOf(catalogue.error()));
    whenDone(this, catalogues_->put(library::recordOf(*catalogue, source)),
             [this, isNew](const storage::Result<bool>& taken) {
                 if (!taken) return events_.trouble(wordsOf(taken.error()));
                 if (*taken) return readCatalogues();
                 events_.trouble(isNew ? tr("That catalogue is not newer than the one in use.")
                                       : tr("The catalogue is up to date."));
             });
}

void LibraryWorker::setModelsFolder(const QString& folder) {
    modelsFolder_ = folder;
    tellSoon();
}

void LibraryWorker::setHub(const library::Hub& hub) {
    options_.hub = hub;
    client_ = std::make_unique<library::HubClient>(hub);
    queue_->setHub(hub);
}

void LibraryWorker::setLimits(int mostRunning, qint64 bytesPerSecond) {
    queue_->setMostRunning(mostRunning);
    queue_->setBytesPerSecond(bytesPerSecond);
}

void LibraryWorker::add(const library::CatalogueModel& model, const library::CatalogueFile& form) {
    queue_->add(library::recordFor(model, form, modelsFolder_), [this](const storage::Result<qint64>& added) {
        if (!added) events_.trouble(wordsOf(added.error()));
        tellSoon();
    });
}

void LibraryWorker::search(const QString& words,
                           const library::HubClient::Then<QList<library::HubModel>>& then) {
    client_->search(words, kMostFound, then);
}

void LibraryWorker::files(const QString& repository,
                          const library::HubClient::Then<library::HubFiles>& then) {
    client_->files(repository, {}, then);
}

void LibraryWorker::tellSoon() {
    if (!tellTimer_.isActive()) tellTimer_.start();
}

void LibraryWorker::tell() {
    tellTimer_.stop();
    LibrarySnapshot snapshot;
    snapshot.downloads = queue_->all();
    for (const library::DownloadInfo& info : std::as_const(snapshot.downloads)) last_.insert(info.id, info);
    // A folder that is yet to be made lies on the disk of the one above it.
    QString folder = modelsFolder_.isEmpty() ? options_.folder : modelsFolder_;
    while (!QFileInfo::exists(folder) && folder != QFileInfo(folder).path())
        folder = QFileInfo(folder).path();
    const QStorageInfo disk(folder);
    if (disk.isValid()) snapshot.freeDisk = disk.bytesAvailable();
    snapshot.availableMemory = static_cast<qint64>(machine::available_memory_bytes());
    if (taskbar_) {
        const LibraryActivity activity = activityOf(snapshot);
        taskbar_->show(activity.progress, activity.count);
    }
    events_.snapshot(snapshot);
}

}  // namespace kinglet::gui
