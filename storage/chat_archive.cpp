#include "storage/chat_archive.h"

#include <QSet>
#include <functional>
#include <memory>

#include "storage/chat_json.h"
#include "storage/chat_merge.h"
#include "storage/connection.h"
#include "storage/database.h"
#include "storage/files.h"
#include "storage/pool_job.h"

namespace kinglet::storage {

namespace {

const QString manifestName = QStringLiteral("kinglet.json");

Error cancelled() {
    return {ErrorCode::Cancelled, QStringLiteral("This was stopped before it was done."), {}, {}};
}

/// Runs `work` on the pool and answers through a future.
template <class T>
QFuture<Result<T>> inBackground(QThreadPool& pool, std::function<Result<T>()> work) {
    auto promise = std::make_shared<QPromise<Result<T>>>();
    promise->start();
    auto future = promise->future();
    pool.start(new PoolJob([promise, work = std::move(work)] {
        promise->addResult(work());
        promise->finish();
    }));
    return future;
}

/// For threads of the pool only, which nobody waits on.
template <class T>
T waited(QFuture<T> future) {
    future.waitForFinished();
    return future.takeResult();
}

/// A readable name that no other chat of the archive has, whatever the case.
QString entryName(const QString& title, QSet<QString>& used) {
    const QString stem = safeFileName(title);
    QString name = stem;
    for (int copy = 2; used.contains(name.toCaseFolded()); ++copy)
        name = QStringLiteral("%1 (%2)").arg(stem).arg(copy);
    used.insert(name.toCaseFolded());
    return name + QStringLiteral(".md");
}

Result<QList<qint64>> everyChat(Connection& connection) {
    QList<qint64> ids;
    Query query(
        connection,
        QStringLiteral("SELECT id FROM chats WHERE deleted_at IS NULL ORDER BY updated_at DESC, id DESC"));
    while (query.next()) ids << query.integer(0);
    if (!query.ok()) return query.error();
    return ids;
}

/// Reads every chat of an archive, one at a time, and hands it on until that fails.
Result<void> forEachChat(const QString& zipPath, const ArchiveLimits& limits, const std::atomic_bool& stop,
                         const std::function<Result<void>(const ChatDocument&)>& take) {
    auto reader = ArchiveReader::open(zipPath, limits);
    if (!reader) return reader.error();
    const auto manifest = (*reader)->read(manifestName);
    if (!manifest) return manifest.error();
    const auto entries = manifestFromJson(*manifest, zipPath);
    if (!entries) return entries.error();
    for (const ManifestEntry& entry : *entries) {
        if (stop) return cancelled();
        const auto json = (*reader)->read(entry.data);
        if (!json) return json.error();
        const auto document = documentFromJson(*json, zipPath);
        if (!document) return document.error();
        if (auto done = take(*document); !done) return done;
    }
    return {};
}

Result<ImportReport> merge(Connection& connection, const QString& zipPath, const ArchiveLimits& limits,
                           const std::atomic_bool& stop) {
    ImportReport report;
    Transaction transaction(connection);
    if (!transaction.begun()) return transaction.begun().error();
    const auto done = forEachChat(zipPath, limits, stop, [&](const ChatDocument& document) {
        return mergeDocument(connection, document, report);
    });
    if (!done) return done.error();
    if (const auto committed = transaction.commit(); !committed) return committed.error();
    return report;
}

}  // namespace

ChatArchive::ChatArchive(Database& database, ArchiveLimits limits) : m_database(database), m_limits(limits) {
    m_pool.setMaxThreadCount(1);
}

ChatArchive::~ChatArchive() {
    m_stop = true;
    m_pool.waitForDone();
}

QFuture<Result<ExportReport>> ChatArchive::exportChat(qint64 chatId, const QString& zipPath) {
    return exportChats({chatId}, false, zipPath);
}

QFuture<Result<ExportReport>> ChatArchive::exportAll(const QString& zipPath) {
    return exportChats({}, true, zipPath);
}

QFuture<Result<ExportReport>> ChatArchive::exportChats(QList<qint64> ids, bool all, const QString& zipPath) {
    return inBackground<ExportReport>(m_pool, [this, ids, all, zipPath]() -> Result<ExportReport> {
        const auto wanted = all ? waited(m_database.run(everyChat)) : Result<QList<qint64>>(ids);
        if (!wanted) return wanted.error();
        auto writer = ArchiveWriter::create(zipPath);
        if (!writer) return writer.error();
        ExportReport report{zipPath};
        QList<ManifestEntry> manifest;
        QSet<QString> used;
        for (const qint64 id : *wanted) {
            if (m_stop) return cancelled();
            const auto document =
                waited(m_database.run([id](Connection& connection) { return readDocument(connection, id); }));
            if (!document) {
                if (all && document.error().code == ErrorCode::NotFound) continue;  // erased meanwhile
                return document.error();
            }
            const Chat& chat = document->chat;
            const ManifestEntry entry{chat.uuid, chat.title, QStringLiteral("data/%1.json").arg(chat.uuid),
                                      entryName(chat.title, used)};
            if (auto done = (*writer)->add(entry.text, documentToMarkdown(*document)); !done)
                return done.error();
            if (auto done = (*writer)->add(entry.data, documentToJson(*document)); !done) return done.error();
            manifest << entry;
            ++report.chats;
            report.messages += static_cast<int>(document->messages.size());
        }
        if (auto done = (*writer)->add(manifestName, manifestToJson(manifest)); !done) return done.error();
        if (auto done = (*writer)->commit(); !done) return done.error();
        return report;
    });
}

QFuture<Result<ImportReport>> ChatArchive::importFile(const QString& zipPath) {
    return inBackground<ImportReport>(m_pool, [this, zipPath]() -> Result<ImportReport> {
        // Once over everything on this thread, so that a bad archive never makes the database's wait; then
        // the merge, which checks again as it reads, for the file may have changed.
        const auto sound =
            forEachChat(zipPath, m_limits, m_stop, [](const ChatDocument&) { return Result<void>(); });
        if (!sound) return sound.error();
        return waited(m_database.run([this, zipPath](Connection& connection) {
            return merge(connection, zipPath, m_limits, m_stop);
        }));
    });
}

}  // namespace kinglet::storage
