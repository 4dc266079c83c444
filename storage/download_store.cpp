#include "storage/download_store.h"

#include <array>

#include "storage/connection.h"
#include "storage/database.h"

namespace kinglet::storage {

namespace {

const std::array<QString, 3>& stateNames() {
    static const std::array<QString, 3> names{QStringLiteral("queued"), QStringLiteral("paused"),
                                              QStringLiteral("failed")};
    return names;
}

QString nameOf(DownloadState state) {
    return stateNames().at(static_cast<std::size_t>(state));
}

DownloadState stateOf(const QString& name) {
    for (std::size_t i = 0; i < stateNames().size(); ++i) {
        if (stateNames().at(i) == name) return static_cast<DownloadState>(i);
    }
    return DownloadState::Paused;
}

QString columns() {
    return QStringLiteral("id, name, status, place, created_at, details, problem");
}

DownloadRecord recordOf(const Query& row) {
    DownloadRecord record;
    record.id = row.integer(0);
    record.name = row.text(1);
    record.state = stateOf(row.text(2));
    record.place = row.integer(3);
    record.created = row.time(4);
    record.details = row.json(5);
    record.problem = row.json(6);
    return record;
}

QString fileColumns() {
    return QStringLiteral(
        "id, repository, revision, path, target, bytes, sha256, linked_sha256, revision_found, etag, "
        "last_modified, received, pieces");
}

DownloadFile fileOf(const Query& row) {
    DownloadFile file;
    file.id = row.integer(0);
    file.repository = row.text(1);
    file.revision = row.text(2);
    file.path = row.text(3);
    file.target = row.text(4);
    file.bytes = row.integer(5);
    file.sha256 = row.text(6);
    file.linkedSha256 = row.text(7);
    file.revisionFound = row.text(8);
    file.etag = row.text(9);
    file.lastModified = row.text(10);
    file.received = row.integer(11);
    file.pieces = row.bytes(12);
    return file;
}

Result<QList<DownloadFile>> filesOf(Connection& connection, qint64 download) {
    Query query(
        connection,
        QStringLiteral("SELECT %1 FROM download_files WHERE download_id = ? ORDER BY id").arg(fileColumns()));
    query.bind(download);
    QList<DownloadFile> files;
    while (query.next()) files << fileOf(query);
    if (!query.ok()) return query.error();
    return files;
}

Error noSuchDownload() {
    return {ErrorCode::NotFound, QStringLiteral("This download is no longer in the list."), {}, {}};
}

Result<void> changeOne(Query& update) {
    if (auto done = update.run(); !done) return done;
    return update.rowsAffected() == 1 ? Result<void>() : Result<void>(noSuchDownload());
}

Result<void> refuseTakenTargets(Connection& connection, const DownloadRecord& record) {
    Query query(connection, QStringLiteral("SELECT count(*) FROM download_files WHERE target = ?"));
    for (const DownloadFile& file : record.files) {
        query.bind(file.target);
        while (query.next()) {
            if (query.integer(0) == 0) continue;
            return Error{ErrorCode::Invalid,
                         QStringLiteral("“%1” is being downloaded already.").arg(file.target),
                         QStringLiteral("Go on with that download, or cancel it first."),
                         {}};
        }
        if (!query.ok()) return query.error();
    }
    return {};
}

Result<void> insertFiles(Connection& connection, DownloadRecord& record) {
    Query query(connection,
                QStringLiteral("INSERT INTO download_files (download_id, repository, revision, path, target, "
                               "bytes, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)"));
    for (DownloadFile& file : record.files) {
        query.bind(record.id).bind(file.repository).bind(file.revision).bind(file.path).bind(file.target);
        if (auto done = query.bind(file.bytes).bind(file.sha256).run(); !done) return done;
        file.id = connection.lastInsertId();
    }
    return {};
}

Result<DownloadRecord> insert(Connection& connection, DownloadRecord record) {
    Transaction transaction(connection);
    if (!transaction.begun()) return transaction.begun().error();
    if (const auto free = refuseTakenTargets(connection, record); !free) return free.error();
    const auto last = connection.scalar(QStringLiteral("SELECT coalesce(max(place), 0) FROM downloads"));
    if (!last) return last.error();
    record.place = last->toLongLong() + 1;
    record.created = QDateTime::currentDateTimeUtc();
    Query query(connection,
                QStringLiteral("INSERT INTO downloads (name, status, place, created_at, details, problem) "
                               "VALUES (?, ?, ?, ?, ?, ?)"));
    query.bind(record.name).bind(nameOf(record.state)).bind(record.place).bind(record.created);
    if (const auto done = query.bind(record.details).bind(record.problem).run(); !done) return done.error();
    record.id = connection.lastInsertId();
    if (const auto done = insertFiles(connection, record); !done) return done.error();
    if (const auto done = transaction.commit(); !done) return done.error();
    return record;
}

}  // namespace

QFuture<Result<QList<DownloadRecord>>> DownloadStore::all() {
    return m_database.run([](Connection& connection) -> Result<QList<DownloadRecord>> {
        Query query(connection, QStringLiteral("SELECT %1 FROM downloads ORDER BY place, id").arg(columns()));
        QList<DownloadRecord> records;
        while (query.next()) records << recordOf(query);
        if (!query.ok()) return query.error();
        for (DownloadRecord& record : records) {
            auto files = filesOf(connection, record.id);
            if (!files) return files.error();
            record.files = std::move(files).value();
        }
        return records;
    });
}

QFuture<Result<DownloadRecord>> DownloadStore::find(qint64 id) {
    return m_database.run([id](Connection& connection) -> Result<DownloadRecord> {
        Query query(connection, QStringLiteral("SELECT %1 FROM downloads WHERE id = ?").arg(columns()));
        if (!query.bind(id).next()) return query.ok() ? noSuchDownload() : query.error();
        DownloadRecord record = recordOf(query);
        auto files = filesOf(connection, id);
        if (!files) return files.error();
        record.files = std::move(files).value();
        return record;
    });
}

QFuture<Result<qint64>> DownloadStore::changesOfOthers() {
    return m_database.run([](Connection& connection) -> Result<qint64> {
        const auto version = connection.scalar(QStringLiteral("PRAGMA data_version"));
        if (!version) return version.error();
        return version->toLongLong();
    });
}

QFuture<Result<DownloadRecord>> DownloadStore::add(const DownloadRecord& record) {
    return m_database.run([record](Connection& connection) { return insert(connection, record); });
}

QFuture<Result<void>> DownloadStore::setState(qint64 id, DownloadState state, const QJsonObject& problem) {
    return m_database.run([id, state, problem](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE downloads SET status = ?, problem = ? WHERE id = ?"));
        return changeOne(query.bind(nameOf(state)).bind(problem).bind(id));
    });
}

QFuture<Result<void>> DownloadStore::setProgress(const DownloadFile& file) {
    return m_database.run([file](Connection& connection) {
        Query query(
            connection,
            QStringLiteral("UPDATE download_files SET linked_sha256 = ?, revision_found = ?, etag = ?, "
                           "last_modified = ?, received = ?, pieces = ? WHERE id = ?"));
        query.bind(file.linkedSha256).bind(file.revisionFound).bind(file.etag).bind(file.lastModified);
        return changeOne(query.bind(file.received).bind(file.pieces).bind(file.id));
    });
}

QFuture<Result<void>> DownloadStore::setOrder(const QList<qint64>& ids) {
    return m_database.run([ids](Connection& connection) -> Result<void> {
        Transaction transaction(connection);
        if (!transaction.begun()) return transaction.begun();
        Query query(connection, QStringLiteral("UPDATE downloads SET place = ? WHERE id = ?"));
        for (qsizetype i = 0; i < ids.size(); ++i) {
            if (auto done = query.bind(qint64(i) + 1).bind(ids.at(i)).run(); !done) return done;
        }
        return transaction.commit();
    });
}

QFuture<Result<void>> DownloadStore::remove(qint64 id) {
    return m_database.run([id](Connection& connection) {
        Query query(connection, QStringLiteral("DELETE FROM downloads WHERE id = ?"));
        return changeOne(query.bind(id));
    });
}

}  // namespace kinglet::storage
