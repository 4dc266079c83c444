#include "storage/model_store.h"

#include "storage/connection.h"
#include "storage/database.h"

namespace kinglet::storage {

namespace {

QString columns() {
    return QStringLiteral(
        "id, path, size, modified_at, metadata, problem, last_used_at, measured_speed, hidden, settings");
}

ModelRecord recordOf(const Query& row) {
    ModelRecord record;
    record.id = row.integer(0);
    record.path = row.text(1);
    record.size = row.integer(2);
    record.modified = row.time(3);
    record.metadata = row.json(4);
    record.problem = row.text(5);
    record.lastUsed = row.time(6);
    record.measuredSpeed = row.real(7);
    record.hidden = row.integer(8) != 0;
    record.settings = row.json(9);
    return record;
}

Error noSuchModel() {
    return {ErrorCode::NotFound, QStringLiteral("This model is not in the library."), {}, {}};
}

Result<void> changeOne(Query& update) {
    if (auto done = update.run(); !done) return done;
    return update.rowsAffected() == 1 ? Result<void>() : Result<void>(noSuchModel());
}

Result<ModelRecord> readOne(Query& query) {
    if (query.next()) return recordOf(query);
    return query.ok() ? noSuchModel() : query.error();
}

}  // namespace

QFuture<Result<QList<ModelRecord>>> ModelStore::all() {
    return m_database.run([](Connection& connection) -> Result<QList<ModelRecord>> {
        Query query(connection,
                    QStringLiteral("SELECT %1 FROM models ORDER BY last_used_at DESC NULLS LAST, path")
                        .arg(columns()));
        QList<ModelRecord> records;
        while (query.next()) records << recordOf(query);
        if (!query.ok()) return query.error();
        return records;
    });
}

QFuture<Result<ModelRecord>> ModelStore::put(const ModelRecord& record) {
    return m_database.run([record](Connection& connection) -> Result<ModelRecord> {
        Transaction transaction(connection);
        if (!transaction.begun()) return transaction.begun().error();
        Query query(
            connection,
            QStringLiteral("INSERT INTO models (path, size, modified_at, metadata, problem, last_used_at, "
                           "measured_speed, hidden, settings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                           "ON CONFLICT (path) DO UPDATE SET size = excluded.size, "
                           "modified_at = excluded.modified_at, metadata = excluded.metadata, "
                           "problem = excluded.problem, hidden = excluded.hidden, "
                           "last_used_at = coalesce(excluded.last_used_at, last_used_at), "
                           "measured_speed = iif(excluded.measured_speed > 0, excluded.measured_speed, "
                           "measured_speed)"));
        query.bind(record.path)
            .bind(record.size)
            .bind(record.modified)
            .bind(record.metadata)
            .bind(record.problem);
        query.bind(record.lastUsed).bind(record.measuredSpeed).bind(record.hidden).bind(record.settings);
        if (const auto done = query.run(); !done) return done.error();
        Query stored(connection, QStringLiteral("SELECT %1 FROM models WHERE path = ?").arg(columns()));
        auto answer = readOne(stored.bind(record.path));
        if (const auto done = transaction.commit(); !done) return done.error();
        return answer;
    });
}

QFuture<Result<void>> ModelStore::setLastUsed(const QString& path, const QDateTime& when) {
    return m_database.run([path, when](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE models SET last_used_at = ? WHERE path = ?"));
        return changeOne(query.bind(when).bind(path));
    });
}

QFuture<Result<void>> ModelStore::setMeasuredSpeed(const QString& path, double tokensPerSecond) {
    return m_database.run([path, tokensPerSecond](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE models SET measured_speed = ? WHERE path = ?"));
        return changeOne(query.bind(tokensPerSecond).bind(path));
    });
}

QFuture<Result<void>> ModelStore::setProblem(const QString& path, const QString& problem) {
    return m_database.run([path, problem](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE models SET problem = ? WHERE path = ?"));
        return changeOne(query.bind(problem).bind(path));
    });
}

QFuture<Result<void>> ModelStore::setHidden(qint64 id, bool hidden) {
    return m_database.run([id, hidden](Connection& connection) {
        Query query(connection, QStringLiteral("UPDATE models SET hidden = ? WHERE id = ?"));
        return changeOne(query.bind(hidden).bind(id));
    });
}

QFuture<Result<void>> ModelStore::setSettings(const QString& path, const QJsonObject& settings) {
    return m_database.run([path, settings](Connection& connection) {
        Query query(connection,
                    QStringLiteral("INSERT INTO models (path, settings) VALUES (?, ?) "
                                   "ON CONFLICT (path) DO UPDATE SET settings = excluded.settings"));
        return changeOne(query.bind(path).bind(settings));
    });
}

QFuture<Result<ModelRecord>> ModelStore::remove(qint64 id) {
    return m_database.run([id](Connection& connection) -> Result<ModelRecord> {
        Query query(connection,
                    QStringLiteral("DELETE FROM models WHERE id = ? RETURNING %1").arg(columns()));
        return readOne(query.bind(id));
    });
}

}  // namespace kinglet::storage
