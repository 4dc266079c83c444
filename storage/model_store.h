#pragma once

#include <QFuture>
#include <QString>

#include "storage/result.h"
#include "storage/types.h"

namespace kinglet::storage {

class Database;

/// What is remembered about model files, so that the library shows at once without opening any of them.
class ModelStore {
  public:
    explicit ModelStore(Database& database) : m_database(database) {}

    /// Every model, the most recently used first, those never used after them by path. Hidden ones included.
    QFuture<Result<QList<ModelRecord>>> all();
    /// Adds or updates by path: size, modification time, metadata, problem and hidden are taken from
    /// `record`; last use and speed stay as they are where the record has none. The settings of a model that
    /// is there already stay as they are. Answers with the stored record.
    QFuture<Result<ModelRecord>> put(const ModelRecord& record);
    QFuture<Result<void>> setLastUsed(const QString& path, const QDateTime& when);
    QFuture<Result<void>> setMeasuredSpeed(const QString& path, double tokensPerSecond);
    QFuture<Result<void>> setProblem(const QString& path, const QString& problem);
    QFuture<Result<void>> setHidden(qint64 id, bool hidden);
    /// Replaces what is set for a model; one that is not known yet gets a record.
    QFuture<Result<void>> setSettings(const QString& path, const QJsonObject& settings);
    /// Forgets the record (not the file). Answers with what was forgotten; put() brings it back.
    QFuture<Result<ModelRecord>> remove(qint64 id);

  private:
    Database& m_database;
};

}  // namespace kinglet::storage
