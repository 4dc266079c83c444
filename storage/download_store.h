#pragma once

#include <QDateTime>
#include <QFuture>
#include <QJsonObject>
#include <QString>

#include "storage/result.h"

namespace kinglet::storage {

class Database;

/// How a download stands between runs of the program. What was running is queued again after a restart.
enum class DownloadState { Queued, Paused, Failed };

/// One file of a download: where it comes from, where it goes, and what must be known to go on with it.
struct DownloadFile {
    qint64 id = 0;
    QString repository;     ///< "owner/name" on the hub; empty: `path` is a whole address
    QString revision;       ///< as asked for; empty: the main branch
    QString path;           ///< within the repository
    QString target;         ///< the finished file; until then `target` + ".part"
    qint64 bytes = 0;       ///< as the catalogue says; 0: unknown
    QString sha256;         ///< as the catalogue says, 64 hex digits; empty: unknown
    QString linkedSha256;   ///< as the hub said when the download began
    QString revisionFound;  ///< the commit that `revision` was then
    QString etag;           ///< of the host that sent the content, for If-Range
    QString lastModified;   ///< the same, where there is no strong ETag
    qint64 received = 0;    ///< for lists; the file itself is what counts
    QByteArray pieces;      ///< 8 bytes a whole piece that is in the file, see library/part_file.h
};

/// A model being fetched, in one file or several.
struct DownloadRecord {
    qint64 id = 0;
    QString name;
    DownloadState state = DownloadState::Queued;
    qint64 place = 0;     ///< order in the queue, lowest first
    QDateTime created;    ///< UTC
    QJsonObject details;  ///< the caller's own (catalogue id, quantization)
    QJsonObject problem;  ///< why it failed, in the caller's own terms
    QList<DownloadFile> files;
};

/// What is being downloaded, so that it goes on after a restart. A finished download is removed.
class DownloadStore {
  public:
    explicit DownloadStore(Database& database) : m_database(database) {}

    /// In the order of the queue.
    QFuture<Result<QList<DownloadRecord>>> all();
    /// NotFound where it is no longer in the list.
    QFuture<Result<DownloadRecord>> find(qint64 id);
    /// A number that is another one after some other process has changed the database.
    QFuture<Result<qint64>> changesOfOthers();
    /// Adds it at the end of the queue; answers with the ids and the place filled in. Invalid where one of
    /// its targets is being downloaded already.
    QFuture<Result<DownloadRecord>> add(const DownloadRecord& record);
    QFuture<Result<void>> setState(qint64 id, DownloadState state, const QJsonObject& problem = {});
    /// What changes of a file while it is fetched: everything after sha256.
    QFuture<Result<void>> setProgress(const DownloadFile& file);
    /// The whole queue in its new order.
    QFuture<Result<void>> setOrder(const QList<qint64>& ids);
    QFuture<Result<void>> remove(qint64 id);

  private:
    Database& m_database;
};

}  // namespace kinglet::storage
