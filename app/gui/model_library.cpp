#include "app/gui/model_library.h"

#include <QPointer>
#include <QUrl>
#include <QtConcurrent>
#include <chrono>
#include <cmath>

#include "app/gui/futures.h"
#include "app/gui/library_worker.h"
#include "app/gui/words.h"
#include "app/machine/limits.h"

namespace kinglet::gui {

namespace {

constexpr std::size_t kMeasuredBytes = std::size_t{256} << 20;
constexpr std::chrono::seconds kMeasureTime{4};
constexpr int kLongestToken = 1000;

/// Reads memory for some seconds; the best round counts, since whatever else runs only slows one down.
double measureMemory(int threads, const std::atomic<bool>& stop) {
    const auto end = std::chrono::steady_clock::now() + kMeasureTime;
    double best = 0;
    do {
        best = std::max(best, machine::measure_read_bandwidth_gb_s(threads, kMeasuredBytes));
    } while (!stop && std::chrono::steady_clock::now() < end);
    return best * 1e9;
}

}  // namespace

ModelLibrary::ModelLibrary(QObject* parent)
    : QObject(parent), stop_(std::make_shared<std::atomic<bool>>(false)) {
    thread_.setObjectName(QStringLiteral("library"));
}

ModelLibrary::~ModelLibrary() {
    *stop_ = true;
    thread_.quit();
    thread_.wait();
}

void ModelLibrary::start(const LibraryOptions& options) {
    if (worker_) return;
    hub_ = options.hub;
    measures_ = options.measure;
    judges_ = !options.verifier.isEmpty();
    offers_.setHub(hub_);
    emit hubChanged();
    LibraryEvents events;
    events.catalogueRead = [this](const QList<library::CatalogueModel>& models,
                                  const QList<CatalogueSource>& sources) {
        events_.post([this, models, sources] { onCatalogue(models, sources); });
    };
    events.snapshot = [this](const LibrarySnapshot& snapshot) {
        events_.post([this, snapshot] { onSnapshot(snapshot); });
    };
    events.arrived = [this](const QString& name, const QStringList& targets, const QJsonObject&) {
        events_.post([this, name, targets] { emit arrived(name, targets); });
    };
    events.trouble = [this](const QString& text) { events_.post([this, text] { emit trouble(text); }); };
    worker_ = new LibraryWorker(options, events);
    worker_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
    thread_.start();
    tell([](LibraryWorker& worker) { worker.open(); });
    readToken();
}

void ModelLibrary::tell(std::function<void(LibraryWorker&)> command) {
    if (!worker_) return;
    worker_->calls().post([worker = worker_, command = std::move(command)] { command(*worker); });
}

void ModelLibrary::setModelsFolder(const QString& folder) {
    tell([folder](LibraryWorker& worker) { worker.setModelsFolder(folder); });
}

void ModelLibrary::setHub(const library::Hub& hub) {
    if (hub.endpoint() == hub_.endpoint()) return;
    hub_ = hub;
    offers_.setHub(hub_);
    clearSearch();
    tell([hub](LibraryWorker& worker) { worker.setHub(hub); });
    emit hubChanged();
    readToken();
}

void ModelLibrary::setLimits(int mostRunning, qint64 bytesPerSecond) {
    tell([mostRunning, bytesPerSecond](LibraryWorker& worker) {
        worker.setLimits(mostRunning, bytesPerSecond);
    });
}

void ModelLibrary::setMeasured(double memory, double download) {
    machine_.memoryBytesPerSecond = memory;
    machine_.downloadBytesPerSecond = download;
    offers_.setMachine(machine_);
}

void ModelLibrary::setDemo(const QList<library::CatalogueModel>& models, const LibrarySnapshot& snapshot,
                           const library::Machine& machine) {
    offers_.setHub(hub_);
    offers_.setCatalogue(models);
    machine_ = machine;
    offers_.setMachine(machine);
    onSnapshot(snapshot);
}

void ModelLibrary::onSnapshot(const LibrarySnapshot& snapshot) {
    const LibraryActivity activity = activityOf(snapshot);
    active_ = activity.count;
    attention_ = activity.failed > 0;
    progress_ = activity.progress;
    const double speed = activity.bytesPerSecond;
    // Said in minutes, it need not follow every breath of the network.
    const double before = machine_.downloadBytesPerSecond;
    const bool news = speed > 0 && std::abs(speed - before) > before / 4;
    if (news) machine_.downloadBytesPerSecond = speed;
    if (snapshot.freeDisk > 0) machine_.freeDisk = snapshot.freeDisk;
    if (snapshot.availableMemory > 0) machine_.availableMemory = snapshot.availableMemory;
    offers_.setMachine(machine_);
    downloads_ = snapshot.downloads;
    offers_.setDownloads(downloads_);
    if (news) emit measured(machine_.memoryBytesPerSecond, speed);
    emit activityChanged();
}

QString ModelLibrary::activityText() const {
    if (active_ > 0) return tr("%n downloads, %1 %", nullptr, active_).arg(static_cast<int>(progress_ * 100));
    return attention_ ? tr("A download stopped") : QString();
}

void ModelLibrary::visit() {
    if (!measures_ || measuring_ || machine_.memoryBytesPerSecond > 0) return;
    measuring_ = true;
    emit measuringChanged();
    whenDone(this,
             QtConcurrent::run([threads = threads_, stop = stop_] { return measureMemory(threads, *stop); }),
             [this](double memory) { onMeasured(memory); });
}

void ModelLibrary::onMeasured(double memory) {
    measuring_ = false;
    machine_.memoryBytesPerSecond = memory;
    offers_.setMachine(machine_);
    emit measuringChanged();
    if (memory > 0) emit measured(memory, machine_.downloadBytesPerSecond);
}

void ModelLibrary::download(const QString& offerId) {
    const Offer* offer = offers_.find(offerId);
    if (!offer || offer->download || offer->form < 0 || offer->form >= offer->model.files.size()) return;
    tell([model = offer->model, form = offer->model.files.at(offer->form)](LibraryWorker& worker) {
        worker.add(model, form);
    });
}

void ModelLibrary::withDownload(const QString& offerId, void (LibraryWorker::*command)(qint64)) {
    const Offer* offer = offers_.find(offerId);
    if (!offer || !offer->download) return;
    tell([command, id = offer->download->id](LibraryWorker& worker) { (worker.*command)(id); });
}

void ModelLibrary::pause(const QString& offerId) {
    withDownload(offerId, &LibraryWorker::pause);
}

void ModelLibrary::resume(const QString& offerId) {
    withDownload(offerId, &LibraryWorker::resume);
}

void ModelLibrary::cancel(const QString& offerId) {
    withDownload(offerId, &LibraryWorker::cancel);
}

void ModelLibrary::chooseForm(const QString& offerId, int form) {
    offers_.setForm(offerId, form);
}

void ModelLibrary::listFiles(const QString& offerId) {
    const Offer* offer = offers_.find(offerId);
    if (!offer || !offer->fromHub || offer->asking || !worker_) return;
    offers_.setAsking(offerId);
    const auto then = [this, offerId](const library::Outcome<library::HubFiles>& answer) {
        events_.post([this, offerId, answer] {
            if (const auto* problem = std::get_if<library::Problem>(&answer)) {
                offers_.setTrouble(offerId, problem->message + QLatin1Char(' ') + problem->hint);
            } else {
                offers_.setFiles(offerId, std::get<library::HubFiles>(answer));
            }
        });
    };
    tell([offerId, then](LibraryWorker& worker) { worker.files(offerId, then); });
}

void ModelLibrary::search(const QString& words) {
    const QString wanted = words.simplified();
    if (wanted.isEmpty() || !worker_) return;
    searching_ = true;
    searchedFor_ = wanted;
    searchProblem_.clear();
    const int number = ++searchNumber_;
    emit searchChanged();
    const auto then = [this, number](const library::Outcome<QList<library::HubModel>>& answer) {
        events_.post([this, number, answer] {
            if (number != searchNumber_) return;
            searching_ = false;
            QList<library::HubModel> found;
            if (const auto* problem = std::get_if<library::Problem>(&answer)) {
                searchProblem_ = problem->message + QLatin1Char(' ') + problem->hint;
            } else {
                found = std::get<QList<library::HubModel>>(answer);
            }
            foundCount_ = static_cast<int>(found.size());
            offers_.setFound(found);
            offers_.setDownloads(downloads_);
            emit searchChanged();
        });
    };
    tell([wanted, then](LibraryWorker& worker) { worker.search(wanted, then); });
}

void ModelLibrary::clearSearch() {
    ++searchNumber_;
    searching_ = false;
    searchedFor_.clear();
    searchProblem_.clear();
    if (std::exchange(foundCount_, 0) > 0) {
        offers_.setFound({});
        offers_.setDownloads(downloads_);
    }
    emit searchChanged();
}

void ModelLibrary::setInstalled(const QHash<QString, QString>& paths) {
    installed_ = QSet<QString>(paths.begin(), paths.end());
    offers_.setInstalled(paths);
    emit foreignChanged();
}

bool ModelLibrary::verify(const QString& path,
                          std::function<void(const std::optional<library::Problem>&)> then) {
    if (!judges_) return false;
    tell([path, answer = told(std::move(then))](LibraryWorker& worker) { worker.verify(path, answer); });
    return true;
}

bool ModelLibrary::verifyAdapter(const QString& model, const QString& adapter,
                                 std::function<void(const std::optional<library::Problem>&)> then) {
    if (!judges_) return false;
    tell([model, adapter, answer = told(std::move(then))](LibraryWorker& worker) {
        worker.verifyAdapter(model, adapter, answer);
    });
    return true;
}

/// A verdict for the window's thread.
std::function<void(std::optional<library::Problem>)> ModelLibrary::told(
    std::function<void(const std::optional<library::Problem>&)> then) {
    return [this, then = std::move(then)](std::optional<library::Problem> problem) {
        events_.post([then, problem = std::move(problem)] { then(problem); });
    };
}

void ModelLibrary::onCatalogue(const QList<library::CatalogueModel>& models,
                               const QList<CatalogueSource>& sources) {
    offers_.setCatalogue(models);
    offers_.setDownloads(downloads_);
    catalogues_.clear();
    for (const CatalogueSource& source : sources)
        catalogues_.append(
            QVariantMap{{QStringLiteral("source"), source.source}, {QStringLiteral("count"), source.models}});
    emit cataloguesChanged();
}

void ModelLibrary::addCatalogue(const QString& source) {
    const QString wanted =
        source.startsWith(QLatin1String("file:")) ? QUrl(source).toLocalFile() : source.trimmed();
    if (!wanted.isEmpty()) tell([wanted](LibraryWorker& worker) { worker.addCatalogue(wanted); });
}

void ModelLibrary::removeCatalogue(const QString& source) {
    tell([source](LibraryWorker& worker) { worker.removeCatalogue(source); });
}

void ModelLibrary::refreshCatalogues() {
    tell([](LibraryWorker& worker) { worker.refreshCatalogues(); });
}

void ModelLibrary::lookElsewhere() {
    if (foreignState_ == QLatin1String("looking")) return;
    foreignState_ = QStringLiteral("looking");
    emit foreignChanged();
    const auto look = [stop = stop_] {
        return library::findForeignModels(library::ForeignPlaces::own(), [&stop] { return stop->load(); });
    };
    whenDone(this, QtConcurrent::run(look), [this](const QList<library::ForeignModel>& found) {
        foreign_ = found;
        foreignState_ = QStringLiteral("done");
        emit foreignChanged();
    });
}

QVariantList ModelLibrary::foreign() const {
    QVariantList rows;
    for (const library::ForeignModel& model : foreign_) {
        if (installed_.contains(model.path)) continue;
        rows.append(QVariantMap{{QStringLiteral("name"), model.name},
                                {QStringLiteral("app"), model.app},
                                {QStringLiteral("sizeText"), sizeText(model.bytes)},
                                {QStringLiteral("file"), QUrl::fromLocalFile(model.path)}});
    }
    return rows;
}

void ModelLibrary::useToken(const QByteArray& token, TokenState state) {
    token_ = token;
    tokenState_ = state;
    hub_ = library::Hub(hub_.endpoint(), token);
    tell([hub = hub_](LibraryWorker& worker) { worker.setHub(hub); });
    emit tokenChanged();
}

/// What an earlier run was given for this hub, unless the environment or a person has said another by then.
void ModelLibrary::readToken() {
    token_.clear();
    tokenState_ = hub_.hasToken() ? TokenOfEnvironment : NoToken;
    emit tokenChanged();
    if (!tokens_ || hub_.hasToken()) return;
    tokens_->read(hub_.endpoint(), [self = QPointer(this), asked = hub_.endpoint()](const auto& token) {
        if (!self || !token || self->hub_.endpoint() != asked || self->hub_.hasToken()) return;
        self->useToken(*token, TokenKept);
    });
}

void ModelLibrary::giveToken(const QString& token) {
    const QByteArray bytes = token.trimmed().toUtf8();
    const bool fits = !bytes.isEmpty() && bytes.size() <= kLongestToken &&
                      std::all_of(bytes.begin(), bytes.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!fits) return emit trouble(tr("That is not an access token: it has letters that no token has."));
    useToken(bytes, TokenForThisRun);
    if (!tokens_) return;
    tokens_->write(hub_.endpoint(), bytes, [self = QPointer(this), bytes](bool kept) {
        if (!self || self->token_ != bytes) return;
        if (kept) {
            self->tokenState_ = TokenKept;
            return emit self->tokenChanged();
        }
        emit self->trouble(
            tr("This desktop has no place for secrets: the access token is forgotten when Kinglet closes."));
    });
}

QString ModelLibrary::takeToken() {
    const QString taken = QString::fromLatin1(token_);
    if (taken.isEmpty()) return {};
    if (tokens_) tokens_->remove(hub_.endpoint());
    useToken({}, NoToken);
    return taken;
}

void ModelLibrary::forgetToken() {
    const QString forgotten = takeToken();
    if (!forgotten.isEmpty()) emit tokenForgotten(forgotten);
}

}  // namespace kinglet::gui
