#pragma once

#include <QDateTime>
#include <QFuture>
#include <QJsonObject>
#include <QList>
#include <QString>

#include "storage/result.h"

namespace kinglet::storage {

class Database;

/// One model of a catalogue, as the catalogue describes it.
struct CatalogueRow {
    QString model;  ///< its id, once in a catalogue
    QString kind;
    QString words;  ///< what a search looks through
    QJsonObject entry;
};

/// A catalogue in the database.
struct CatalogueRecord {
    QString source;  ///< its address or file; empty: the one that ships
    qint64 revision = 0;
    QDateTime taken;  ///< UTC
    QList<CatalogueRow> rows;
};

/// The catalogues of models, the one that ships first.
class CatalogueStore {
  public:
    explicit CatalogueStore(Database& database) : m_database(database) {}

    QFuture<Result<QList<CatalogueRecord>>> all();
    /// Adds it, or puts it in the place of the one from the same source, all or nothing. Answers false, and
    /// changes nothing, where that one has the same or a higher revision.
    QFuture<Result<bool>> put(const CatalogueRecord& catalogue);
    QFuture<Result<void>> remove(const QString& source);

  private:
    Database& m_database;
};

}  // namespace kinglet::storage
