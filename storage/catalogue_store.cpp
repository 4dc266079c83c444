#include "storage/catalogue_store.h"

#include "storage/connection.h"
#include "storage/database.h"

namespace kinglet::storage {

namespace {

Result<QList<CatalogueRow>> rowsOf(Connection& connection, qint64 catalogue) {
    Query query(connection, QStringLiteral("SELECT model, kind, words, entry FROM catalogue_models "
                                           "WHERE catalogue_id = ? ORDER BY place"));
    query.bind(catalogue);
    QList<CatalogueRow> rows;
    while (query.next()) rows << CatalogueRow{query.text(0), query.text(1), query.text(2), query.json(3)};
    if (!query.ok()) return query.error();
    return rows;
}

Result<void> insertRows(Connection& connection, qint64 catalogue, const QList<CatalogueRow>& rows) {
    Query query(connection, QStringLiteral("INSERT INTO catalogue_models (catalogue_id, place, model, kind, "
                                           "words, entry) VALUES (?, ?, ?, ?, ?, ?)"));
    for (qsizetype i = 0; i < rows.size(); ++i) {
        const CatalogueRow& row = rows.at(i);
        query.bind(catalogue).bind(qint64(i)).bind(row.model).bind(row.kind).bind(row.words);
        if (auto done = query.bind(row.entry).run(); !done) return done;
    }
    return {};
}

Result<bool> replace(Connection& connection, const CatalogueRecord& catalogue) {
    Transaction transaction(connection);
    if (!transaction.begun()) return transaction.begun().error();
    Query known(connection, QStringLiteral("SELECT revision FROM catalogues WHERE source = ?"));
    if (known.bind(catalogue.source).next() && known.integer(0) >= catalogue.revision) return false;
    if (!known.ok()) return known.error();
    Query old(connection, QStringLiteral("DELETE FROM catalogues WHERE source = ?"));
    if (const auto done = old.bind(catalogue.source).run(); !done) return done.error();
    Query query(connection,
                QStringLiteral("INSERT INTO catalogues (source, revision, taken_at) VALUES (?, ?, ?)"));
    query.bind(catalogue.source).bind(catalogue.revision).bind(QDateTime::currentDateTimeUtc());
    if (const auto done = query.run(); !done) return done.error();
    const qint64 id = connection.lastInsertId();
    if (const auto done = insertRows(connection, id, catalogue.rows); !done) return done.error();
    if (const auto done = transaction.commit(); !done) return done.error();
    return true;
}

}  // namespace

QFuture<Result<QList<CatalogueRecord>>> CatalogueStore::all() {
    return m_database.run([](Connection& connection) -> Result<QList<CatalogueRecord>> {
        Query query(connection, QStringLiteral("SELECT id, source, revision, taken_at FROM catalogues "
                                               "ORDER BY source != '', id"));
        QList<qint64> ids;
        QList<CatalogueRecord> records;
        while (query.next()) {
            ids << query.integer(0);
            records << CatalogueRecord{query.text(1), query.integer(2), query.time(3), {}};
        }
        if (!query.ok()) return query.error();
        for (qsizetype i = 0; i < ids.size(); ++i) {
            auto rows = rowsOf(connection, ids.at(i));
            if (!rows) return rows.error();
            records[i].rows = std::move(rows).value();
        }
        return records;
    });
}

QFuture<Result<bool>> CatalogueStore::put(const CatalogueRecord& catalogue) {
    return m_database.run([catalogue](Connection& connection) { return replace(connection, catalogue); });
}

QFuture<Result<void>> CatalogueStore::remove(const QString& source) {
    return m_database.run([source](Connection& connection) {
        Query query(connection, QStringLiteral("DELETE FROM catalogues WHERE source = ?"));
        return query.bind(source).run();
    });
}

}  // namespace kinglet::storage
