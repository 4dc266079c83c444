#include "app/gui/model_catalogue.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <QJsonObject>
#include <QPromise>
#include <algorithm>

#include "app/gui/engine_worker.h"
#include "app/gui/futures.h"
#include "app/gui/model_parts.h"
#include "app/gui/words.h"
#include "app/starter/starter_model.h"
#include "inference/engine/engine.h"
#include "storage/model_store.h"
#include "storage/pool_job.h"
#include "storage/times.h"

namespace kinglet::gui {

namespace {

constexpr int kMostFiles = 2000;
constexpr int kDeepestFolder = 3;

QJsonObject metadataOf(const ModelEntry& entry) {
    return {{QStringLiteral("name"), entry.name},
            {QStringLiteral("quantization"), entry.quantization},
            {QStringLiteral("architecture"), entry.architecture},
            {QStringLiteral("parameters"), entry.parameterCount},
            {QStringLiteral("context_length"), entry.contextLength},
            {QStringLiteral("chats"), entry.chats},
            {QStringLiteral("added"), entry.added},
            {QStringLiteral("verified"), entry.verified},
            {QStringLiteral("sha256"), entry.sha256},
            {QStringLiteral("sampling"), entry.sampling.value_or(QJsonObject())}};
}

ModelEntry entryOf(const storage::ModelRecord& record) {
    ModelEntry entry;
    entry.path = record.path;
    entry.name =
        record.metadata.value(QLatin1String("name")).toString(QFileInfo(record.path).completeBaseName());
    entry.quantization = record.metadata.value(QLatin1String("quantization")).toString();
    entry.architecture = record.metadata.value(QLatin1String("architecture")).toString();
    entry.parameterCount = record.metadata.value(QLatin1String("parameters")).toInteger();
    entry.contextLength = record.metadata.value(QLatin1String("context_length")).toInt();
    entry.chats = record.metadata.value(QLatin1String("chats")).toBool();
    entry.added = record.metadata.value(QLatin1String("added")).toBool();
    entry.verified = record.metadata.value(QLatin1String("verified")).toBool();
    entry.sha256 = record.metadata.value(QLatin1String("sha256")).toString();
    // Earlier records have none; their files are opened once more.
    if (const QJsonValue sampling = record.metadata.value(QLatin1String("sampling")); sampling.isObject())
        entry.sampling = sampling.toObject();
    entry.sizeBytes = record.size;
    entry.modifiedMs = record.modified.toMSecsSinceEpoch();
    entry.problem = record.problem;
    entry.lastUsed = record.lastUsed.toLocalTime();
    entry.tokensPerSecond = record.measuredSpeed;
    return entry;
}

/// Models of a folder and a few folders below, without following links to folders (they may go in circles).
QStringList filesIn(const QString& folder, const std::atomic_bool& stop) {
    QStringList files;
    QList<std::pair<QString, int>> folders = {{folder, 0}};
    while (!folders.isEmpty() && files.size() < kMostFiles && !stop) {
        const auto [path, depth] = folders.takeFirst();
        QDirIterator it(path, QDir::Files | QDir::Dirs | QDir::NoDotAndDotDot);
        while (it.hasNext() && files.size() < kMostFiles) {
            const QFileInfo info(it.next());
            if (info.isDir()) {
                if (depth < kDeepestFolder && !info.isSymLink() && folders.size() < kMostFiles) {
                    folders.append({info.filePath(), depth + 1});
                }
            } else if (info.suffix().compare(QLatin1String("gguf"), Qt::CaseInsensitive) == 0 &&
                       !isLaterPart(info)) {
                files.append(info.filePath());
            }
        }
    }
    return files;
}

}  // namespace

ModelEntry inspectModelFile(const QString& path) {
    const QFileInfo file(path);
    ModelEntry entry;
    entry.path = path;
    entry.name = file.completeBaseName();
    const ModelFilesState state = stateOfModel(path);
    entry.sizeBytes = state.bytes;
    entry.modifiedMs = state.modifiedMs;
    const auto info = engine::Model::inspect(std::filesystem::path(path.toStdU16String()));
    if (!info) {
        entry.problem = sentence(QString::fromStdString(info.error().message), path);
        return entry;
    }
    entry.name = QString::fromStdString(info->name);
    entry.quantization = QString::fromStdString(info->quantization);
    entry.architecture = QString::fromStdString(info->architecture);
    entry.parameterCount = static_cast<qint64>(info->parameter_count);
    entry.contextLength = info->context_length;
    entry.sampling = toJson(info->sampling);
    entry.chats = info->generates && !info->chat_template.empty();
    if (!info->generates) {
        entry.problem = QObject::tr("%1 makes search vectors and cannot chat.").arg(entry.name);
    }
    return entry;
}

namespace {

/// What is remembered of a file where it still holds, else what the file says; nothing where it is gone and
/// was never known.
std::optional<ModelEntry> entryFor(const QString& path, const ModelEntry* known) {
    if (!QFileInfo::exists(path)) {
        if (!known) return std::nullopt;
        ModelEntry gone = *known;
        gone.missing = true;
        return gone;
    }
    const ModelFilesState state = stateOfModel(path);
    const bool same = known && known->sizeBytes == state.bytes && known->modifiedMs == state.modifiedMs;
    if (!same || !known->problem.isEmpty() || !known->sampling) {
        ModelEntry fresh = inspectModelFile(path);
        fresh.added = known && known->added;
        fresh.verified = same && known->verified;
        if (same) fresh.sha256 = known->sha256;
        return fresh;
    }
    ModelEntry entry = *known;
    entry.missing = false;
    return entry;
}

}  // namespace

ModelCatalogue::ModelCatalogue(storage::ModelStore* store, QObject* parent) : QObject(parent), store_(store) {
    pool_.setMaxThreadCount(1);
    hashPool_.setMaxThreadCount(1);
}

ModelCatalogue::~ModelCatalogue() {
    stop_ = true;
    for (QThreadPool* pool : {&pool_, &hashPool_}) {
        pool->clear();
        pool->waitForDone();
    }
}

void ModelCatalogue::scan(const QString& folder) {
    if (isFixed_) {
        emit scanned(fixed_);
    } else if (recordsRead_ || !store_) {
        look(folder);
    } else {
        readRecords(folder);
    }
}

void ModelCatalogue::readRecords(const QString& folder) {
    whenDone(
        this, store_->all(), [this, folder](const storage::Result<QList<storage::ModelRecord>>& records) {
            recordsRead_ = records.ok();
            for (const storage::ModelRecord& record : records ? *records : QList<storage::ModelRecord>()) {
                Known known{entryOf(record), record.id, record.hidden};
                if (record.path == QLatin1String(starter::stored_name)) {
                    if (starter_.isEmpty()) continue;
                    known.entry.path = starter_;
                }
                // What this run has learnt already is newer.
                if (!known_.contains(known.entry.path)) known_.insert(known.entry.path, known);
            }
            look(folder);
        });
}

/// On the pool: lists the folder, and reads the header of what is new or changed.
void ModelCatalogue::look(const QString& folder) {
    QHash<QString, ModelEntry> remembered;
    QStringList elsewhere;
    if (!starter_.isEmpty()) elsewhere.append(starter_);
    for (const Known& known : std::as_const(known_)) remembered.insert(known.entry.path, known.entry);
    auto promise = std::make_shared<QPromise<QList<ModelEntry>>>();
    promise->start();
    whenDone(this, promise->future(), [this](const QList<ModelEntry>& found) { take(found); });
    pool_.start(new storage::PoolJob([this, promise, folder, remembered, elsewhere]() mutable {
        QStringList files = filesIn(folder, stop_);
        const QSet<QString> there(files.begin(), files.end());
        // A folder that is gone as a whole lies on a disk that was taken out: what it held will be back. A
        // file that is gone from a folder was taken away.
        const bool folderGone = !QFileInfo::exists(folder);
        for (const ModelEntry& entry : std::as_const(remembered)) {
            const bool below = entry.path.startsWith(folder + QLatin1Char('/'));
            if (entry.added || (folderGone && below)) elsewhere.append(entry.path);
        }
        for (const QString& path : std::as_const(elsewhere)) {
            if (!there.contains(path)) files.append(path);
        }
        files.removeDuplicates();
        QList<ModelEntry> found;
        for (const QString& path : std::as_const(files)) {
            if (stop_) break;
            const auto known = remembered.constFind(path);
            if (const auto entry = entryFor(path, known == remembered.constEnd() ? nullptr : &*known))
                found.append(*entry);
        }
        promise->addResult(found);
        promise->finish();
    }));
}

void ModelCatalogue::take(const QList<ModelEntry>& found) {
    order_.clear();
    for (ModelEntry entry : found) {
        Known& known = known_[entry.path];
        entry.lastUsed = known.entry.lastUsed;
        entry.tokensPerSecond = known.entry.tokensPerSecond;
        entry.builtIn = entry.path == starter_;
        entry.added = !entry.builtIn && (entry.added || known.entry.added);
        if (entry.sha256.isEmpty() && known.entry.sizeBytes == entry.sizeBytes &&
            known.entry.modifiedMs == entry.modifiedMs)
            entry.sha256 = known.entry.sha256;  // came while the scan was under way
        const bool judged = verified_.remove(entry.path);
        entry.verified = entry.verified || judged;
        const bool changed = judged || known.entry.path.isEmpty() ||
                             known.entry.sizeBytes != entry.sizeBytes ||
                             known.entry.modifiedMs != entry.modifiedMs ||
                             known.entry.problem != entry.problem || known.entry.sampling != entry.sampling;
        known.entry = entry;
        if (changed) save(known);
        order_.append(entry.path);
    }
    emit scanned(shown());
    hashAlike();
}

/// The list, without what was taken off it.
QList<ModelEntry> ModelCatalogue::shown() const {
    QList<ModelEntry> entries;
    for (const QString& path : order_) {
        const Known known = known_.value(path);
        if (!known.hidden) entries.append(known.entry);
    }
    markAlike(entries);
    return entries;
}

QString ModelCatalogue::storedPath(const QString& path) const {
    return !path.isEmpty() && path == starter_ ? QString::fromLatin1(starter::stored_name) : path;
}

void ModelCatalogue::save(const Known& known) {
    if (!store_) return;
    storage::ModelRecord record;
    record.path = storedPath(known.entry.path);
    record.size = known.entry.sizeBytes;
    record.modified = storage::utcTime(known.entry.modifiedMs);
    record.metadata = metadataOf(known.entry);
    record.problem = known.entry.problem;
    record.hidden = known.hidden;
    const QString path = known.entry.path;
    whenDone(this, store_->put(record), [this, path](const storage::Result<storage::ModelRecord>& stored) {
        if (stored && known_.contains(path)) known_[path].id = stored->id;
    });
}

void ModelCatalogue::add(const QString& path, const QString& folder) {
    if (isFixed_) return;
    Known& known = known_[path];
    const bool fresh = known.entry.path.isEmpty();
    known.entry.path = path;
    known.entry.added = true;
    known.hidden = false;
    if (fresh) known.entry.name = QFileInfo(path).completeBaseName();
    known.entry.sizeBytes = -1;  // makes the scan open it and the result be saved
    scan(folder);
}

void ModelCatalogue::remove(const QString& path) {
    if (!known_.contains(path) || path == starter_) return;
    known_[path].hidden = true;
    save(known_[path]);
}

void ModelCatalogue::restore(const QString& path) {
    if (!known_.contains(path)) return;
    known_[path].hidden = false;
    save(known_[path]);
}

/// Its record stays, so that speed and last use are known again should the file come back; without "added" it
/// is not looked for.
void ModelCatalogue::forget(const QString& path) {
    const auto known = known_.find(path);
    if (known == known_.end()) return;
    known->entry.added = false;
    save(*known);
}

void ModelCatalogue::noteUsed(const QString& path, const QDateTime& when) {
    if (known_.contains(path)) known_[path].entry.lastUsed = when;
    if (store_) store_->setLastUsed(storedPath(path), when.toUTC());
}

void ModelCatalogue::noteVerified(const QString& path) {
    verified_.insert(path);
}

void ModelCatalogue::noteSpeed(const QString& path, double tokensPerSecond) {
    if (known_.contains(path)) known_[path].entry.tokensPerSecond = tokensPerSecond;
    if (store_) store_->setMeasuredSpeed(storedPath(path), tokensPerSecond);
}

}  // namespace kinglet::gui
