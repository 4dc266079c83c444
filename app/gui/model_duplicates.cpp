// Models that are there twice: those of the same length are hashed once, when nothing else is to be done.
#include <QPromise>

#include "app/gui/futures.h"
#include "app/gui/model_catalogue.h"
#include "app/gui/model_parts.h"
#include "library/sha256.h"
#include "storage/pool_job.h"

namespace kinglet::gui {

namespace {

bool isThere(const ModelEntry& entry) {
    return !entry.missing && entry.problem.isEmpty() && entry.sizeBytes > 0;
}

/// Of a model in several parts the hash of their hashes.
QString hashOf(const QString& path, const std::function<bool()>& stop) {
    QStringList hashes;
    for (const QString& file : filesOfModel(path)) {
        hashes.append(library::sha256OfFile(file, stop));
        if (hashes.last().isEmpty()) return {};
    }
    return hashes.join(QLatin1Char(' '));
}

}  // namespace

void ModelCatalogue::hashAlike() {
    QHash<qint64, QStringList> bySize;
    for (const ModelEntry& entry : shown()) {
        if (isThere(entry)) bySize[entry.sizeBytes].append(entry.path);
    }
    QStringList wanted;
    for (const QStringList& paths : std::as_const(bySize)) {
        if (paths.size() < 2) continue;
        for (const QString& path : paths) {
            if (!known_.value(path).entry.sha256.isEmpty() || hashing_.contains(path)) continue;
            hashing_.insert(path);
            wanted.append(path);
        }
    }
    if (wanted.isEmpty()) return;
    using Hashes = QHash<QString, QString>;
    auto promise = std::make_shared<QPromise<Hashes>>();
    promise->start();
    whenDone(this, promise->future(), [this](const Hashes& hashes) { takeHashes(hashes); });
    // On a pool of its own: whoever opens a file meanwhile waits for a scan.
    hashPool_.start(new storage::PoolJob([this, promise, wanted] {
        Hashes hashes;
        for (const QString& path : wanted) hashes.insert(path, hashOf(path, [this] { return stop_.load(); }));
        promise->addResult(hashes);
        promise->finish();
    }));
}

void ModelCatalogue::takeHashes(const QHash<QString, QString>& hashes) {
    bool news = false;
    for (auto hash = hashes.begin(); hash != hashes.end(); ++hash) {
        hashing_.remove(hash.key());
        const auto known = known_.find(hash.key());
        if (known == known_.end() || hash.value().isEmpty()) continue;
        known->entry.sha256 = hash.value();
        save(*known);
        news = true;
    }
    if (news) emit scanned(shown());
}

/// Each points to another one with its contents; of those in the list the first is the one that the others
/// point to.
void ModelCatalogue::markAlike(QList<ModelEntry>& entries) const {
    QHash<QString, qsizetype> firsts;
    for (qsizetype i = 0; i < entries.size(); ++i) {
        ModelEntry& entry = entries[i];
        entry.sameAs.clear();
        if (!isThere(entry) || entry.sha256.isEmpty()) continue;
        const auto first = firsts.constFind(entry.sha256);
        if (first == firsts.constEnd()) {
            firsts.insert(entry.sha256, i);
            continue;
        }
        entry.sameAs = entries[*first].path;
        if (entries[*first].sameAs.isEmpty()) entries[*first].sameAs = entry.path;
    }
}

}  // namespace kinglet::gui
